"""The data set that a visitor has chosen, and those that they can choose: all pages take the name from here."""

from collections.abc import Mapping

from core.digits import datasets
from core.digits.layouts import DIGIT_CLASSES
from dashboard.server import own_sets
from dashboard.server.session import get_session

SET = "set"  # the part of an address that names it


def list_names() -> list[str]:
    """Return the names of the sets whose files are on this machine, this visitor's own last."""
    return [*filter(is_here, datasets.list_names()), *own_sets.list_titles()]


def is_here(name: str) -> bool:
    """Say whether this visitor can choose a set."""
    return (
        own_sets.may_use(name) if datasets.is_own(name) else name in datasets.DATASETS and datasets.is_available(name)
    )


def list_absent() -> list[str]:
    """Return the names of the sets that can be fetched to this machine."""
    return [name for name in datasets.STORED_DATASETS if not datasets.is_available(name)]


def default_name() -> str:
    """Return the name of the set that pages use at first: MNIST once it is here, until then the offline digits."""
    return "MNIST" if datasets.is_available("MNIST") else datasets.OFFLINE


def current_name() -> str:
    """Return the name of the set that this visitor has chosen, else that of the default."""
    name = get_session().data
    return name if name and is_here(name) else default_name()


def name_drawing(classes: tuple[str, ...] | None = None) -> str:
    """Return what one draws for these classes (default: the chosen set's): "digit", or "picture" for no digits."""
    chosen = "" if classes else get_session().data
    if chosen and is_here(chosen):
        classes = datasets.classes_of(chosen)
    return "digit" if (classes or DIGIT_CLASSES) == DIGIT_CLASSES else "picture"  # either default has digits


def leave_missing() -> str:
    """Stop using a chosen set that is gone, deleted or removed for others; return a sentence about it, else ""."""
    name = get_session().data
    if not name or is_here(name):
        return ""
    choose("")
    return f"The data set that you chose is no longer here, so {default_name()} is shown."


def choose(name: str) -> None:
    """Use this set on all pages from now on; "" is the default, whichever that is."""
    get_session().data = "" if name == default_name() else name


def to_params() -> dict[str, str]:
    """Return the part of an address that names the chosen set; none for the default."""
    chosen = get_session().data
    return {SET: chosen} if chosen and is_here(chosen) and chosen != default_name() else {}


def take_link(params: Mapping[str, str], *, alone: bool) -> str:
    """Choose the set that a link names; return a sentence if that is not here, else "".

    `alone`: the link says all that is on the page, so it means the default if it names no set.
    """
    name = params.get(SET, "")
    here = is_here(name)
    if name or alone:
        choose(name if here else "")
    if not name or here:
        return ""
    known = f"{name} is not on this server" if name in datasets.DATASETS else "This link names a set that is not here"
    return f"{known}, so {default_name()} is shown."
