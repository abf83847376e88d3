"""Start: what this is, what is loaded, and a tour of two minutes."""

from pathlib import Path

import streamlit as st

from dashboard import cache, outputs

PAGES = Path(__file__).parent
COMPARE, PMNIST = PAGES / "compare.py", PAGES / "pmnist.py"

zoo, problems = cache.zoo()
st.title("Negative Space")
picture, words = st.columns([5, 6], gap="large", vertical_alignment="center")
data = outputs.current_data()
with words:
    outputs.show_text("start")
    st.page_link(COMPARE, label="Draw a digit now", icon="➡️")
with picture:
    outputs.show_opening(data, zoo)

st.subheader("A tour in two minutes")
STOPS = {
    "A four without its top half: who still reads it?": (COMPARE, {"sample": "4", "erased": "HCUT"}),
    "A seven, the left half gone": (COMPARE, {"sample": "0", "erased": "VCUT"}),
    "Rub one out yourself: sample 18, a brush, and patience": (COMPARE, {"sample": "18"}),
    "All four cuts at once, and the table of the talk": (PMNIST, {}),
}
for number, (label, (page, scene)) in enumerate(STOPS.items(), 1):
    st.page_link(page, label=f"{number}. {label}", query_params=scene or None)

st.subheader("What is loaded")
outputs.show_loaded(data, zoo)
outputs.show_problems(problems)
