"""The page "Shift, blur and noise": a corrupted digit, who reads it, and each network's accuracy by strength."""

from collections.abc import Mapping, Sequence
from itertools import product

import streamlit as st
import torch

from core.corruptions.kinds import CORRUPTIONS, Corruption, corrupt
from core.digits.datasets import Dataset
from core.studies.corruptions import CONVOLUTIONAL, DENSE, SEED, STUDY
from core.studies.recorded import Record, find_row
from core.visualization import arrays
from core.visualization.figures import Curve, draw_curves
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from dashboard import address
from dashboard.address import kinds
from dashboard.corruptions import cached
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit
from dashboard.server.session import Session
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.measuring import by_network, choose_count, weigh
from dashboard.widgets.networks import choose_any
from dashboard.widgets.pictures import show_picture
from dashboard.widgets.progress import compute_in_parts
from dashboard.widgets.readings import WHOLE, networks_or_warn, show_readings
from dashboard.widgets.texts import read_note, show_caption, show_tip

FIRST = ("standard", CONVOLUTIONAL, DENSE)
FIRST_COUNT = 250  # test digits that are measured, if no other number is chosen
CHANCE = "corruption seed"  # key of the seed that decides directions and noise
Accuracies = Mapping[float, float]  # in percent, by strength


def find_networks() -> tuple[Zoo, list[str]]:
    """Return the networks of most pages and the two that differ only in having convolutions, and problems."""
    (zoo, problems), (shipped, _) = caches.zoo(), caches.shipped_zoo()
    return zoo | {name: shipped[name] for name in (CONVOLUTIONAL, DENSE) if name in shipped}, problems


