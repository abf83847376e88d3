"""The captions, curves and texts of an optimisation's steps, and the looks of its player."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch

from core.visualization.network_colors import GOAL_COLORS, color_of
from core.zoo.checkpoints import Card
from dashboard.components.player import Look
from dashboard.maximize.runs import Describe, Steps, costs_of, responded


def describe_classes(classes: Sequence[str]) -> Describe:
    """Return the description of pictures that maximise the classes' logits, in order, start by start."""

    def describe(steps: Steps) -> tuple[list[str], dict[str, float], str]:
        probabilities = torch.cat([step.probabilities for step in steps if step.probabilities is not None])
        goals = torch.arange(len(probabilities)) % len(classes)
        sure, read = probabilities.max(1)
        captions = [f"{classes[label]}  {100 * float(one):.0f} %" for one, label in zip(sure, read, strict=True)]
        costs = costs_of(steps).unflatten(0, (-1, len(classes))).mean(0)
        values = {classes[goal]: float(cost) for goal, cost in enumerate(costs)}
        right, own = int((read == goals).sum()), probabilities[torch.arange(len(goals)), goals]
        text = (
            f"Step {steps[0].step}: {right} of {len(goals)} are read as their class. "
            f"The lowest probability is {100 * float(own.min()):.1f} %, the mean {100 * float(own.mean()):.1f} %."
        )
        return captions, values, text

    return describe


def classes_look(classes: Sequence[str]) -> Look:
    """Return the player's look for the classes' logits."""
    return Look("Logit of each class", dict(zip(classes, GOAL_COLORS, strict=False)), axis="step")


def describe_maps(steps: Steps) -> tuple[list[str], dict[str, float], str]:
    """Return captions, values and text of pictures that maximise one map each."""
    costs, alive, first = costs_of(steps), responded(steps), steps[0]
    ended = first.step == first.steps
    captions = [
        f"{number} dead" if ended and not responds else f"{number}: {float(cost):.1f}"
        for number, (cost, responds) in enumerate(zip(costs, alive, strict=True))
    ]
    silent = torch.nonzero(~alive)[:, 0].tolist()
    if not silent:
        return captions, {}, f"Step {first.step}: all maps respond."
    named = ", ".join(map(str, silent[:12])) + (" ..." if len(silent) > 12 else "")
    state = "dead (they never responded)" if ended else "inactive so far"
    return (
        captions,
        {},
        f"Step {first.step}: {len(alive) - len(silent)} maps respond, {len(silent)} are {state}: {named}.",
    )


def start_title(number: int) -> str:
    """Return the title of one of several starts."""
    return f"start {number + 1}"


def describe_starts(steps: Steps) -> tuple[list[str], dict[str, float], str]:
    """Return captions, values and text of pictures that maximise one objective from different noise."""
    (step,) = steps
    costs = [float(cost) for cost in step.costs]
    values = {start_title(number): cost for number, cost in enumerate(costs)}
    text = f"Step {step.step}: what is maximised is {np.mean(costs):.2f} on average."
    if not step.responded.any():
        text += " The gradient is zero here, so leaky ReLUs are used to find a direction."
    return [f"{cost:.2f}" for cost in costs], values, text


def networks_look(networks: Iterable[str], zoo: Mapping[str, Card]) -> Look:
    """Return the player's look for several networks' mean logits."""
    return Look("Mean logit", {zoo[name].title: color_of(name) for name in networks}, axis="step")


def describe_networks(titles: Sequence[str], classes: Sequence[str], labels: Sequence[int]) -> Describe:
    """Return the description of several networks' pictures of the same classes."""

    def describe(steps: Steps) -> tuple[list[str], dict[str, float], str]:
        captions: list[str] = []
        scores: list[str] = []
        for title, step in zip(titles, steps, strict=True):
            assert step.probabilities is not None
            sure, read = step.probabilities.max(1)
            captions += [f"{classes[label]}  {100 * float(one):.0f} %" for one, label in zip(sure, read, strict=True)]
            scores.append(f"{title} {int((read == torch.tensor(labels)).sum())} of {len(labels)}")
        values = {title: float(step.costs.mean()) for title, step in zip(titles, steps, strict=True)}
        return captions, values, f"Step {steps[0].step}, read as their class: {', '.join(scores)}."

    return describe


def methods_look(titles: Sequence[str], name: str) -> Look:
    """Return the player's look for one class's logit with several methods."""
    return Look(f"Logit of class {name}", dict(zip(titles, GOAL_COLORS, strict=False)), axis="step")


def describe_methods(titles: Sequence[str], classes: Sequence[str], label: int) -> Describe:
    """Return the description of one picture of a class for each method."""

    def describe(steps: Steps) -> tuple[Sequence[str], dict[str, float], str]:
        read = [int(step.probabilities.argmax()) for step in steps if step.probabilities is not None]
        values = dict(zip(titles, costs_of(steps).tolist(), strict=True))
        reached = ", ".join(f"{title} {value:.1f}" for title, value in values.items())
        right = f"{read.count(label)} of {len(read)} are read as {classes[label]}"
        return titles, values, f"Step {steps[0].step}: {right}. Logit: {reached}."

    return describe
