"""What is maximised: stages, maps and places, their sums, and the words for them."""

import pytest
import torch

from core.maximization.loop import MaximizationConfig, maximize
from core.maximization.objective_parser import parse_objective
from core.maximization.objectives import ClassLogit, MapMean, Neuron
from core.maximization.stage_outputs import LOGITS, stage_outputs, stage_shapes
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import made_digits

ASSIGNMENT = load_classifier("assignment")


def test_stages_of_units_and_of_maps_are_told_apart_and_what_was_flattened_has_its_places_again():
    shapes = stage_shapes(ASSIGNMENT)
    assert shapes["pool2"] == shapes["flatten"] == shapes["inverted"] == (32, 7, 7)
    assert shapes["fc1"] == (500, 1, 1) and shapes[LOGITS] == (10, 1, 1)


def test_what_is_seen_of_a_stage_is_what_the_network_gives_there():
    images, outputs = made_digits(6).images(), ASSIGNMENT.activations(made_digits(6).images())
    seen = stage_outputs(ASSIGNMENT, images, ["pool2", "inverted", LOGITS])
    assert torch.equal(seen["pool2"], outputs["pool2"])
    assert torch.equal(seen["inverted"].flatten(1), outputs["inverted"])
    assert torch.equal(seen[LOGITS].flatten(1), outputs["fc2"])


def test_the_walk_ends_at_the_last_stage_that_is_asked_for():
    network = build(ARCHITECTURES["assignment"]).eval()
    network.head[0].weight.data = torch.zeros(1, 1)  # the head cannot be run
    assert stage_outputs(network, made_digits(2).images(), ["pool2"])["pool2"].shape == (2, 32, 7, 7)
    with pytest.raises(RuntimeError):
        stage_outputs(network, made_digits(2).images(), [LOGITS])
    assert list(maximize(ASSIGNMENT, Neuron("pool2", 12), MaximizationConfig(steps=12)))[-1].probabilities is None


def test_n5_without_a_place_a_neuron_is_the_central_one():
    outputs = stage_outputs(ASSIGNMENT, made_digits(4).images(), ["pool2"])
    assert torch.equal(Neuron("pool2", 7)(outputs), outputs["pool2"][:, 7, 3, 3])
    assert torch.equal(Neuron("pool2", 7, (0, 6))(outputs), outputs["pool2"][:, 7, 0, 6])
    assert torch.allclose(MapMean("pool2", 7)(outputs), outputs["pool2"][:, 7].mean((1, 2)))


def test_objectives_add_up_and_each_gives_one_number_per_picture():
    outputs = stage_outputs(ASSIGNMENT, made_digits(10).images(), ["pool2", LOGITS])
    both = ClassLogit(range(10)) + 0.5 * MapMean("pool2", 7)
    expected = outputs[LOGITS].flatten(1).diagonal() + 0.5 * outputs["pool2"][:, 7].mean((1, 2))
    assert torch.allclose(both(outputs), expected) and both.stages == {"pool2", LOGITS} and both.count == 10
    assert torch.allclose((-both)(outputs), -expected)
    assert torch.allclose((both - ClassLogit(range(10)))(outputs), 0.5 * outputs["pool2"][:, 7].mean((1, 2)), atol=1e-5)


def test_of_several_goals_picture_i_has_the_ith_and_they_begin_anew():
    outputs = stage_outputs(ASSIGNMENT, made_digits(6).images(), [LOGITS])
    logits = outputs[LOGITS].flatten(1)
    assert torch.equal(ClassLogit([4, 7])(outputs), logits[torch.arange(6), torch.tensor([4, 7] * 3)])
    assert torch.equal(ClassLogit([4, 7]).measure(outputs), logits[:, [4, 7]])


@pytest.mark.parametrize(
    ("objective", "sentence"),
    [
        (Neuron("pool9", 1), "no stage called 'pool9' in this network; there are normalize, conv1"),
        (Neuron("pool2", 32), "no map 32 here: pool2 has 32 maps, 0 to 31"),
        (Neuron("pool2", (1, -1)), "no map -1 here"),
        (MapMean("fc1", 500), "no unit 500 here: fc1 has 500 units"),
        (ClassLogit(10), "no class 10 here: logits has 10 classes"),
        (ClassLogit([]), "at least one"),
        (Neuron("pool2", 1, (7, 0)), r"7x7 places; \(7, 0\) is outside"),
        (ClassLogit(range(10)) + Neuron("pool2", (1, 2)), "2 goals cannot be added to 10"),
        (0.5 * Neuron("pool9", 1), "no stage called"),
    ],
)
def test_an_unknown_stage_map_or_place_costs_one_sentence(objective, sentence):
    with pytest.raises(ValueError, match=sentence):
        next(maximize(ASSIGNMENT, objective, MaximizationConfig(steps=12)))


@pytest.mark.parametrize(
    ("words", "objective", "names"),
    [
        ("classes", ClassLogit(range(10)), tuple(f"class {label}" for label in range(10))),
        ("class:3", ClassLogit(3), ("class 3",)),
        ("map:pool2:7", Neuron("pool2", (7,)), ("pool2 7",)),
        ("map:pool2:7@2,5", Neuron("pool2", (7,), (2, 5)), ("pool2 7",)),
        ("maps:conv1@mean", MapMean("conv1", tuple(range(32))), tuple(f"conv1 {number}" for number in range(32))),
        ("-2*class:3", -2 * ClassLogit(3), ("-2*class:3",)),
        ("class:3+0.5*map:pool2:7@mean", ClassLogit(3) + 0.5 * MapMean("pool2", (7,)), None),
    ],
)
def test_objectives_can_be_said_in_words(words, objective, names):
    question = parse_objective(words, ASSIGNMENT)
    assert question.objective == objective and question.names == (names or (words,))


def test_a_sum_of_too_many_terms_is_refused_before_it_is_built():
    with pytest.raises(ValueError, match="a sum of at most 20 terms"):
        parse_objective("+".join(["class:1"] * 3000), ASSIGNMENT)


@pytest.mark.parametrize(
    "words", ["", "class", "class:x", "classes:3", "map:pool2", "maps:pool2:7", "3*", "map:pool2:7@"]
)
def test_words_that_are_no_objective_are_answered_with_those_that_are(words):
    with pytest.raises(ValueError, match="is no objective: there are classes, class:3"):
        parse_objective(words, ASSIGNMENT)
