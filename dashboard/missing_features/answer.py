"""Whether the talk's idea helps, above every view of the page "Missing features", with a link to the results."""

import streamlit as st

import dashboard
from core.digits.datasets import Dataset
from core.studies.claim_answer import answer_claim, find_differences
from core.studies.missing_features_record import STUDY
from dashboard.address import get_address
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.session import Session

NETWORK = "published"  # the network of this page


def show_answer(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show what the recorded study of these digits found; nothing if there is none, or on a projector's slide."""
    record = None if get_address().projector else caches.find_record(STUDY, data.name)
    if record is not None and record["dataset"]["name"] == data.name:
        found = answer_claim(find_differences(record["rows"], NETWORK), record["published"]["talk"]["gain"])
        st.page_link(dashboard.file_of("results"), label=f"**Does it help?** {found} **:primary[See Results]**")
