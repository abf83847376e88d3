"""What a trained network reaches on the test digits, as its card holds it."""

import math
from typing import Any

from core.digits.datasets import Dataset
from core.networks.evaluation import WHOLE, Network, pmnist_table


def measure(network: Network, dataset: Dataset) -> dict[str, Any]:
    """Return the accuracies on whole test digits and on every cut, and the loss: a `Measurement` as a dict."""
    steps = {step.column: step for step in pmnist_table({"": network}, dataset.test)}
    return {
        "dataset": dataset.name,
        "split": "test",
        "digits": len(dataset.test),
        "variant": "text",
        "accuracy": {column: round(step.accuracy, 2) for column, step in steps.items()},
        "loss": round_loss(steps[WHOLE].loss),
    }


def round_loss(loss: float) -> float | None:
    """Return a loss as cards hold it; None if it is not finite, which JSON does not know."""
    return round(loss, 4) if math.isfinite(loss) else None
