"""The zoo (M1 to M16): every network can be made again, shares what it should, and is what its card says."""

from functools import cache
from pathlib import Path

import pytest
import torch

from core.inversion.functions import Synergy, TwoHeads, features_hash
from core.networks.architectures import Architecture
from core.networks.evaluation import COLUMNS, evaluate, predict
from core.pmnist.masks import CUTS, cut_mask
from core.restoration.restorer import Restorer
from core.system import checkpoint_files
from core.system.checkpoint_files import CheckpointError
from core.training.presets import ASSIGNMENT
from core.zoo import checkpoints
from core.zoo.checkpoints import Card, load_card, load_classifier
from core.zoo.recipes import RECIPES, prepare_network, train_recipe, with_training, write_card
from tests.sample_digits import made_dataset, real_set

ZOO = (
    "standard",
    "missing-feature",
    "missing-no-reset",
    "missing-alternating",
    "missing-from-scratch",
    "control",
    "synergy",
    "synergy-retrained",
    "synergy-together",
    "two-heads-together",
    "synergy-from-scratch",
    "assignment",
    "robust",
    "restoring",
    "restoring-blind",
)
FROM_STANDARD = tuple(name for name, recipe in RECIPES.items() if recipe.start == "standard" and recipe.frozen)
DATASET = made_dataset(train=130, test=20)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Card]]:
    """Every network of the zoo made in one epoch from made digits, in the order of the recipes."""
    folder, cards = tmp_path_factory.mktemp("zoo"), {}
    for name in RECIPES:
        recipe = with_training(RECIPES[name], epochs=1)
        network = prepare_network(recipe, folder)
        steps = list(train_recipe(recipe, network, DATASET))
        card = write_card(name, recipe, network, DATASET, steps[-1] if steps else None)
        cards[name] = checkpoints.save_network(card, network, folder)
    return folder, cards


def same_head(one: str, other: str, folder: Path) -> bool:
    first, second = (load_classifier(name, folder).head.state_dict() for name in (one, other))
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_zoo_holds_every_network_of_the_seeds_after_those_it_starts_from():
    assert set(ZOO) <= set(RECIPES)
    order = list(RECIPES)
    for name, recipe in RECIPES.items():
        assert all(order.index(base) < order.index(name) for base in (recipe.start, recipe.second) if base)


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.slow
def test_every_recipe_makes_a_network_whose_card_tells_how(made, name):
    folder, cards = made
    card, recipe = cards[name], RECIPES[name]
    assert load_card(name, folder).weights_sha256 == card.weights_sha256
    assert card.epochs == (1 if recipe.config else 0)
    assert card.command == f'python -m core train {name} --dataset "made digits"'
    assert card.track in ("blind", "mask known")
    classes = tuple("0123456789")
    assert card.dataset == {
        "name": "made digits",
        "sha256": "0" * 64,
        "split": "train",
        "digits": 130,
        "classes": classes,
    }
    assert {entry["variant"] for entry in card.measured} == {"text", "code"}
    assert all(0 < entry["loss"] < 100 for entry in card.measured)


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.slow
def test_the_figures_on_a_card_are_those_of_the_network_that_is_loaded(made, name):
    """What is measured before saving must be what a reader gets after loading."""
    folder, cards = made
    network = checkpoints.load_network(name, references=DATASET.train, folder=folder)
    for variant in ("text", "code"):
        for column in ("whole", "HCUT", "DCUT"):
            mask = None if column == "whole" else cut_mask(column, variant=variant)
            assert cards[name].accuracies(variant)[column] == pytest.approx(evaluate(network, DATASET.test, mask))


@pytest.mark.parametrize("name", FROM_STANDARD)
def test_m9_a_network_that_starts_from_standard_keeps_its_features_bit_by_bit(made, name):
    folder, cards = made
    assert cards[name].features_sha256 == features_hash(load_classifier("standard", folder))
    assert features_hash(load_classifier(name, folder)) == cards["standard"].features_sha256


def test_m11_features_that_are_not_frozen_drift(made):
    assert made[1]["missing-unfrozen"].features_sha256 != made[1]["standard"].features_sha256


@pytest.mark.parametrize("name", ["missing-feature", "missing-no-reset", "missing-alternating", "control"])
def test_m10_a_retrained_head_is_not_standards(made, name):
    assert not same_head(name, "standard", made[0])


def test_m10_resetting_the_head_makes_another_network_than_keeping_it(made):
    assert not same_head("missing-feature", "missing-no-reset", made[0])


def test_m16_networks_made_from_scratch_have_features_of_their_own(made):
    _, cards = made
    assert len({cards[name].features_sha256 for name in ("standard", "missing-from-scratch", "assignment")}) == 3


