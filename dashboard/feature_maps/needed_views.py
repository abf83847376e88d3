"""The view "Needed maps" of the page "Feature maps": what each class loses without each map, on all test digits."""

from collections.abc import Sequence
from statistics import mean

import numpy as np
import streamlit as st

from core.digits.datasets import Dataset
from core.studies.needed_maps import COUNTS, STUDY, compare_silence, describe_silence, list_accuracies, list_costs
from core.studies.recorded import Record
from core.studies.seed_networks import MISSING, STANDARD
from core.visualization.arrays import Values
from core.visualization.figures import Curve, draw_curves
from core.visualization.map_tables import draw_map_costs
from core.visualization.palette import BLUE, GRAY, VERMILION
from core.zoo.recipes import RECIPES
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.charts import show_drawn_chart
from dashboard.widgets.texts import read_note

TOGETHER = 5  # maps silent together, in the sentence


def show_needed(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the recorded study: each class without each map, and without the maps that it needs most."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        st.info(read_note("feature_maps", "No needed maps"))
        return
    titles = {name: RECIPES[name].title for name in (STANDARD, MISSING)}
    sentence = st.empty()
    name = address.segmented_control(
        "needed", "Network", list(titles), key="maps needed network", format_func=titles.__getitem__
    )
    costs, classes = np.array(list_costs(record, name)).T, record["classes"]
    sentence.markdown(f"**{describe_costs(costs, classes)}**")
    show_drawn_chart(draw_map_costs, costs, classes)
    st.markdown(read_note("feature_maps", "Needed maps alone"))
    _show_together(record)


def describe_costs(costs: Values, classes: Sequence[str]) -> str:
    """Return a sentence on `costs` `(classes, maps)` in points: which single map which class needs most."""
    label, number = divmod(int(costs.argmax()), costs.shape[1])
    most = f"Without map {number} alone, {classes[label]} is read {costs.max():.1f} points less often"
    few = int((costs.max(0) >= 1).sum())
    if not few:
        return f"No class depends on a single map. {most}, and no other map costs a class more."
    return f"{most}; no other map costs a class more. {few} of {costs.shape[1]} maps cost some class 1 point or more."


def _show_together(record: Record) -> None:
    """Show how a class is read without the maps that it needs most, against random maps and against other classes."""
    st.markdown(read_note("feature_maps", "Needed together"))
    st.markdown(f"**{describe_silence(record, TOGETHER)}**")
    show_drawn_chart(draw_curves, _to_curves(record), x_title="maps off", y_title="accuracy of the class, %")
    command = f"`{record['command']}`"
    st.caption(read_note("feature_maps", "Needed maps recorded").format(_describe_networks(record), command))


def _describe_networks(record: Record) -> str:
    read = list_accuracies(record)
    digits = f"{record['dataset']['images']:,} test digits of {record['dataset']['name']}"
    return f"{digits} and {len(read)} standard networks that read {min(read):.1f} to {max(read):.1f} % with all maps"


def _to_curves(record: Record) -> list[Curve]:
    """Return the mean over the seeds for each number of silent maps."""
    found = [compare_silence(record, count) for count in COUNTS]
    return [
        Curve("the class that needs them", VERMILION, COUNTS, [mean(one.own) for one in found]),
        Curve("other classes, same maps", BLUE, COUNTS, [mean(one.others) for one in found]),
        Curve("the class, random maps", GRAY, COUNTS, [mean(one.random) for one in found]),
    ]
