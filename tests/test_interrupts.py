"""Long work ends early: all that takes long looks whether its visitor is there and whether its time is over."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.digits import isolated_decoder
from core.generation.dcgan import Generator
from core.generation.quality import find_nearest_digits
from core.generation.sampling import make_digits
from core.inversion.map_atlas import build_atlas
from core.jobs import run_folders
from core.maximization.objectives import MapMean
from core.maximization.top_digits import find_top_digits
from core.networks import evaluation
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.restoration.hole_finding import BlindRestorer
from core.restoration.restorer import Restorer
from core.similarity.reference_vectors import compute_references
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import compare_digits
from core.similarity.timing import measure_time
from core.system import interrupts
from core.training.config import TrainConfig
from core.training.loop import train
from core.training.samples import feature_vectors
from core.transfer.backbones import compute_features, vgg_backbone
from core.transfer.vgg16 import build_vgg16
from dashboard.server import budget, caches, process
from dashboard.server.streamlit_internals import script_runs
from tests import stranger
from tests.browser import serve
from tests.forger import Forger
from tests.many_visitors import usage
from tests.pages import open_page, rerun
from tests.sample_digits import made_digits
from tests.visitor import run

NETWORK = build(ARCHITECTURES["talk"], seed=1).eval().requires_grad_(False)
DIGITS = made_digits(260)
REFERENCES = compute_references(NETWORK, DIGITS)
RESTORER = Restorer(NETWORK, DIGITS)
MASK = torch.ones(28, 28, dtype=torch.bool)
MASK[:14] = False
VECTORS = feature_vectors(NETWORK, DIGITS)
TIED = dict.fromkeys(REFERENCES.lookups, 0.1)
"""Thresholds of the shortcut."""


def read_with_vgg16() -> object:
    network = build_vgg16().to_empty(device="cpu").requires_grad_(False)
    return compute_features(vgg_backbone(network, checked=False, file="a"), torch.zeros(8, 32, 32, 3).byte().numpy())


WORK: dict[str, Callable[[], object]] = {
    "reading": lambda: evaluation.predict(NETWORK, DIGITS.images()),
    "networks that share features": lambda: evaluation.predict_together({"a": NETWORK}, DIGITS.images(), MASK),
    "filling holes": lambda: RESTORER.predict(DIGITS.images(), MASK),
    "finding holes": lambda: BlindRestorer(RESTORER).finder.find(DIGITS.images()),
    "one digit under many holes": lambda: RESTORER.predict_holes(DIGITS.images()[0], MASK.expand(300, 28, 28)),
    "the atlas of maps": lambda: build_atlas(NETWORK, DIGITS),
    "the digits that activate most": lambda: find_top_digits(NETWORK, MapMean("conv1", 0), DIGITS),
    "reference vectors": lambda: compute_references(NETWORK, DIGITS),
    "comparing digits": lambda: compare_digits(NETWORK, REFERENCES, DIGITS),
    "timing the shortcut": lambda: measure_time(Shortcut(NETWORK, REFERENCES, TIED), DIGITS.images()),
    "making digits": lambda: make_digits(Generator(latent=8, width=8), 300),
    "the nearest digits": lambda: find_nearest_digits(DIGITS.images(), made_digits(10_001)),
    "VGG16": read_with_vgg16,
    "training": lambda: list(train(build(ARCHITECTURES["talk"]), DIGITS, DIGITS, TrainConfig(epochs=1))),
    "a network without its convolutions": lambda: [NETWORK.predict_from_features(VECTORS) for _ in range(2)],
    "the shortcut": lambda: [Shortcut(NETWORK, REFERENCES, TIED).read(DIGITS.images()[:2]) for _ in range(2)],
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.slow
def test_work_that_takes_long_can_be_ended_in_its_middle(
    work: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def leave() -> None:
        looks.append(1)
        if len(looks) == 2:
            raise InterruptedError

    monkeypatch.setattr(interrupts, "_checks", [leave])
    with pytest.raises(InterruptedError):
        work()


def test_the_training_of_a_head_can_end_before_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(interrupts, "_checks", [lambda: looks.append(1)])
    network = build(ARCHITECTURES["talk"], seed=1)
    network.features.requires_grad_(False)
    list(train(network, DIGITS, DIGITS, TrainConfig(epochs=2, batch=20)))
    assert len(looks) > 2 * len(DIGITS) / 20


def compute(parts: int, seconds: float, afterwards: float = 0.0) -> None:
    """Draw a page that computes for so long: all at once, or in parts that show how far it is and all at once then."""
    import time

    import streamlit as st

    from core.system import interrupts
    from dashboard.widgets.progress import with_progress

    def work(seconds: float = seconds) -> None:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            interrupts.check()

    for _ in with_progress((work() for _ in range(parts)), parts, "Computing ...") if parts > 1 else [work()]:
        pass
    work(afterwards)
    st.text("done")


@pytest.mark.parametrize(
    ("parts", "seconds", "afterwards", "done"),
    [(1, 0.05, 0, True), (1, 0.5, 0, False), (8, 0.1, 0, True), (2, 0.7, 0, False), (2, 0.1, 0.3, False)],
    ids=["short", "long", "in parts", "a long part", "long after its parts"],
)
@pytest.mark.slow
def test_what_outlasts_its_time_is_ended_and_says_so(
    parts: int, seconds: float, afterwards: float, done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MAX_TIME", 0.2)
    monkeypatch.setattr(budget, "MAX_PART_TIME", 0.4)
    monkeypatch.setattr(interrupts, "_checks", [budget.check])
    app = AppTest.from_function(
        compute, kwargs={"parts": parts, "seconds": seconds, "afterwards": afterwards}, default_timeout=60
    )
    for _ in range(2):  # every run has its own time
        app.run()
        assert not app.exception
        assert [error.value for error in app.error] == ([] if done else [budget.TOO_LONG])
        assert [text.value for text in app.text] == (["done"] if done else [])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads of another priority")
def test_a_run_that_computes_for_long_gives_way_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def show_niceness(seconds: float) -> None:
        import os
        import threading
        import time

        import streamlit as st

        from core.system import interrupts

        while time.thread_time() < seconds:
            interrupts.check()
        st.text(str(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    monkeypatch.setattr(interrupts, "_checks", [budget.check])
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for seconds, niceness in ((0.01, own), (budget.MAX_URGENT_TIME + 0.2, budget.NICENESS)):
        app = AppTest.from_function(show_niceness, kwargs={"seconds": seconds}, default_timeout=60).run()
        assert [text.value for text in app.text] == [str(niceness)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_time_of_another_process_is_the_time_of_the_run_that_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait() -> None:
        import streamlit as st

        from core.digits import isolated_decoder
        from tests.hostile_files import slow_svg

        isolated_decoder.render(slow_svg(), "SVG", 1000, 10**6)
        st.text("done")

    monkeypatch.setattr(budget, "MAX_TIME", 2.0)
    monkeypatch.setattr(isolated_decoder, "MAX_SECONDS", 60.0)
    monkeypatch.setattr(interrupts, "_checks", [budget.check])
    app = AppTest.from_function(wait, default_timeout=60).run()
    assert [error.value for error in app.error] == [budget.TOO_LONG] and not app.text and not app.exception


def test_a_page_ends_what_outlasts_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    process.prepare_once()
    assert {script_runs.end_closed_run, budget.check} <= set(interrupts._checks), "the server installs both"
    monkeypatch.setattr(budget, "MAX_PART_TIME", -1.0)
    monkeypatch.setattr(interrupts, "_checks", [budget.check])
    app = open_page("pmnist", view="The table", networks="standard")
    caches.predicted.clear()
    app.button(key="measure").click()
    assert [error.value for error in rerun(app).error] == [budget.TOO_LONG]


LONG_WORK = {  # of pages, and the key of the button that starts it; "": it starts by itself
    stranger.LONG_WORK: "measure",
    "/similarity?seen=25000&network=standard": "",
    "/attack?view=Noise for all": "noise/start",
}


WINDOW = 4.0  # seconds


async def begin_and_leave(address: str, path: str, key: str) -> float:
    """Return how many seconds the server computes in WINDOW seconds before the visitor leaves."""
    first = Forger(address, 0)
    await first.open(path.partition("?")[0])  # so that all is loaded
    await first.close()
    tab = Forger(address, 0)
    opening = asyncio.create_task(tab.open(path))
    if key:
        await opening
        await tab.press(key)
    await asyncio.sleep(2)
    busy = await compute_time(address)
    opening.cancel()
    await tab.close()
    return busy


async def compute_time(address: str) -> float:
    before = usage(address).cpu
    await asyncio.sleep(WINDOW)
    return usage(address).cpu - before


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.parametrize(("path", "key"), LONG_WORK.items(), ids=("table", "reference vectors", "noise"))
def test_what_a_closed_tab_began_ends_within_five_seconds(path: str, key: str, runs: Path) -> None:
    async def load_before_and_after() -> tuple[float, float]:
        busy = await begin_and_leave(address, path, key)
        await asyncio.sleep(5)
        return busy, await compute_time(address)

    with serve(**{run_folders.RUNS_VARIABLE: str(runs)}) as address:
        before, after = run(load_before_and_after())
        assert after < before / 4
