"""The job "train": train a network from scratch or from another one; its state is saved at the end of every epoch.

Its run folder holds `state.safetensors` to resume from and, however it ends, the checkpoint `network`. For what is read
and changed while it learns, see `watched_digits`, `watched_stages` and `training_changes`.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import torch

from core.digits import datasets
from core.digits.datasets import Dataset, Digits
from core.digits.training_set import describe_training
from core.inversion import functions
from core.inversion.functions import Invert
from core.jobs import initial_weights, own_sets, run_folders
from core.jobs.run_folders import JobRequest, Status
from core.jobs.training_changes import ChangeLog
from core.jobs.training_snapshots import SnapshotRecorder
from core.jobs.watched_digits import DigitReader, WatchedStep
from core.jobs.watched_stages import StageMeter
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.cost import check_batch, check_cached_features, check_length, check_size, check_training
from core.networks.evaluation import WHOLE, evaluate, predict
from core.system.checkpoint_files import SHIPPED
from core.system.device import describe_environment, find_device
from core.system.records import FieldError, to_record
from core.training.adversarial import check_attack
from core.training.changes import TrainingChanges
from core.training.config import TrainConfig, check_seed
from core.training.loop import DIVERGED, train
from core.training.running import SETTINGS
from core.training.state import TrainState, load_state, save_state
from core.zoo import checkpoints
from core.zoo.checkpoints import Card
from core.zoo.measuring import measure

NETWORK_NAME, STATE_FILE = "network", "state.safetensors"
ATTACKED = 300  # test digits, by 10 steps of PGD
MAX_RECORDS_PER_EPOCH = 100  # enough to watch; writing them takes less than 1 % of the time


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """The settings of one training."""

    config: TrainConfig
    architecture: Architecture | None = None
    """Of a network from scratch."""
    start: str | None = None
    """The shipped network, or the id of the run, whose network it continues from; None: from scratch."""
    dataset: str = "MNIST"
    share: float = 1.0
    """Share of the training digits, in (0, 1]: the first ones."""
    frozen: tuple[str, ...] = ()
    """Stages that do not learn; `features`: all convolutional stages."""
    frozen_biases: bool = True
    """Whether the biases of frozen stages do not learn either; in the published code they do."""
    reset: tuple[str, ...] = ()
    """Stages re-initialised before learning; `head`: all of the head."""
    inversion: str | None = None
    """Name of the inversion; None: that of the start network. `both`: a second head, which reads 1 - x, is added."""
    validation: float | None = None
    """Share of training and validation digits used for validation, at most a sixth; None: a sixth."""
    seed: int = 42
    """Of the random weights."""

    def __post_init__(self) -> None:
        check_seed(self.seed)

    @property
    def heads(self) -> int:
        return 2 if self.inversion == "both" else 1


def read_plan(settings: Any) -> TrainingPlan:
    """Return the plan that JSON-able settings describe; `frozen` may be true for all features. Raises ValueError."""
    if isinstance(settings, dict):
        settings = {"config": {}, **settings}
        if isinstance(frozen := settings.get("frozen"), bool):
            settings["frozen"] = ("features",) if frozen else ()
    try:
        return to_record(TrainingPlan, settings)
    except FieldError as error:
        raise ValueError(f"These settings of a training cannot be read: {error}") from None


def check(settings: dict[str, Any]) -> None:
    """Raise ValueError, with one sentence, for settings that cannot be trained or would take too long."""
    check_plan(read_plan(settings))


def check_plan(plan: TrainingPlan) -> Classifier:
    """Return the network that such a training begins with. Raises ValueError, as `check` does."""
    if not datasets.is_available(plan.dataset):
        raise ValueError(f"{datasets.title_of(plan.dataset)} is not on this machine.")
    if not 0 < plan.share <= 1:
        raise ValueError(f"The share of the digits must be above 0 and at most 1, not {plan.share}.")
    if plan.validation is not None and not 0 < plan.validation <= 1 / datasets.VALIDATION_SHARE:
        raise ValueError(f"The share that validates must be above 0 and at most a sixth, not {plan.validation}.")
    classes = len(datasets.classes_of(plan.dataset) or ())
    _check_cost(plan, round(plan.share * datasets.count_training_digits(plan.dataset)), classes)
    find_device(plan.config.device)
    network = prepare_network(plan, classes=classes)
    check_attack(network, plan.config)
    return network


def with_changes(plan: TrainingPlan, changes: TrainingChanges) -> TrainingPlan:
    """Return the plan with what was changed while it ran, but for dropout. Raises ValueError as TrainConfig does."""
    named = changes.list_set()
    config = replace(plan.config, **{name: named[name] for name in ("learning_rate", *SETTINGS) if name in named})
    if changes.frozen is None:
        return replace(plan, config=config)
    return replace(plan, config=config, frozen=changes.frozen, frozen_biases=True)


def check_changes(settings: dict[str, Any], changes: TrainingChanges) -> None:
    """Raise ValueError, with one sentence, for changes that cannot be made to a training with these settings."""
    network = check_plan(with_changes(read_plan(settings), changes))
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise ValueError("All layers would be frozen: there would be nothing to train.")


def _check_cost(plan: TrainingPlan, digits: int, classes: int) -> None:
    """Raise ValueError for a training on so many digits that takes too long or too much memory."""
    check_length(plan.config.epochs, digits, work=plan.config.work_per_digit)
    if plan.config.batch > digits:
        raise ValueError(f"A batch of {plan.config.batch:,} is larger than the {digits:,} training digits.")
    cost = check_size(find_architecture(plan, classes), plan.heads)
    check_training(cost.operations, plan.config.epochs * digits * plan.config.work_per_digit)
    check_batch(cost, plan.config.batch)
    if "features" in plan.frozen:
        check_cached_features(cost, digits)


def share(settings: dict[str, Any]) -> None:
    """Load the digits in the process of which jobs are forks, so that these need no memory of their own for them."""
    load_digits(read_plan(settings).dataset)


def load_digits(name: str) -> Dataset:
    """Load a data set, or return what was loaded of the same files before. Raises DatasetError."""
    return _load(name, datasets.describe_files(name))


@lru_cache(maxsize=2)
def _load(name: str, files: tuple[tuple[str, int, int], ...]) -> Dataset:
    return datasets.load(name)


def run(settings: dict[str, Any], folder: Path, read_request: Callable[[], JobRequest]) -> Iterator[WatchedStep]:
    """Train, starting after the last epoch saved in `folder`; however it ends, the network is saved."""
    plan, job = read_plan(settings), run_folders.load_job(folder.name)
    if datasets.is_own(plan.dataset) and not own_sets.may_use(plan.dataset, job.visitor):
        raise ValueError("The set of this training was deleted, or it is another visitor's.")
    dataset = load_digits(plan.dataset)
    digits, held_out = split_digits(dataset, plan)
    _check_cost(plan, len(digits), len(dataset.classes))
    network = prepare_network(plan, classes=len(dataset.classes))
    initial_weights.record(network, folder)
    state = load_state(folder / STATE_FILE) if (folder / STATE_FILE).exists() else TrainState()
    run_folders.filter_steps(job, lambda step: step["epoch"] <= state.epoch, WatchedStep)
    every = max(plan.config.report_every, ceil(len(digits) / plan.config.batch / MAX_RECORDS_PER_EPOCH))
    config = replace(plan.config, report_every=every)
    card = _card(job, plan, dataset, len(digits))
    recorder = SnapshotRecorder(folder, dataset.test, epochs=config.epochs)
    reader = DigitReader(folder, dataset.test, epochs=config.epochs)
    meter = StageMeter(dataset.test, epochs=config.epochs, requested=lambda: read_request().stages)
    changes = ChangeLog(folder, lambda: read_request().changes)
    if not state.epoch:
        recorder.record(network)
    try:
        with closing(train(network, digits, held_out, config, state=state, changes=changes.find)) as steps:
            for step in steps:
                yield replace(reader.read(network, step), stages=meter.measure(network, step))
                if step.validation_loss is not None:
                    save_state(state, folder / STATE_FILE)
                recorder.record(network, step)
    finally:
        if state.tensors:  # empty: training never began
            card = replace(card, epochs=state.epoch, recipe={**job.settings, **changes.to_recipe()})
            _save(card, network, dataset, held_out, folder, plan.config)


def has_diverged(status: Status) -> bool:
    """Say whether a training failed because its loss became too large."""
    return status.state == "failed" and status.message.startswith(DIVERGED)


def split_digits(dataset: Dataset, plan: TrainingPlan) -> tuple[Digits, Digits]:
    """Return the digits to learn from and those to validate with."""
    train, held_out = dataset.train, dataset.validation
    if plan.validation is not None:
        spare = max(0, len(held_out) - round(plan.validation * (len(train) + len(held_out))))
        learned = held_out.first(spare)
        train = Digits(torch.cat([train.pixels, learned.pixels]), torch.cat([train.labels, learned.labels]))
        held_out = Digits(held_out.pixels[spare:], held_out.labels[spare:])
    return train.first(round(plan.share * len(train))), held_out


def prepare_network(plan: TrainingPlan, *, classes: int = 10) -> Classifier:
    """Return the network as it is before its training. Raises ValueError for a plan that does not fit it."""
    network = _start_network(plan, classes)
    alternating = plan.config.alternate
    if "both" in alternating or (alternating and plan.inversion == "both"):
        raise ValueError("(x, 1 - x) is read by two heads, so it cannot alternate with what one head reads.")
    if plan.inversion == "both":
        _check_heads(plan, network)
        network = functions.with_two_heads(network, plan.inversion, seed=plan.seed + 1)
    elif plan.inversion is not None:
        network = functions.with_inversion(network, plan.inversion)
    for name in plan.reset:
        functions.reset_weights(functions.find_stage(network, name), seed=plan.seed + 1)
    for name in plan.frozen:
        functions.freeze_stage(functions.find_stage(network, name), biases=plan.frozen_biases)
    return network


def _check_heads(plan: TrainingPlan, network: Classifier) -> None:
    """Raise ValueError for a single layer of the head, which two heads have twice."""
    layers = dict(network.head.named_children())
    alone = next((name for name in (*plan.reset, *plan.frozen) if name in layers), None)
    if alone is not None:
        raise ValueError(f"With two heads, freeze or reset the whole head, not {alone} alone.")


def _start_network(plan: TrainingPlan, classes: int) -> Classifier:
    fresh = build(find_architecture(plan, classes), seed=plan.seed)
    if plan.start is None:
        return fresh
    name, folder = _locate_checkpoint(plan.start)
    card = checkpoints.load_card(name, folder)
    if card.omega is not None:
        raise ValueError(f"{plan.start!r} sums two heads: start from one of its networks instead.")
    if card.onnx is not None:
        raise ValueError("A network from an ONNX file cannot be trained further here: start from another one.")
    network = checkpoints.load_classifier(name, folder).requires_grad_(True)
    if card.architecture["classes"] != classes:
        if "head" not in plan.reset:
            title = datasets.title_of(plan.dataset)
            raise ValueError(f"{plan.start!r} does not know the {classes} classes of {title}: reset its head.")
        network.head = fresh.head
    return network


def find_architecture(plan: TrainingPlan, classes: int) -> Architecture:
    """Return the architecture of the network that is trained. Raises ValueError if its start network is gone."""
    described = plan.architecture
    if plan.start is not None:
        described = Architecture.from_dict(checkpoints.load_card(*_locate_checkpoint(plan.start)).architecture)
    if described is None:
        raise ValueError("Name an architecture to build, or a network to start from.")
    return replace(described, classes=classes)


def _locate_checkpoint(start: str) -> tuple[str, Path]:
    """Return name and folder of the checkpoint: of a run of that id, else a shipped one."""
    if (run_folders.runs_folder() / start / f"{NETWORK_NAME}.json").is_file():
        return NETWORK_NAME, run_folders.load_job(start).folder
    return start, SHIPPED


def _card(job: run_folders.Job, plan: TrainingPlan, dataset: Dataset, digits: int) -> Card:
    """Return the card before training: later the start network may be gone."""
    return Card(
        name=NETWORK_NAME,
        title=job.title,
        architecture=find_architecture(plan, len(dataset.classes)).to_dict(),
        inversion="identity",
        track="blind",
        command="python -m core jobs start SETTINGS.json",
        recipe=job.settings,
        dataset=describe_training(dataset, digits),
        epochs=0,
        seed=plan.seed,
        features_sha256="",
        omega=1.0 if plan.inversion == "both" else None,
        versions=describe_environment(find_device(plan.config.device)),
    )


def _save(
    card: Card, network: Classifier, dataset: Dataset, held_out: Digits, folder: Path, config: TrainConfig
) -> None:
    """Save the network at once, and again with its accuracies, which take seconds to measure."""
    name = network.inversion.name if isinstance(network.inversion, Invert) else "identity"
    card = replace(card, inversion=name, features_sha256=functions.features_hash(network))
    checkpoints.save_network(card, network, folder)
    figures = [measure(network, dataset)]
    if config.attack != "none":
        figures.append(_measure_attacked(network, dataset, config.epsilon))
    card = replace(card, validation_accuracy=evaluate(network, held_out), measured=figures)
    checkpoints.save_network(card, network, folder)


def _measure_attacked(network: Classifier, dataset: Dataset, epsilon: float) -> dict[str, Any]:
    """Return the accuracy on the first test digits, each attacked by PGD: a `Measurement` as a dict."""
    # imported late: it takes a second, and most trainings do not need it
    from core.adversarial.config import AttackConfig
    from core.adversarial.gradient_attacks import make_adversarial

    digits = dataset.test.first(ATTACKED)
    images = make_adversarial(network, digits.images(), digits.labels, AttackConfig(epsilon=epsilon, steps=10))
    found = 100 * float((predict(network, images).argmax(1) == digits.labels).float().mean())
    about = {"dataset": dataset.name, "split": "test", "digits": len(digits), "variant": "attacked"}
    return {**about, "epsilon": epsilon, "accuracy": {WHOLE: round(found, 2)}}
