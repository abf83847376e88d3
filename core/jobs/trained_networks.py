"""Names for the networks in run folders, so that they can be chosen like the shipped ones."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from core.jobs import run_folders
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.system.checkpoint_files import CheckpointError
from core.zoo import checkpoints
from core.zoo.checkpoints import Card


@dataclass(frozen=True)
class CheckpointLocation:
    """Name and folder of a checkpoint."""

    name: str
    folder: Path


def network_name(job: Job, card: Card) -> str:
    """Return the network's name. It holds a hash of the weights: a resumed run makes a network of another name."""
    return f"{job.id}-{card.weights_sha256[:8]}"


def list_networks(visitor: str) -> dict[str, Card]:
    """Return the cards of a visitor's networks by name, the oldest first; skip those that cannot be read.

    A card has the present title of its run, which may have been renamed since the training.
    """
    cards = {}
    for job in reversed(run_folders.list_jobs(visitor)):
        try:
            card = checkpoints.load_card(NETWORK_NAME, job.folder)
        except CheckpointError:
            continue
        cards[network_name(job, card)] = replace(card, title=job.title)
    return cards


def find_checkpoint(name: str, dataset: str = "MNIST") -> CheckpointLocation:
    """Return the checkpoint of the network of that name: in a run folder, else among those for this set."""
    run = run_id_of(name)
    return (
        CheckpointLocation(NETWORK_NAME, run_folders.runs_folder() / run)
        if run
        else CheckpointLocation(name, checkpoints.find_folder(name, dataset))
    )


def run_id_of(name: str) -> str | None:
    """Return the id of the run that made the network of that name; None for a shipped one."""
    found = re.fullmatch(r"(\d{8}-\d{6}-[0-9a-f]{6})-[0-9a-f]{8}", name)
    return found[1] if found else None


def has_learned(card: Card) -> bool:
    """Say whether the network reads at least twice as many validation digits as guessing; True if not measured."""
    accuracy = card.validation_accuracy
    return accuracy is None or reads_more_than_guessing(accuracy, card.architecture["classes"])


def reads_more_than_guessing(accuracy: float, classes: int) -> bool:
    """Say whether an accuracy in percent is at least twice that of guessing."""
    return accuracy >= 200 / classes
