"""The view "Where to erase": what happens to the answer when the ink that a method points at is erased."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.attribution.judging import BRIGHTNESS, RANDOM, STEPS, ErasingCurves, select_first
from core.attribution.methods import METHODS
from core.digits.datasets import Dataset
from core.networks.classifier import Classifier
from core.studies.explanations import STUDY, describe_verdicts, tabulate
from core.visualization.arrays import Picture
from core.visualization.attribution import METHOD_COLORS, draw_erasing_curves, draw_erasure
from core.visualization.figures import Curve
from core.visualization.readings import draw_answers
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.why import cached
from dashboard.why.erasing import SHARE_STEP, choose_share, show_erase_button
from dashboard.why.network_readings import describe_answer, find_ink
from dashboard.widgets.charts import show_chart
from dashboard.widgets.maps import choose_classifier
from dashboard.widgets.networks import choose_networks
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.readings import networks_or_warn, read_all
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_note, read_tip, show_caption, show_text

CELL = 104  # pixels of the screen: three stand side by side on a phone
TITLES = {name: method.title for name, method in METHODS.items()} | {
    BRIGHTNESS: "The brightest ink",
    RANDOM: "Random ink",
}
ERASED, SHOWN = "is erased", "is shown"  # the ink, along a curve


def show_judged(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show which ink each method points at, what is read without it, and how the answer falls along the way."""
    scene, right = choose_beside(read_tip("why", "Where to erase"), session, data)
    with right:
        if scene is None:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name, network = choose_classifier(data, zoo, width=220)
            share = choose_share()
            names = choose_networks(zoo)
        if network is None:
            return
        if address.stroke_goes_on():
            st.caption("The methods are judged when the stroke ends.")
            return
        answers = draw_answers(read_all(networks_or_warn(names, data), zoo, *scene, data), data.classes)
        _judge(name, network, share, *scene, data, answers)
    with st.expander("How the methods are judged"):
        show_text("why_judging")
        _show_record(data)


def _judge(name: str, network: Classifier, share: int, digit: Digit, mask: Mask, data: Dataset, answers: str) -> None:
    """Show the result as a sentence, the pictures with their buttons, the networks' `answers`, and the curves."""
    inked = find_ink(name, digit, mask, data)
    if inked is None:
        st.info(read_note("why", "No ink"))
        return
    left, label = inked
    found = cached.judged(name, data.name, left, label, network)
    st.markdown(f"**{describe(found, share, data.classes[label])}**")
    if (record := caches.find_record(STUDY, data.name)) is not None:
        st.markdown(describe_verdicts(record))
    with st.container(horizontal=True, gap="small"):
        for one in found:
            kept = mask & ~select_first(one.ranks[:1], share / 100)[0].numpy()
            with st.container(width=CELL, gap="xsmall"):
                _show_cell(one.order, draw_erasure(digit, mask, kept), describe_answer(name, digit, kept, data), kept)
    show_caption("why", "Erase it")
    st.html(answers)
    show_caption("why", "Curves")
    _show_curves(found, data.classes[label])


def _show_cell(order: str, picture: Picture, answer: str, kept: Mask) -> None:
    """Show what a method points at, what is read without it, and a button that erases it."""
    show_picture(picture, f"{TITLES[order]}: {answer}", width=CELL)
    show_erase_button(order, kept)
    st.caption(f"**{TITLES[order]}**: {answer}")


def describe(found: Sequence[ErasingCurves], share: int, name: str) -> str:
    """Return a sentence: how much of the answer is left without a share of the ink, by the best and the worst order."""
    left = {one.order: 100 * float(one.deletion[:, share // SHARE_STEP].mean()) for one in found}
    best, *others = sorted((order for order in left if order in METHODS), key=left.__getitem__)
    worst = f"by {TITLES[others[-1]]} it keeps {left[others[-1]]:.0f} %, " if others else ""
    erased = f"Without {share} % of its ink, chosen by {TITLES[best]}"
    return (
        f"{erased}, this {name} keeps a probability of {left[best]:.0f} %; {worst}with random ink {left[RANDOM]:.0f} %."
    )


def _show_curves(found: Sequence[ErasingCurves], name: str) -> None:
    """Show the probability of the answer along every order, with the range of the random ones."""
    way = address.segmented_control("curve", "The ink", [ERASED, SHOWN])
    draws = {one.order: 100 * (one.deletion if way == ERASED else one.insertion).numpy() for one in found}
    along = [SHARE_STEP * step for step in range(STEPS + 1)]
    curves = [Curve(TITLES[one], METHOD_COLORS[one], along, values.mean(0).tolist()) for one, values in draws.items()]
    band = draws[RANDOM].min(0).tolist(), draws[RANDOM].max(0).tolist()
    x_title = f"share of the ink that {way}, %"
    show_chart(draw_erasing_curves(curves, band, x_title=x_title, y_title=f"probability of {name}, %"))


def _show_record(data: Dataset) -> None:
    """Show what was measured on many digits and networks, as a table with the command that repeats it."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        return
    header, *rows = tabulate(record)
    st.table(pd.DataFrame([row[1:] for row in rows], [row[0] for row in rows], header[1:]))
    st.caption(read_note("why", "Judged").format(**record["dataset"], seeds=record["seeds"], command=record["command"]))
