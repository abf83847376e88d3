"""What is known of a run in a few figures, for a table of many runs: of its records, only the last one is parsed."""

from dataclasses import dataclass
from typing import Any

from core.digits.datasets import title_of
from core.jobs import run_folders, trained_networks, training_job
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.networks.architectures import Architecture
from core.networks.cost import count_cost
from core.system.checkpoint_files import CheckpointError
from core.system.parsing import parse_json
from core.zoo import checkpoints
from core.zoo.checkpoints import Card, Measurement


@dataclass(frozen=True, kw_only=True)
class RunOverview:
    """One run; None and "" are what is not known, or not yet."""

    state: str
    """A state of `run_folders.Status`; or "diverged", "loaded" (from a file), or "not learned" (hardly guessing)."""
    dataset: str = ""
    digits: int | None = None
    """How many it learned from."""
    network: str = ""
    """The name of the architecture."""
    parameters: int | None = None
    epochs: int | None = None
    """Finished epochs."""
    seconds: float | None = None
    """Of training and validation."""
    tested: Measurement | None = None
    """Accuracy in percent on test digits, by cut."""
    attacked: Measurement | None = None
    """Accuracy in percent on attacked test digits."""


def describe_run(job: Job) -> RunOverview:
    """Return what is known of a run."""
    card, last = load_card(job), _read_last(job)
    known = _describe_network(job, card)
    if card is not None and card.onnx is None:  # an ONNX file says nothing of its training
        known |= {"dataset": title_of(card.dataset["name"]), "digits": card.dataset["digits"]}
        known |= {"tested": card.find_measurement("text"), "attacked": card.find_measurement("attacked")}
    seconds = None if last is None else float(last["seconds"])
    return RunOverview(state=_describe_state(job, card), epochs=_count_epochs(card, last), seconds=seconds, **known)


def count_epochs(job: Job) -> int | None:
    """Return how many epochs a run has finished; None where that is not known."""
    return _count_epochs(load_card(job), _read_last(job))


def _count_epochs(card: Card | None, last: dict[str, Any] | None) -> int | None:
    if card is not None:
        return card.epochs if card.onnx is None else None
    return None if last is None else last["epoch"] - (last["batch"] < last["batches"])


def load_card(job: Job) -> Card | None:
    """Return the card of a run's network; None if there is none, or if it cannot be read."""
    try:
        return checkpoints.load_card(NETWORK_NAME, job.folder)
    except CheckpointError:
        return None


def _read_last(job: Job) -> dict[str, Any] | None:
    """Return the last record of a training; None if there is none, or if it cannot be read."""
    try:
        lines = (job.folder / "steps.jsonl").read_bytes().split(b"\n")
        last = parse_json(lines[-2])  # the last line may still be written; after a complete one, it is empty
    except (OSError, ValueError, IndexError):
        return None
    parts = ("epoch", "batch", "batches", "seconds")
    return last if isinstance(last, dict) and all(isinstance(last.get(part), int | float) for part in parts) else None


def _describe_state(job: Job, card: Card | None) -> str:
    status = run_folders.read_status(job)
    if training_job.has_diverged(status):
        return "diverged"
    if card is not None and not status.active and not trained_networks.has_learned(card):
        return "not learned"
    return job.kind if job.kind == "loaded" else status.state


def _describe_network(job: Job, card: Card | None) -> dict[str, Any]:
    """Return the data set, and name and size of the network, as the settings say; of a loaded one, as its card does."""
    if job.kind not in ("train", "loaded"):
        return {"network": job.kind}
    try:
        plan = training_job.read_plan(job.settings)
        if card is not None and card.onnx is not None:
            return {"network": card.architecture["name"], "parameters": card.onnx["parameters"]}
        built = plan.architecture if card is None else Architecture.from_dict(card.architecture)
        heads = plan.heads if card is None or card.omega is None else 2
        size = {} if built is None else {"network": built.name, "parameters": count_cost(built, heads).parameters}
    except ValueError:  # damaged settings
        return {}
    return {"dataset": title_of(plan.dataset), **size}