def test_m16_synergy_is_standards_head_and_the_missing_feature_one(made):
    folder, _ = made
    heads = load_classifier("synergy", folder).head.synergy
    assert isinstance(heads, Synergy) and heads.omega == 1
    for half, name in ((heads.first, "standard"), (heads.second, "missing-feature")):
        weights = load_classifier(name, folder).head.state_dict()
        assert all(torch.equal(half.state_dict()[key], weights[key]) for key in weights)


def test_m16_two_ordinary_heads_read_the_features_as_they_are(made):
    network = load_classifier("two-heads-together", made[0])
    assert type(network.head.synergy) is TwoHeads and made[1]["two-heads-together"].omega == 1
    both = load_classifier("synergy-together", made[0])
    assert type(both.head.synergy) is Synergy and features_hash(both) == features_hash(network)


def test_the_restoring_network_reads_whole_digits_as_standard_does(made):
    folder, _ = made
    restoring = checkpoints.load_network("restoring", references=DATASET.train, folder=folder)
    images = DATASET.test.images()
    assert isinstance(restoring, Restorer)
    assert torch.equal(predict(restoring, images), predict(load_classifier("standard", folder), images))


@pytest.mark.parametrize("name", FROM_STANDARD)
def test_a_network_whose_base_was_not_made_yet_is_one_sentence(tmp_path, name):
    with pytest.raises(CheckpointError, match=r"^There is no network called 'standard'\.$"):
        prepare_network(RECIPES[name], tmp_path)


def test_preparing_twice_gives_the_same_start(made):
    for name in ("standard", "missing-feature"):
        one, two = (prepare_network(RECIPES[name], made[0]).state_dict() for _ in range(2))
        assert all(torch.equal(one[key], two[key]) for key in one)


# What ships with the dashboard


@pytest.fixture(params=RECIPES)
def shipped(request: pytest.FixtureRequest) -> Card:
    if not (checkpoint_files.SHIPPED / f"{request.param}.json").is_file():
        pytest.skip(f"{request.param} has not been made yet")
    return load_card(request.param)


def test_a_shipped_network_is_what_its_card_and_its_recipe_say(shipped):
    recipe, network = RECIPES[shipped.name], load_classifier(shipped.name)
    assert shipped.features_sha256 == features_hash(network)
    assert Architecture.from_dict(shipped.architecture) == recipe.design()
    assert (shipped.inversion, shipped.neighbours, shipped.track) == (recipe.inversion, recipe.neighbours, recipe.track)
    assert shipped.finds_holes == recipe.finds_holes
    assert (shipped.title, shipped.epochs) == (recipe.title, recipe.config.epochs if recipe.config else 0)


def test_m9_a_shipped_network_that_starts_from_standard_has_its_features(shipped):
    if shipped.name not in FROM_STANDARD:
        pytest.skip(f"{shipped.name} has features of its own")
    assert shipped.features_sha256 == load_card("standard").features_sha256


@pytest.mark.parametrize("variant", ["text", "code"])
def test_m12_a_shipped_card_has_all_five_columns_for_the_ten_thousand_test_digits(shipped, variant):
    (entry,) = [entry for entry in shipped.measured if entry["variant"] == variant]
    assert (entry["dataset"], entry["split"], entry["digits"]) == ("MNIST", "test", 10_000)
    assert tuple(entry["accuracy"]) == COLUMNS
    assert all(10 < entry["accuracy"][column] < entry["accuracy"]["whole"] <= 100 for column in CUTS)


def test_a_shipped_network_was_trained_on_the_real_mnist(shipped):
    digest = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
    digits = {"name": "MNIST", "sha256": digest, "split": "train", "digits": 50_000}
    assert shipped.dataset == shipped.dataset | digits  # newer cards name the classes, too


def test_t4_the_shipped_assignment_has_learned_with_l2_as_its_recipe_says():
    card = load_card("assignment")
    assert card.recipe["config"]["l2"] == RECIPES["assignment"].config.l2 == ASSIGNMENT.l2 > 0


def test_m1_standard_reads_at_least_99_percent_of_whole_digits():
    if not (checkpoint_files.SHIPPED / "standard.json").is_file():
        pytest.skip("standard has not been made yet")
    assert load_card("standard").accuracies()["whole"] >= 99.0


@pytest.mark.mnist
@pytest.mark.parametrize("cut", ["HCUT", "VCUT"])
def test_m12_card_and_network_belong_together(shipped, cut):
    """The first few hundred digits are easier or harder by a few points, but by about as much for every network."""
    count = 100 if shipped.finds_holes else 300 if shipped.restores else 1000
    assert read_first(shipped.name, count) == pytest.approx(shipped.accuracies()["whole"], abs=1.5)
    assert read_first(shipped.name, count, cut) == pytest.approx(shipped.accuracies()[cut], abs=6)


@cache
def read_first(name: str, count: int, cut: str | None = None) -> float:
    network = checkpoints.load_network(name, references=real_set().train)
    return evaluate(network, real_set().test.first(count), None if cut is None else cut_mask(cut))
