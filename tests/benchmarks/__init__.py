"""The figures we promise, each measured here and now: `python -m tests.benchmarks`, or `make bench`.

A figure that misses its goal is reported as it is. Every figure about time is a ratio of things that took turns in
one run, except in the browser, where it is what a person waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

Better = Literal["higher", "lower"]


class NotMeasurable(Exception):
    """Something that a measurement needs is not here; the message is one sentence."""


@dataclass(frozen=True)
class Measured:
    """What a measurement found: the figure, the runs it comes from, and what else is worth knowing."""

    figure: float
    runs: Sequence[float]
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """One line of the table, under its name; None: nothing was promised, or nothing could be measured."""

    figure: float | None
    goal: float | None
    better: Better
    holds: bool | None
    runs: list[float]
    what: str


@dataclass(frozen=True)
class Benchmark:
    """What is measured, by the function of the same name in `module`, and what we promise of it."""

    module: str
    what: str
    goal: float | None = None
    better: Better = "higher"

    def judge(self, measured: Measured) -> Figure:
        """Hold what was measured against the goal: at least so high, or lower."""
        figure, runs = round(measured.figure, 4), [round(run, 4) for run in measured.runs]
        holds = None if self.goal is None else figure >= self.goal if self.better == "higher" else figure < self.goal
        return Figure(figure, self.goal, self.better, holds, runs, f"{self.what} {measured.note}".strip())

    def give_up(self, reason: str) -> Figure:
        """Return the line of a figure that cannot be measured here."""
        return Figure(None, self.goal, self.better, None, [], f"{self.what} Not measured: {reason}")


def measure(name: str) -> Figure:
    """Measure one figure; some share a measurement, which is then made only once."""
    benchmark = BENCHMARKS[name]
    module = import_module(f"{__name__}.{benchmark.module}")  # only now: the browser's needs more than the others
    try:
        return benchmark.judge(getattr(module, name.replace("-", "_"))())
    except NotMeasurable as reason:
        return benchmark.give_up(str(reason))


def _strokes(kind: str, statistic: str, limit: float) -> Benchmark:
    what = f"Milliseconds from the end of {kind} to the server's bars, five networks compared: {statistic}."
    return Benchmark("live_page", what, limit, "lower")


def _frame(what: str, limit: float) -> Benchmark:
    return Benchmark(
        "frames", f"Milliseconds from a move of the pointer to painted bars, four classifiers: {what}.", limit, "lower"
    )


def _switching(what: str, limit: float | None) -> Benchmark:
    return Benchmark(
        "feature_maps", f"Milliseconds from a click that changes a map to {what}: 95th percentile.", limit, "lower"
    )


def _hovering(what: str, limit: float) -> Benchmark:
    return Benchmark(
        "hover",
        f"Milliseconds from a move of the pointer over the network picture to its frame: {what}.",
        limit,
        "lower",
    )


def _room(statistic: str, limit: float | None = None) -> Benchmark:
    what = f"Milliseconds from the end of a stroke to its new bars, 30 visitors drawing at once: {statistic}."
    return Benchmark("room", what, limit, "lower")


def _restoring(what: str, goal: float) -> Benchmark:
    return Benchmark("restoration", f"Percent that restoring reads with {what}.", goal)


def _waiting(what: str, limit: float) -> Benchmark:
    return Benchmark("restoration", f"Milliseconds to restore {what}.", limit, "lower")


def _growing(what: str, goal: float, better: Better = "higher") -> Benchmark:
    return Benchmark("maximization", what, goal, better)


def _cuda(what: str, limit: float) -> Benchmark:
    return Benchmark("cuda_reading", what, limit, "lower")


def _photographs(what: str, goal: float, better: Better = "higher") -> Benchmark:
    return Benchmark("photographs", what, goal, better)


BENCHMARKS = {
    "standard-accuracy": Benchmark("accuracy", "Percent of MNIST's 10,000 test digits the standard network reads.", 99),
    "restoring-hcut": _restoring("the top half erased, mask known", 90),
    "restoring-vcut": _restoring("the left half erased, mask known", 94),
    "restoring-dcut": _restoring("two opposite quarters erased, mask known", 95),
    "restoring-tcut": _restoring("three random squares erased, mask known", 95),
    "restoring-alone": _waiting("a digit alone on one thread, mask known", 100),
    "restoring-batch": _waiting("a digit in a batch, mask known", 20),
    "blind-whole": _restoring("nothing erased, not told so", 98.5),
    "blind-hcut": _restoring("the top half erased, not told so", 86),
    "blind-vcut": _restoring("the left half erased, not told so", 90),
    "blind-dcut": _restoring("two opposite quarters erased, not told so", 90),
    "blind-tcut": _restoring("three random squares erased, not told so", 75),
    "blind-alone": _waiting("a digit alone on one thread, not told what is missing", 100),
    "blind-batch": _waiting("a digit in a batch, not told what is missing", 20),
    "pmnist-speed": Benchmark("partial_digits", "Times faster than a per-pixel Python loop: building PMNIST.", 200),
    "epoch-float32": Benchmark("training", "Times faster than DataLoader + transforms: an epoch in float32.", 1.7),
    "epoch-bfloat16": Benchmark("training", "Times faster than DataLoader + transforms: an epoch in bfloat16.", 2.3),
    "cuda-epoch": Benchmark("cuda", "Seconds of an epoch of the published network, batch 64, float32.", 0.25, "lower"),
    "cuda-epoch-ratio": Benchmark("cuda", "Times faster than DataLoader with 8 workers: such an epoch on a GPU.", 8),
    "cuda-ten-epochs": Benchmark("cuda", "Seconds of the recipe `standard`, all included.", 3.5, "lower"),
    "cuda-seeds": Benchmark("cuda", "Seconds of a seed and epoch: 32 seeds side by side, float32.", 0.06, "lower"),
    "cuda-restoring": _cuda("Seconds to read 10,000 partial digits, HCUT, mask known.", 5),
    "cuda-blind": _cuda("Seconds to read 10,000 partial digits, HCUT, mask not given.", 15),
    "cuda-universal": _cuda("Seconds of noises for ten classes: 50 steps of 10,000 digits each.", 3),
    "cuda-maximize": _cuda("Seconds of 32 maps' pictures, 200 steps.", 1),
    "cuda-speedrun": Benchmark("speedrun", "Seconds to train as fast as it goes, ten seeds.", 0.2, "lower"),
    "cuda-speedrun-accuracy": Benchmark("speedrun", "Percent of test digits after such a training, ten seeds.", 99.3),
    "cuda-study": Benchmark("cuda", "Seconds of the study of missing features: one network, ten seeds.", 300, "lower"),
    "speedrun-cpu": Benchmark("speedrun", "Times faster than PyTorch's example to 98.5 and 99.0 %, one thread.", 8),
    "speedrun-cpu-seconds": Benchmark("speedrun", "Seconds of one core to 98.5 % of test digits.", 20, "lower"),
    "speedrun-cpu-accuracy": Benchmark("speedrun", "Percent of test digits after so many seconds.", 98.5),
    "epoch-small": Benchmark("training", "The same for the lecture's small network (A6).", 3),
    "epoch-assignment": Benchmark("training", "The same for the assignment's network (A3).", 1.6),
    "record-cost": Benchmark("jobs", "Percent of a batch's time that a record of it takes.", 1, "lower"),
    "killed-trainings": Benchmark(
        "killing", "Runs unreadable, or over an epoch short, after 25 workers and 25 servers were killed.", 1, "lower"
    ),
    "killed-servers": Benchmark(
        "killing", "Faults seen after the dashboard was killed 25 times just after a press of Train.", 1, "lower"
    ),
    "bfloat16-accuracy": Benchmark("bfloat16", "Points of validation accuracy bfloat16 gains or loses (-).", -0.1),
    "flops-share": Benchmark("training", "FLOP/s of a float32 epoch as a share of a 2048 x 2048 x 2048 product's."),
    "keras-small-accuracy": Benchmark("presets", "Percent of test digits, lecture's small network (A6).", 98.43),
    "head-epoch": Benchmark("head", "Times faster than re-running the frozen layers: an epoch of a head.", 4),
    "head-ten-epochs": Benchmark("head", "The same over ten epochs, building the cache counted in.", 2.5),
    "stroke-median": _strokes("a stroke", "the median", 80),
    "stroke-p95": _strokes("a stroke", "the 95th percentile", 150),
    "stroke-erase-median": _strokes("an erasing stroke", "the median", 80),
    "stroke-erase-p95": _strokes("an erasing stroke", "the 95th percentile", 150),
    "frame-median": _frame("the median", 16),
    "frame-p95": _frame("the 95th percentile", 33),
    "frame-phone-median": _frame("the median on a processor six times slower", 50),
    "frame-phone-p95": _frame("the 95th percentile on a processor six times slower", 100),
    "hover-frame": _hovering("the median", 33),
    "hover-frame-slow-p95": _hovering("the 95th percentile on a processor six times slower", 33),
    "first-answer": Benchmark(
        "frames",
        "Seconds from opening the page to an answer of the browser, weights not cached, 10 Mbit/s.",
        4,
        "lower",
    ),
    "stroke-server-time": Benchmark(
        "frames", "The server's processor time of a stroke that the browser answers, as a share.", 0.2, "lower"
    ),
    "photo-to-digit": Benchmark(
        "photo", "Seconds from choosing a photograph of twelve megapixels to its digit: the median.", 1.5, "lower"
    ),
    "class-train": Benchmark(
        "class_training",
        "Seconds to the slowest first point when 30 people press Train within ten seconds.",
        15,
        "lower",
    ),
    "class-train-result": Benchmark("class_training", "Seconds to the slowest result of these.", 300, "lower"),
    "class-stroke": Benchmark(
        "class_training", "Milliseconds from a stroke to its bars meanwhile: the 95th percentile.", 250, "lower"
    ),
    "class-follow": Benchmark(
        "class_follow",
        "Seconds from the teacher's move to the last of 30 phones that follow: the 95th percentile of the moves.",
        2,
        "lower",
    ),
    "class-game": Benchmark(
        "class_game",
        "Seconds from the last of 60 players' answers, at the teacher's pace, to the board: the 95th percentile.",
        1,
        "lower",
    ),
    "class-game-lost": Benchmark(
        "class_game", "Answers lost or counted twice after 10 kills of the server and 10 of the database.", 1, "lower"
    ),
    "stroke-training": Benchmark("jobs", "Times a stroke's 95th percentile grows while a job trains.", 2, "lower"),
    "room-median": _room("the median"),
    "room-p95": _room("the 95th percentile", 100),
    "host-memory": Benchmark("host", "Megabytes of a server that has shown every page to ten visitors.", 900, "lower"),
    "first-visitor": Benchmark("host", "Times the first visitor waits for the page Start as the second.", 1.5, "lower"),
    "stranger-p95": Benchmark(
        "stranger", "Times a stroke's 95th percentile grows while one visitor does all to spoil it.", 1.5, "lower"
    ),
    "stranger-memory": Benchmark(
        "stranger", "Megabytes by which the server has grown after that visitor has left.", 150, "lower"
    ),
    "attack-fgsm-ratio": Benchmark("adversarial", "Seconds that FGSM takes, as a share of foolbox's.", 1, "lower"),
    "attack-pgd-ratio": Benchmark("adversarial", "Seconds that PGD takes, as a share of foolbox's.", 1, "lower"),
    "universal-speed": Benchmark("adversarial", "Times faster than class by class: universal noise, ten classes.", 2),
    "universal-fooled": Benchmark("adversarial", "Classes that 90 % of test digits are read as under its noise.", 8),
    "attack-first-frame": Benchmark(
        "attack_page", "Milliseconds from the click to the attack's first frame.", 300, "lower"
    ),
    "attack-frames": Benchmark("attack_page", "Frames of an attack a second that reach the browser.", 25),
    "stroke-attack": Benchmark(
        "attack_page",
        "Milliseconds from a stroke to its bars while universal noise grows: the 95th percentile.",
        600,
        "lower",
    ),
    "maximize-confidence": _growing("Classes whose grown picture is read as them, at least 99 % sure.", 10),
    "maximize-costs": _growing("Classes whose logit has risen in 200 steps.", 10),
    "maximize-flat": _growing("Of 32 pooled maps' pictures, those with a standard deviation over 0.05.", 30),
    "maximize-sheet-ratio": _growing("Seconds of a sheet of ten classes, as a share of ten runs'.", 0.25, "lower"),
    "maximize-lucent-ratio": _growing("Seconds per picture, as a share of lucent's way with Adam.", 1, "lower"),
    "maximize-first-frame": _growing("Milliseconds from the click to the first picture.", 300, "lower"),
    "maximize-frames": _growing("Pictures a second that reach the browser.", 25),
    "maps-browser": Benchmark(
        "feature_maps", "Milliseconds from a stroke or a choice to all maps on the page: 95th percentile.", 400, "lower"
    ),
    "switch-p95": _switching("the painted answers of five networks", 100),
    "switch-server-p95": _switching("the server's answer, which stays", None),
    "why-captum": Benchmark("attribution", "Seconds of the slowest of five attribution methods, a digit.", 1, "lower"),
    "why-robustness": Benchmark(
        "attribution",
        "Seconds for five networks, one that restores, to read a digit with a hole at 400 places.",
        1.5,
        "lower",
    ),
    "similarity-lookup-ratio": Benchmark(
        "similarity", "Seconds to find the nearest by cosine, as a share of scikit-learn's brute force.", 1, "lower"
    ),
    "similarity-time": Benchmark(
        "similarity",
        "Seconds to read with the shortcut that costs least, as a share of the plain network's.",
        None,
        "lower",
    ),
    "transfer-pairs": Benchmark("transfer", "Pairs of digits, of 45, that learned maps tell better than drawn ones."),
    "robust-clean": Benchmark("robustness", "Percent of 10,000 test digits, the adversarially trained network.", 98),
    "robust-pgd": Benchmark("robustness", "The same network under PGD of 40 steps, L-inf 0.2, every fifth digit.", 90),
    "photographs-read": _photographs("Percent of made photographs read right, of those whose clean scan is.", 95),
    "photographs-worst-kind": _photographs("The same, of the kind of photograph that is read worst.", 85),
    "doubts-raised": _photographs("Percent of pictures that are not one clean digit, but carry a warning.", 90),
    "doubts-false": _photographs("Percent of clean or drawn digits that carry a warning.", 3, "lower"),
    "made-read": Benchmark("generation", "Percent of 10,000 made digits that A3 reads as meant, none left out.", 97),
    "made-teach": Benchmark("generation", "Percent of real test digits, a network that learned from made ones alone."),
}
