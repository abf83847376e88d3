"""Every page under AppTest, through the real entry script, with the real networks on what digits there are."""

from pathlib import Path

import numpy as np
import pytest
import streamlit as st

import dashboard
from core.digits import datasets
from core.system import checkpoint_files
from dashboard.server import downloads
from dashboard.shell.search import find_views
from tests import ROOT
from tests.job_runs import without_mnist
from tests.pages import captions, drawn_seven, html, open_page, rerun, text_of


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_data.clear()


@pytest.mark.parametrize("name", dashboard.PAGES)
@pytest.mark.slow
def test_every_page_opens_without_a_complaint(name: str) -> None:
    app = open_page(name)
    assert not app.error and not app.warning


def test_without_mnist_the_page_works_on_the_offline_digits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in without_mnist(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(datasets, "PROJECT_DATA", tmp_path)
    monkeypatch.setattr(downloads.MNIST, "last", None)
    app = open_page("compare", sample="3", erased="HCUT")
    assert html(app).count("data-answer=") == 3
    assert "offline digits, test digit 3" in captions(app)
    downloads.MNIST.last.cancel()


@pytest.mark.parametrize("damaged", ["synergy", "restoring"])
def test_a_damaged_network_costs_a_sentence_and_the_others_go_on(
    damaged: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoint_files, "SHIPPED", tmp_path)
    for path in (ROOT / "checkpoints").glob("*.*"):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[:-100] if path.name == f"{damaged}.safetensors" else content)
    try:
        st.cache_resource.clear()
        five = "standard,missing-feature,missing-alternating,synergy,restoring"
        app = open_page("compare", sample="18", erased="HCUT", networks=five)
        assert damaged in app.warning[0].value and html(app).count("data-answer=") == 4
        for page in ("start", "pmnist"):
            open_page(page)
    finally:
        st.cache_resource.clear()


@pytest.mark.slow
def test_without_a_single_network_every_view_opens_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoint_files, "SHIPPED", tmp_path)
    st.cache_resource.clear()
    try:
        for name in dashboard.PAGES:
            app, said = open_page(name, sample="3"), ""
            for view in find_views(name):
                app.query_params["view"] = view
                said += text_of(rerun(app))
            assert "no network for this" in said or name not in ("compare", "pmnist", "attack", "maximize", "why"), name
    finally:
        st.cache_resource.clear()


def test_uploads_and_drawings_never_reach_another_visitor() -> None:
    first, second = open_page("compare"), open_page("compare")
    first.session_state["draw"] = drawn_seven()
    assert "data-answer" in html(rerun(first)) and "data-answer" not in html(rerun(second))
    assert np.array_equal(second.session_state["session"].scene.mask, np.ones((28, 28), bool))
