"""What a page's address holds: widgets that are in it, opening a link, and writing the address."""

from dashboard.address.fields import (
    change,
    hold,
    multiselect,
    number_input,
    number_slider,
    pills,
    segmented_control,
    select_slider,
    selectbox,
    several_pills,
    slider,
    text_area,
    text_input,
    toggle,
)
from dashboard.address.links import GROUPS, groups_of, stroke_goes_on, write_address
from dashboard.address.state import get_address

__all__ = [
    "GROUPS",
    "change",
    "get_address",
    "groups_of",
    "hold",
    "multiselect",
    "number_input",
    "number_slider",
    "pills",
    "segmented_control",
    "select_slider",
    "selectbox",
    "several_pills",
    "slider",
    "stroke_goes_on",
    "text_area",
    "text_input",
    "toggle",
    "write_address",
]
