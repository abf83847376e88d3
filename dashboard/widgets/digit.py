"""Choose a digit: draw it, take a test digit, or upload a picture."""

import random
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits import drawing, pictures
from core.digits.datasets import Dataset
from core.visualization import arrays
from dashboard.address import get_address
from dashboard.address.links import CLASS, DRAW, SOURCE
from dashboard.server.scene import Digit
from dashboard.server.session import ChosenDigit, Session, get_session
from dashboard.widgets.canvas import PEN_SIZES, draw_canvas
from dashboard.widgets.columns import fold_for_projector
from dashboard.widgets.data_set import class_names, class_of, name_drawing, sample
from dashboard.widgets.found_digits import choose_found_digit
from dashboard.widgets.picture_upload import upload_picture
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.strokes import CANVAS, StrokeFragments, answer_stroke, rerun_fragments

FIRST_SAMPLE = 0  # the test digit that is shown first
UNCLEAR = {"MNIST": [8]}  # test digits that are no good first ones of their class: this 5 looks like a 6
FROM_LINK = "The digit of the link that opened this page"


def choose_digit(
    session: Session, data: Dataset, *, first: str = "Draw", fragments: StrokeFragments | None = None
) -> ChosenDigit | None:
    """Draw the source of the digit and the widgets of that source; return the digit, None while there is none.

    `first` is the source at first; `fragments` are the fragments that a stroke reruns instead of the page.
    """
    try:
        if get_address().hides("digit"):
            return _show_hidden(session, data, first, fragments)
        source = _choose_source(session, first)
        match source:
            case "Sample":
                return choose_sample(session, data)
            case "Upload":
                return _upload(session, data)
            case "Link" if session.linked is not None:
                return _show_linked(session.linked)
        return _draw(data, fragments)
    except pictures.PictureError as error:
        st.warning(str(error))
        return None


def _choose_source(session: Session, first: str) -> str | None:
    sources = ["Draw", "Sample", "Upload"] + (["Link"] if session.linked is not None else [])
    held = st.session_state.get(SOURCE)
    # Set in every run: a page does not take over what a link has set on the page before.
    st.session_state[SOURCE] = held if held in sources else _source_of_scene(session) or first
    return st.segmented_control(
        "Where the digit comes from",
        sources,
        key=SOURCE,
        persist_state="session",
        label_visibility="collapsed",
        required=True,
    )


def _source_of_scene(session: Session) -> str:
    """Return the source that the scene's digit came from; "" if there is no digit yet, or it was drawn or uploaded."""
    if session.scene.sample is not None:
        return "Sample"
    return "Link" if session.linked is not None else ""


def _show_hidden(session: Session, data: Dataset, first: str, fragments: StrokeFragments | None) -> ChosenDigit | None:
    """Show the digit of a link that hides how to choose another; only a link without a digit leaves the canvas."""
    if session.linked is not None:
        return _show_linked(session.linked)
    if session.scene.sample is None and first == "Draw":
        return _draw(data, fragments)
    session.scene.sample = get_address().locked.setdefault("sample", _known_sample(session))
    return _show_sample(data, session.scene.sample)


def _show_linked(linked: ChosenDigit) -> ChosenDigit:
    _show_large(linked.digit, FROM_LINK)
    return linked


def _show_large(digit: Digit, description: str) -> None:
    show_picture(arrays.to_gray(digit), description, width=CANVAS)


def _draw(data: Dataset, fragments: StrokeFragments | None) -> ChosenDigit | None:
    with fold_for_projector(_title_of_pen(st.session_state.get("pen") or "medium"), "pens"):
        pen = st.segmented_control(
            "Pen",
            list(PEN_SIZES),
            default="medium",
            key="pen",
            persist_state="session",
            label_visibility="collapsed",
            required=True,
            wrap=True,
            format_func=_title_of_pen,
        )
    size, thing = PEN_SIZES[pen or "medium"], name_drawing(data)
    if fragments is not None:
        return _drawn(_draw_live(size, thing, fragments))
    canvas = draw_canvas(key=DRAW, size=CANVAS, pen=size, thing=thing, on_change=_keep_erased, on_clear=_forget_drawing)
    return _drawn(canvas)


def _title_of_pen(size: str) -> str:
    return f"{size} pen"


@st.fragment
def _draw_live(pen: int, thing: str, fragments: StrokeFragments) -> NDArray[np.uint8] | None:
    """Draw the canvas in a fragment: the browser then requests that alone, and `rerun_fragments` decides."""
    answer_stroke(fragments)
    return draw_canvas(
        key=DRAW,
        size=CANVAS,
        pen=pen,
        thing=thing,
        on_change=partial(_take_drawing, fragments),
        on_clear=_forget_drawing,
    )


