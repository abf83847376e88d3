"""The networks in run folders under names of their own, so that they can be chosen like the shipped ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.digits import datasets
from core.jobs import run_folders
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.zoo import checkpoints
from core.zoo.checkpoints import Card, CheckpointError

# Sets whose ten classes are the ten digits.
DIGIT_SETS = ("MNIST", "QMNIST", "EMNIST digits", datasets.OFFLINE, datasets.MADE_DIGITS)


@dataclass(frozen=True)
class CheckpointLocation:
    """Where a checkpoint lies."""

    name: str
    folder: Path


def network_name(job: Job, card: Card) -> str:
    """Return the network's name: a run that is resumed gives another network, and so another name."""
    return f"{job.id}-{card.weights_sha256[:8]}"


def list_networks(visitor: str) -> dict[str, Card]:
    """Return the cards of a visitor's networks by name, the oldest first; what cannot be read is passed over."""
    cards = {}
    for job in reversed(run_folders.list_jobs(visitor)):
        try:
            card = checkpoints.load_card(NETWORK_NAME, job.folder)
        except CheckpointError:
            continue
        cards[network_name(job, card)] = card
    return cards


def find_checkpoint(name: str) -> CheckpointLocation:
    """Return where the network of that name lies: in a run folder, else among the shipped ones."""
    run = run_id_of(name)
    return (
        CheckpointLocation(NETWORK_NAME, run_folders.runs_folder() / run)
        if run
        else CheckpointLocation(name, checkpoints.SHIPPED)
    )


def run_id_of(name: str) -> str | None:
    """Return the run that the network of that name lies in; None when it is a shipped one."""
    found = re.fullmatch(r"(\d{8}-\d{6}-[0-9a-f]{6})-[0-9a-f]{8}", name)
    return found[1] if found else None


def reads_digits(card: Card) -> bool:
    """Say whether the network's classes are the ten digits, so that it can be asked about any of them."""
    return card.architecture["classes"] == 10 and card.dataset.get("name") in DIGIT_SETS
