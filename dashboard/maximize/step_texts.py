"""What the page "What fires a neuron" says of a climb at each step, and how the player shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch

from core.visualization.network_colors import GOAL_COLORS, color_of
from core.zoo.checkpoints import Card
from dashboard.components.player import Look
from dashboard.maximize.runs import Describe, Steps, awake_of, costs_of


def describe_classes(classes: Sequence[str]) -> Describe:
    """Return what is said of pictures that climb for the classes, in order, start by start."""

    def describe(steps: Steps) -> tuple[list[str], dict[str, float], str]:
        probabilities = torch.cat([step.probabilities for step in steps if step.probabilities is not None])
        goals = torch.arange(len(probabilities)) % len(classes)
        sure, read = probabilities.max(1)
        captions = [f"{classes[label]}  {100 * float(one):.0f} %" for one, label in zip(sure, read, strict=True)]
        costs = costs_of(steps).unflatten(0, (-1, len(classes))).mean(0)
        values = {classes[goal]: float(cost) for goal, cost in enumerate(costs)}
        right, own = int((read == goals).sum()), probabilities[torch.arange(len(goals)), goals]
        text = (
            f"Step {steps[0].step}: {right} of {len(goals)} are read as the class they climb for; "
            f"the least sure {100 * float(own.min()):.1f} %, on average {100 * float(own.mean()):.1f} %."
        )
        return captions, values, text

    return describe


def look_at_classes(classes: Sequence[str]) -> Look:
    """Return how a climb for the classes is shown."""
    return Look("Each class's logit", dict(zip(classes, GOAL_COLORS, strict=False)))


def describe_maps(steps: Steps) -> tuple[list[str], dict[str, float], str]:
    """Return what is said of pictures that climb for maps, one after the other."""
    costs, awake, (first, *_) = costs_of(steps), awake_of(steps), steps
    ended = first.step == first.steps
    captions = [
        f"{number} dead" if ended and not one else f"{number}: {float(cost):.1f}"
        for number, (cost, one) in enumerate(zip(costs, awake, strict=True))
    ]
    silent = torch.nonzero(~awake)[:, 0].tolist()
    if not silent:
        return captions, {}, f"Step {first.step}: all of them answer."
    named = ", ".join(map(str, silent[:12])) + (" ..." if len(silent) > 12 else "")
    words = "dead (nothing on the way woke them)" if ended else "silent so far"
    return captions, {}, f"Step {first.step}: {len(awake) - len(silent)} answer, {len(silent)} are {words}: {named}."


def start_title(number: int) -> str:
    """Return what one of several starts is called."""
    return f"start {number + 1}"


def describe_starts(steps: Steps) -> tuple[list[str], dict[str, float], str]:
    """Return what is said of pictures that climb for the same goal from different noise."""
    (step,) = steps
    costs = [float(cost) for cost in step.costs]
    values = {start_title(number): cost for number, cost in enumerate(costs)}
    still = (
        ""
        if step.responded.any()
        else " It has no slope here: at its bound already, or dead. The picture follows what "
        "leaks through the rectifiers."
    )
    return [f"{cost:.2f}" for cost in costs], values, f"Step {step.step}: on average {np.mean(costs):.2f}.{still}"


def look_at_networks(networks: Iterable[str], zoo: Mapping[str, Card]) -> Look:
    """Return how networks are shown that climb for the same goals."""
    return Look("The logit, on average", {zoo[name].title: color_of(name) for name in networks})


def describe_networks(titles: Sequence[str], classes: Sequence[str], labels: Sequence[int]) -> Describe:
    """Return what is said of networks that climb for the same classes."""

    def describe(steps: Steps) -> tuple[list[str], dict[str, float], str]:
        captions: list[str] = []
        words = []
        for title, step in zip(titles, steps, strict=True):
            assert step.probabilities is not None
            sure, read = step.probabilities.max(1)
            captions += [f"{classes[label]}  {100 * float(one):.0f} %" for one, label in zip(sure, read, strict=True)]
            words.append(f"{title} {int((read == torch.tensor(labels)).sum())} of {len(labels)}")
        values = {title: float(step.costs.mean()) for title, step in zip(titles, steps, strict=True)}
        return captions, values, f"Step {steps[0].step}, read as what they climb for: {', '.join(words)}."

    return describe