def _forget_drawing() -> None:
    """Forget the digit on all pages; what was cut out of it is not cut out of a new one."""
    session = get_session()
    session.erase_nothing()
    session.scene.drawn, session.scene.uploaded = None, False


def _keep_erased(_ink: NDArray[np.uint8] | None) -> None:
    """Leave erased what is erased from a digit that is drawn on: the canvas of erasing begins anew with each digit."""
    get_session().keep_erased()


def _drawn(ink: NDArray[np.uint8] | None) -> ChosenDigit | None:
    return None if ink is None else _prepare(ink)


def _prepare(ink: NDArray[np.uint8]) -> ChosenDigit:
    preparation = drawing.prepare_strokes(ink)
    return ChosenDigit(preparation.digit, preparation=preparation)


def _take_drawing(fragments: StrokeFragments, ink: NDArray[np.uint8] | None) -> None:
    _keep_erased(ink)
    get_session().new_ink = ink
    if ink is None:  # an empty canvas changes the whole page
        get_session().page_complete = False
    rerun_fragments(fragments)


def prepare_drawing() -> None:
    """Make the digit from the ink that was drawn since the last run of the page."""
    session = get_session()
    ink, session.new_ink = session.new_ink, None
    if ink is None:
        return
    try:
        session.chosen = _prepare(ink)
    except pictures.PictureError:
        st.rerun()  # the page shows the reason


def _known_sample(session: Session) -> int:
    return FIRST_SAMPLE if session.scene.sample is None else session.scene.sample


def choose_sample(session: Session, data: Dataset) -> ChosenDigit:
    """Draw buttons that go through the test digits: next, any, of one class; return the digit."""
    labels, names, thing = data.test.labels.numpy(), class_names(data), name_drawing(data)
    session.scene.sample = _known_sample(session)
    if session.scene.sample >= len(labels):
        session.scene.sample = 0
    wanted = st.session_state.get(CLASS, "any")
    allowed = np.arange(len(labels)) if wanted == "any" else np.flatnonzero(labels == names.index(wanted))
    with st.container(key="samples", horizontal=True, gap="small", vertical_alignment="bottom"):
        for key, label, icon, step in (
            ("previous", f"Previous {thing}", ":material/chevron_left:", -1),
            ("next", f"Next {thing}", ":material/chevron_right:", 1),
        ):
            st.button(label, on_click=_step_sample, args=(allowed, step), help=label, key=key, icon=icon)
        st.button("Random", on_click=_any_sample, args=(allowed,), help=f"Take a test {thing} at random", key="any")
        st.selectbox(
            "Class",
            ["any", *names],
            key=CLASS,
            persist_state="session",
            label_visibility="collapsed",
            on_change=_first_of_class,
            args=(data,),
            format_func=lambda name: "all classes" if name == "any" else f"digit {name}" if name.isdigit() else name,
            width=110,
        )
    return _show_sample(data, session.scene.sample)


def _show_sample(data: Dataset, index: int) -> ChosenDigit:
    index = min(index, len(data.test) - 1)
    digit = sample(data, index)
    about = f"{data.title}, test {name_drawing(data)} {index}, labelled {class_of(data, index)}"
    _show_large(digit, about)
    st.caption(about)
    return ChosenDigit(digit, sample=index)


def _step_sample(allowed: np.ndarray, direction: int) -> None:
    scene = get_session().scene
    at = int(np.searchsorted(allowed, scene.sample or 0, side="left" if direction < 0 else "right"))
    scene.sample = int(allowed[(at - (direction < 0)) % len(allowed)])


def _any_sample(allowed: np.ndarray) -> None:
    get_session().scene.sample = int(random.choice(allowed))


def _first_of_class(data: Dataset) -> None:
    wanted = st.session_state.get(CLASS, "any")  # a page that was just left may send its widgets once more
    if wanted != "any":
        matches = np.flatnonzero(data.test.labels.numpy() == class_names(data).index(wanted))
        matches = matches[~np.isin(matches, UNCLEAR.get(data.name, []))]
        get_session().scene.sample = int(matches[0])


def _upload(session: Session, data: Dataset) -> ChosenDigit | None:
    picture = upload_picture("A picture or photo of one digit", key="picture digit", read=pictures.read_picture)
    return None if picture is None else choose_found_digit(picture, session, data)
