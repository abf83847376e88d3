"""What the restoring network reads when it knows what is missing: trained on whole digits, measured on test digits."""

from __future__ import annotations

from core.evaluation import accuracy, predict_column
from core.pmnist import Variant
from tests.benchmarks import Measured, mnist


def restoring_hcut() -> Measured:
    return _measured("HCUT", "text")


def restoring_vcut() -> Measured:
    return _measured("VCUT", "text")


def restoring_dcut() -> Measured:
    """The published code leaves a row and a column of the cut standing, so the talk's own cut is the harder one."""
    text, code = _measured("DCUT", "text"), _measured("DCUT", "code")
    return Measured(text.figure, text.runs, f"{text.note} With the published code's quarters {code.figure:.2f}.")


def restoring_tcut() -> Measured:
    return _measured("TCUT", "code")


def _measured(cut: str, variant: Variant) -> Measured:
    restoring, blind, digits = mnist.network("restoring"), mnist.network("standard"), mnist.dataset().test
    labels = digits.labels
    figure, plain = (
        accuracy(labels, predict_column(network, digits, cut, variant=variant)) for network in (restoring, blind)
    )
    return Measured(figure, [figure], f"The standard network reads {plain:.2f} of them.")