def show_corruption(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the digit with one corruption, what every chosen network reads, and their accuracy by strength."""
    left, right = inputs_and_result(330, 880)
    with left:
        show_tip("corruptions", "Corruptions")
        choice = choose_digit(session, data, first="Sample")
    with right:
        sentence = st.empty()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind, strength = _choose_corruption()
            with st.popover("More networks", key="corruption networks"):
                chosen = choose_any(zoo, name="compared", first=FIRST)
        names = tuple(networks_or_warn(chosen, data))
        readings = [] if choice is None else _show_digit(choice.digit, kind, strength, names, data, zoo)
        curves = _find_curves(caches.find_record(STUDY, data.name), names, kind)
        said = describe_readings(readings, data.classes), describe_curves(curves, kind, strength, zoo)
        sentence.markdown(f"**{' '.join(filter(None, said))}**")
        _show_recorded(curves, names, kind, strength, zoo)
        with st.expander(f"Measure it now on {data.title}"):
            _measure(kind, strength, names, data, zoo)


def _choose_corruption() -> tuple[str, float]:
    """Draw the choice of the corruption and its strength; return both."""
    titles = {kind: one.title for kind, one in CORRUPTIONS.items()}
    kind = address.selectbox("corruption", "Corruption", list(CORRUPTIONS), format_func=titles.__getitem__, width=170)
    one = CORRUPTIONS[kind]
    strength = address.number_slider(
        "strength",
        f"Strength: {one.about}",
        one.strengths,
        one.first,
        key=f"corruptions strength {kind}",
        format_func=one.describe,
        width=240,
    )
    return kind, strength


def _show_digit(
    digit: Digit, kind: str, strength: float, names: Sequence[str], data: Dataset, zoo: Zoo
) -> list[Reading]:
    """Show the corrupted digit beside what the networks read in it; return their readings."""
    seed = address.hold("seed", kinds.WHOLE, SEED, key=CHANCE)
    image = corrupt(torch.from_numpy(digit)[None, None], kind, strength, seed=seed)
    picture, read = st.columns([2, 5], gap="medium")
    with picture:
        one = CORRUPTIONS[kind]
        show_picture(arrays.to_gray(image[0, 0].numpy()), f"the digit: {one.title}, {one.describe(strength)}")
        if one.random:
            st.button("Randomise again", on_click=lambda: st.session_state.update({CHANCE: seed + 1}), width="stretch")
    with read, locks.LIVE:
        readings = _read(digit, image[0, 0].numpy(), tuple(names), data, zoo)
        show_readings(readings, data.classes)
    return readings


def _read(digit: Digit, corrupted: Digit, names: tuple[str, ...], data: Dataset, zoo: Zoo) -> list[Reading]:
    before, now = (caches.readings(names, data.name, one, WHOLE) for one in (digit, corrupted))
    return [Reading(zoo[name].title, color_of(name), now[name], before[name]) for name in names]


def describe_readings(readings: Sequence[Reading], classes: Sequence[str]) -> str:
    """Return a sentence: who reads another class in the corrupted digit; "" where nobody reads."""
    if not readings:
        return ""
    changed = [
        f"{one.title} now reads a {classes[one.label]} (was {classes[one.changed_from]})"
        for one in readings
        if one.changed_from is not None
    ]
    return f"{', '.join(changed)}." if changed else "No answer changes."


def describe_curves(curves: Mapping[str, Accuracies], kind: str, strength: float, zoo: Zoo) -> str:
    """Return a sentence: the accuracies at this strength, the highest first; "" where none are known."""
    found = sorted(((curve[strength], zoo[name].title) for name, curve in curves.items()), reverse=True)
    if not found:
        return ""
    (most, best), *others = found
    one, rest = CORRUPTIONS[kind], "".join(f", {title} {percent:.1f} %" for percent, title in others)
    return f"At {one.title.lower()} {one.describe(strength)}, {best} reads {most:.1f} % of the MNIST test digits{rest}."


def _find_curves(record: Record | None, names: Sequence[str], kind: str) -> dict[str, Accuracies]:
    rows = {name: find_row(record, network=name, corruption=kind) for name in names} if record else {}
    return {name: dict(zip(row["strengths"], row["accuracy"], strict=True)) for name, row in rows.items() if row}


def _show_recorded(
    curves: Mapping[str, Accuracies], names: Sequence[str], kind: str, strength: float, zoo: Zoo
) -> None:
    """Show the recorded curves, and say which of the networks have none."""
    if curves:
        _draw(curves, CORRUPTIONS[kind], strength, zoo)
        show_caption("corruptions", "Recorded")
    if others := [zoo[name].title for name in names if name not in curves]:
        st.info(f"Not recorded: {', '.join(others)}. Measure below.")
    if any(zoo[name].restores for name in names if name not in curves):
        st.caption(read_note("corruptions", "Restoring"))


def _draw(curves: Mapping[str, Accuracies], one: Corruption, strength: float, zoo: Zoo) -> None:
    drawn = [
        Curve(zoo[name].title, color_of(name), list(curve), list(curve.values())) for name, curve in curves.items()
    ]
    show_drawn_chart(draw_curves, drawn, x_title=f"{one.title}, {one.unit}", y_title="accuracy, %", mark=strength)


def _measure(kind: str, strength: float, names: tuple[str, ...], data: Dataset, zoo: Zoo) -> None:
    """Measure the chosen networks at every strength on the current digits."""
    one, count = CORRUPTIONS[kind], choose_count(data, "corruption count", FIRST_COUNT)

    def show(found: Mapping[tuple[str, float], float]) -> None:
        curves = {name: dict(sorted(curve.items())) for name, curve in by_network(found).items()}
        _draw(curves, one, strength, zoo)
        st.caption(f"The first {count:,} test {name_drawing(data)}s of {data.title}, measured now.")

    compute_in_parts(
        list(product(names, one.strengths)),
        lambda cell: cached.accuracy_when_corrupted(cell[0], kind, cell[1], count, data.name),
        show,
        key="corruptions measure",
        start="Measure",
        about=(names, kind, count, data.name),
        weigh=lambda cell: weigh(cell[0], zoo),
    )
