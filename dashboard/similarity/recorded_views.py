"""The view "Recorded" of the page "Nearest digits": the recorded study of the shortcut."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.studies.recorded import find_rows
from core.studies.similarity import SECOND_HALF, TEST
from core.studies.similarity_record import STUDY, describe_stages, describe_verdict
from dashboard import address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.texts import show_caption, show_conclusions

Row = dict[str, Any]


def show_recorded(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the figures of every setting, and the study's conclusions."""
    record = caches.find_record(STUDY, data.name)
    if record is None:
        st.info("The shortcut was not measured on this data set.")
        return
    st.markdown(f"**{describe_verdict(record)}**")
    network = _choose_network(record["networks"])
    tests = find_rows(record, network=network, split=TEST)
    plain = {name: find_rows(record, network=network, split=name)[0]["plain"] for name in (SECOND_HALF, TEST)}
    st.markdown(
        f"Each threshold loses at most {record['settings']['loss']:g} points of accuracy on validation digits. Without "
        f"the shortcut the network reads {plain[SECOND_HALF]:.2f} % of the other half of the training digits and "
        f"{plain[TEST]:.2f} % of the test digits correctly. With the shortcut:"
    )
    st.dataframe(
        pd.DataFrame([_to_line(record, row) for row in tests]),
        hide_index=True,
        width="stretch",
        height=35 * (len(tests) + 1) + 3,
    )
    show_caption("similarity", "Recorded")
    show_conclusions(record)


def _choose_network(titles: Mapping[str, str]) -> str:
    return address.segmented_control(
        "network",
        "Network",
        list(titles),
        key="shortcut recorded",
        group="networks",
        format_func=titles.__getitem__,
        wrap=True,
    )


def _to_line(record: Row, row: Row) -> Row:
    second, *_ = find_rows(record, network=row["network"], split=SECOND_HALF, seen=row["seen"], stages=row["stages"])
    line: Row = {"compared after": describe_stages(row["stages"]), "reference digits": f"{row['seen']:,}"}
    for name, one in (("half", second), ("test", row)):
        chosen = one["chosen"]
        rightly = "–" if chosen["precision"] is None else f"{chosen['precision']:.1f}"
        line |= {
            f"{name}: stopped early": f"{chosen['hits']:.1f}",
            f"of those, correct ({name})": rightly,
            f"{name}: correct": f"{chosen['accuracy']:.2f}",
        }
    times = row["times"]
    return line | {"time, together": f"{times['together']['ratio']:.2f}", "alone": f"{times['alone']['ratio']:.2f}"}
