"""A recorded study of missing features, as the page "Results" shows it, and the choice of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.digits import datasets
from core.studies.missing_features_record import SECOND_PAPER_RECORD, STUDY
from core.visualization.network_colors import COLUMN_COLORS
from dashboard import address
from dashboard.server import caches
from dashboard.widgets.mask import choose_variant

SETS = {"MNIST": "MNIST", "Offline digits": datasets.OFFLINE}
NETWORKS = {"of the published code": "published", "of the talk": "talk"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShownStudy:
    """A recorded study, one of its networks, and the variant of the cuts: as the talk or as its code makes them."""

    record: dict[str, Any]
    network: str
    columns: dict[str, str]
    """The study's column for whole digits and for every cut, by the cut's name."""

    def rows(self) -> dict[tuple[str, str], Row]:
        """Return the network's rows by arm and column."""
        return {(row["arm"], row["cut"]): row for row in self.record["rows"] if row["network"] == self.network}


def find_second_paper(study: ShownStudy) -> ShownStudy | None:
    """Return the record of the second paper's synergies, of the same digits and network; None if there is none."""
    try:
        record = caches.recorded_study(SECOND_PAPER_RECORD, study.record["dataset"]["name"])
    except ValueError:
        return None
    found = replace(study, record=record)
    return found if found.rows() else None


def choose_study() -> tuple[ShownStudy] | None:
    """Draw the choice of the study and return it; None if nothing is recorded."""
    with st.popover("Digits, network and cuts"):
        data = _choose("digits", "Digits", SETS, "results data")
        network = _choose("network", "Network", NETWORKS, "results network")
        variant = choose_variant("results variant")
    try:
        record = caches.recorded_study(STUDY, data)
    except ValueError as error:
        st.info(str(error))
        return None
    in_code = {cut: f"{cut} code" for cut in ("DCUT", "TCUT")} if variant == "code" else {}
    study = ShownStudy(record, network, {name: in_code.get(name, name) for name in COLUMN_COLORS})
    return (study,)


def _choose(name: str, label: str, options: Mapping[str, str], key: str) -> str:
    return options[address.segmented_control(name, label, list(options), key=key)]
