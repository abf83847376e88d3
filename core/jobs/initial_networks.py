"""The weights a network had before its training, where they can be reproduced exactly."""

from dataclasses import dataclass
from importlib.metadata import version

from core.inversion.functions import features_hash
from core.jobs import trained_networks, training_job
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier
from core.zoo import checkpoints
from core.zoo.checkpoints import Card
from core.zoo.recipes import RECIPES, SEED, prepare_network

START_FIELDS = (
    "architecture",
    "activation",
    "inversion",
    "start",
    "frozen",
    "reset",
    "second",
    "two_heads",
)  # where a recipe starts


@dataclass(frozen=True, eq=False)
class InitialNetwork:
    """A network at the start of its training."""

    network: Classifier
    seed: int
    """Of its random weights."""
    parent: str | None
    """The name of the network, or the id of the run, that it continued from; None: all weights were random."""


def find_initial_network(name: str) -> InitialNetwork | None:
    """Return the initial network of that name; None where it cannot be reproduced exactly.

    That is so when its card differs from the recipe, when it came as a file, when its start network is gone or may have
    been trained further since, and when another version of PyTorch made its random weights.
    """
    location = trained_networks.find_checkpoint(name)
    try:
        card = checkpoints.load_card(location.name, location.folder)
        if card.versions.get("torch") != version("torch"):
            return None
        return _of_run(card) if trained_networks.run_id_of(name) else _of_recipe(card)
    except (ValueError, KeyError, TypeError, OSError):  # also CheckpointError and JobError
        return None


def _of_recipe(card: Card) -> InitialNetwork | None:
    recipe = RECIPES[card.name]
    same = all(card.recipe[part] == getattr(recipe, part) for part in START_FIELDS if part in card.recipe)
    if not same or card.seed != SEED or Architecture.from_dict(card.architecture) != recipe.design():
        return None
    network = prepare_network(recipe)
    if recipe.start is not None and recipe.frozen and features_hash(network) != card.features_sha256:
        return None
    return InitialNetwork(network.requires_grad_(False).eval(), SEED, recipe.start)


def _of_run(card: Card) -> InitialNetwork | None:
    if not card.recipe:  # imported from a file
        return None
    plan = training_job.read_plan(card.recipe)
    network = training_job.prepare_network(plan, classes=card.architecture["classes"])
    if plan.start is not None and plan.start not in RECIPES and features_hash(network) != card.features_sha256:
        return None  # that run may have been resumed since; only unchanged frozen features prove that it was not
    return InitialNetwork(network.requires_grad_(False).eval(), plan.seed, plan.start)
