"""Start: what this is, what is loaded, and a tour of two minutes."""

from pathlib import Path

import streamlit as st

from dashboard.server import caches
from dashboard.start.views import show_loaded, show_opening, show_stop
from dashboard.widgets.data_set import current_data
from dashboard.widgets.texts import show_problems, show_text

PAGES = Path(__file__).parent
COMPARE, PMNIST = PAGES / "compare.py", PAGES / "pmnist.py"

zoo, problems = caches.zoo()
st.title("Negative Space")
picture, words = st.columns([6, 5], gap="large", vertical_alignment="center")
data = current_data()
with words:
    show_text("start")
    if st.button("Draw a digit now", type="primary"):
        st.switch_page(COMPARE)
with picture:
    show_opening(data, zoo)

st.subheader("A tour in two minutes")
STOPS = (
    (COMPARE, 19, "HCUT", "A four without its top half: who still reads it?"),
    (COMPARE, 0, "VCUT", "The left half of a seven is gone"),
    (COMPARE, 18, "whole", "Rub this one out yourself, and watch"),
    (PMNIST, 8, "DCUT", "All four cuts at once, and the talk's table"),
)
for number, (place, (page, index, cut, label)) in enumerate(zip(st.columns(4), STOPS, strict=True), 1):
    with place:
        show_stop(data, index, cut)
        scene = {"sample": str(index)} | ({"erased": cut} if cut != "whole" and page == COMPARE else {})
        st.page_link(page, label=f"{number}. {label}", query_params=scene)

st.subheader("What is loaded")
show_loaded(data, zoo)
show_problems(problems)
