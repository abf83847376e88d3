"""What activates a neuron: how sure the network is of what has grown, and how long growing takes, also in a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from statistics import median

import torch
from playwright.sync_api import Page, expect, sync_playwright
from torch import Tensor
from torch.nn.functional import conv2d

from core.maximization import loop
from core.maximization.loop import PRESETS, MaximizationConfig, MaximizationStep, maximize
from core.maximization.objectives import ClassLogit, Neuron, Objective
from core.networks.classifier import Classifier
from core.zoo.checkpoints import load_classifier
from tests.benchmarks import Measured, NotMeasurable, mnist
from tests.benchmarks.timing import ratios, seconds, side_by_side
from tests.browser import LAPTOP, find_chromium, launch_chromium, open_tab, serve

ASSIGNMENT = PRESETS["as in the assignment"]
CLASSES, MAPS = range(10), tuple(range(32))
FLAT = 0.05  # standard deviation
ROUNDS, TRIALS = 3, 5
SETTLED = 1500  # milliseconds without anything going on, before a click that counts


def _climb(objective: Objective, config: MaximizationConfig = ASSIGNMENT) -> list[MaximizationStep]:
    return list(maximize(load_classifier("assignment"), objective, config))


@cache
def _sheet() -> tuple[MaximizationStep, MaximizationStep]:
    first, *_, last = _climb(ClassLogit(CLASSES))
    return first, last


def maximize_confidence() -> Measured:
    """Count the classes whose picture is read as them with at least 99 %."""
    last = _sheet()[1]
    assert last.probabilities is not None
    sure = last.probabilities.diagonal().tolist()
    return Measured(sum(one >= 0.99 for one in sure), [100 * one for one in sure], f"The least sure {min(sure):.5f}.")


def maximize_costs() -> Measured:
    first, last = _sheet()
    risen = (last.costs - first.costs).tolist()
    return Measured(sum(one > 0 for one in risen), risen, f"The smallest rise {min(risen):.1f}.")


def maximize_flat() -> Measured:
    """Count the pictures of pool2's central neurons that are not flat; the ten classes' are in the note."""
    last = _climb(Neuron("pool2", MAPS))[-1]
    spreads = last.images.std((1, 2, 3)).tolist()
    classes = int((_sheet()[1].images.std((1, 2, 3)) > FLAT).sum())
    dead = torch.nonzero(~last.responded)[:, 0].tolist()
    note = f"Of the classes {classes} of 10. Dead, and named so: {', '.join(map(str, dead)) or 'none'}."
    return Measured(sum(one > FLAT for one in spreads), spreads, note)


# Time in Python


def maximize_sheet_ratio() -> Measured:
    """Hold a sheet of ten against ten runs of one; and against ten that nobody keeps company, for the note."""

    def alone() -> None:
        company, loop.MIN_BATCH = loop.MIN_BATCH, 1
        one_by_one()
        loop.MIN_BATCH = company

    def one_by_one() -> None:
        for label in CLASSES:
            _drain(network, ClassLogit(label))

    network = load_classifier("assignment")
    contenders = {"sheet": lambda: _drain(network, ClassLogit(CLASSES)), "one by one": one_by_one, "alone": alone}
    sheet, ten, bare = (seconds(runs) for runs in side_by_side(contenders, ROUNDS).values())
    taken = ratios(sheet, ten)
    note = (
        f"The sheet took {median(sheet):.1f} s. A lone picture climbs with copies of itself, to be rounded as on a "
        f"sheet; of ten without copies, which become a little different, it takes {median(ratios(sheet, bare)):.3f}."
    )
    return Measured(median(taken), taken, note)


def _drain(network: Classifier, objective: Objective) -> None:
    for _ in maximize(network, objective):
        pass


def maximize_lucent_ratio() -> Measured:
    """Hold a picture's share of a sheet of ten against torch-lucent's way, a picture at a time with torch.optim."""
    network = load_classifier("assignment")
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: _drain(network, ClassLogit(CLASSES)),
        "lucent": lambda: [_like_lucent(network, label) for label in CLASSES],
    }
    runs = side_by_side(contenders, ROUNDS)
    taken = ratios(seconds(runs["ours"]), seconds(runs["lucent"]))
    per_picture = {name: 100 * median(seconds(found)) for name, found in runs.items()}
    words = ", ".join(f"{name} {taken:.0f}" for name, taken in per_picture.items())
    return Measured(median(taken), taken, f"Milliseconds per picture: {words}.")


def _like_lucent(network: Classifier, label: int) -> Tensor:
    """Return one picture as lucent's `render_vis` makes it: a hook, Adam on a parameter, the gradient of one loss.

    The objective, the steps and the blurred gradient are ours; lucent's own transforms are left out, which only spares
    it time.
    """
    image = torch.full((1, 1, 28, 28), 0.5).add_(torch.randn(1, 1, 28, 28), alpha=0.04).requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.05)
    kept: dict[str, Tensor] = {}
    handle = network.head[-1].register_forward_hook(lambda _, __, output: kept.update(logits=output))
    for step in range(1, ASSIGNMENT.steps + 1):
        optimizer.zero_grad()
        network(image)
        (-kept["logits"][0, label]).backward()
        assert image.grad is not None
        image.grad = _smooth(image.grad, 4 * step / (ASSIGNMENT.steps + 0.5))
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    handle.remove()
    return image.detach()


def _smooth(gradient: Tensor, sigma: float) -> Tensor:
    reach = max(1, round(3 * sigma))
    window = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    window = window / window.sum()
    across = conv2d(gradient, window[None, None, None], padding=(0, reach))
    return conv2d(across, window[None, None, :, None], padding=(reach, 0))


# In the browser


# When the player first shows a picture after the click, and when it shows which frame.
# The player lies in a shadow of the page, so it is looked for once in every frame that the browser paints.
WATCH = """() => {
  const watch = window.growthWatch = {clicked: null, shown: []};
  let player = null;
  const find = (root) => root.querySelector('.player') ??
    [...root.querySelectorAll('*')].filter((one) => one.shadowRoot).map((one) => find(one.shadowRoot)).find(Boolean);
  document.addEventListener('click', () => Object.assign(watch, {clicked: performance.now(), shown: []}), true);
  const look = () => {
    requestAnimationFrame(look);
    if (watch.clicked === null) return;
    player = player?.isConnected ? player : find(document);
    const frame = player?.dataset.frame;
    if (frame === undefined || watch.shown.at(-1)?.frame === frame) return;
    watch.shown.push({frame, after: performance.now() - watch.clicked});
  };
  look();
}"""


def maximize_first_frame() -> Measured:
    firsts = [shown[0][1] for shown in _grown()]
    return Measured(median(firsts), firsts)


def maximize_frames() -> Measured:
    rates = [1000 * (last[0] - first[0]) / (last[1] - first[1]) for first, *_, last in _grown()]
    return Measured(median(rates), rates, "The player plays 30 a second at most.")


@cache
def _grown() -> list[list[tuple[int, float]]]:
    """Press the button some times; return which frame was shown how many milliseconds after each click."""
    found = []
    with _open_tab() as page:
        for _ in range(TRIALS):
            page.reload()  # the player of the run before is gone
            button = page.get_by_role("button", name="Optimise ten images")
            button.wait_for(timeout=60_000)
            page.evaluate(WATCH)
            page.wait_for_timeout(SETTLED)
            button.click()
            expect(page.locator(".player .count")).to_have_text("200 / 200", timeout=60_000)
            shown = page.evaluate("growthWatch.shown")
            found.append([(int(one["frame"]), float(one["after"])) for one in shown])
    return found[1:]  # the first loads the network


@contextmanager
def _open_tab() -> Iterator[Page]:
    mnist.dataset()  # without it this would be another page
    if find_chromium() is None:
        raise NotMeasurable("no Chromium or Chrome is installed.")
    with serve(OMP_NUM_THREADS="1") as address, sync_playwright() as playwright:
        with open_tab(launch_chromium(playwright), **LAPTOP) as page:
            page.goto(f"{address}/maximize")
            yield page
