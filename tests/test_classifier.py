"""Networks as named stages (A3, A4, A5): sizes, the walk through them, seeds, and many readers at once."""

import json
import threading

import pytest
import torch
from torch import nn

from core.networks.architectures import ARCHITECTURES, DROP, POOL, RELU, Architecture, Stage, conv
from core.networks.classifier import MEAN, STD, Classifier, build
from tests.sample_digits import made_digits

BEGIN, END = ["normalize", "conv1"], ["flatten", "inverted", "fc1", "fc_relu1", "fc2"]
STAGES = {
    "assignment": [*BEGIN, "relu1", "pool1", "conv2", "relu2", "pool2", *END],
    "talk": [*BEGIN, "pool1", "relu1", "conv2", "drop1", "pool2", "relu2", *END[:-1], "fc_drop1", "fc2"],
    "published": [*BEGIN, "pool1", "relu1", "conv2", "pool2", "relu2", *END],
}


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def same_weights(one: Classifier, other: Classifier) -> bool:
    first, second = one.state_dict(), other.state_dict()
    return list(first) == list(second) and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> Classifier:
    return build(ARCHITECTURES[request.param], seed=1).eval()


@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param("assignment", 799_078, id="a3"),
        pytest.param("talk", 21_840, id="a4"),
        pytest.param("published", 431_080, id="a5"),
    ],
)
def test_a3_a4_a5_networks_have_as_many_weights_as_the_seeds_count(name, count):
    assert parameters(build(ARCHITECTURES[name])) == count


@pytest.mark.parametrize(("name", "length"), [("assignment", 1568), ("talk", 320), ("published", 800)])
def test_a3_a4_a5_the_head_reads_a_vector_of_the_seeds_length(name, length):
    network = build(ARCHITECTURES[name]).eval()
    activations = network.activations(torch.zeros(3, 1, 28, 28))
    assert activations["flatten"].shape == activations["inverted"].shape == (3, length)
    assert network.head.fc1.in_features == length


@pytest.mark.parametrize("name", STAGES)
def test_activations_are_named_in_the_order_in_which_they_flow(name):
    network = build(ARCHITECTURES[name]).eval()
    assert list(network.activations(torch.zeros(1, 1, 28, 28))) == STAGES[name]


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("assignment", {"conv1": (32, 28, 28), "pool1": (32, 14, 14), "conv2": (32, 14, 14), "pool2": (32, 7, 7)}),
        ("talk", {"conv1": (10, 24, 24), "pool1": (10, 12, 12), "conv2": (20, 8, 8), "relu2": (20, 4, 4)}),
        ("published", {"conv1": (20, 24, 24), "relu1": (20, 12, 12), "conv2": (50, 8, 8), "pool2": (50, 4, 4)}),
        ("published", {"normalize": (1, 28, 28), "fc1": (500,), "fc_relu1": (500,), "fc2": (10,)}),
    ],
)
def test_a3_a4_a5_feature_maps_have_the_seeds_sizes(name, shapes):
    activations = build(ARCHITECTURES[name]).eval().activations(torch.zeros(2, 1, 28, 28))
    assert {stage: tuple(activations[stage].shape[1:]) for stage in shapes} == shapes


def test_forward_is_the_last_activation(network):
    images = made_digits(4).images()
    activations = network.activations(images)
    assert torch.equal(network(images), list(activations.values())[-1])
    assert torch.equal(network.features(images), activations["flatten"])


def test_a5_normalisation_is_inside_so_that_images_stay_in_0_to_1(network):
    images = made_digits(4).images()
    assert torch.equal(network.activations(images)["normalize"], (images - MEAN) / STD)
    assert (MEAN, STD) == (0.1307, 0.3081)
    assert not list(network.features.normalize.parameters())


def test_predict_gives_probabilities_and_a_blind_network_ignores_the_mask(network):
    images = made_digits(5).images()
    probabilities = network.predict(images)
    assert torch.allclose(probabilities, network(images).softmax(1)) and (probabilities >= 0).all()
    assert torch.equal(network.predict(images, torch.zeros(28, 28, dtype=torch.bool)), probabilities)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_same_seed_gives_the_same_weights_whatever_the_global_generator_says(name):
    torch.manual_seed(1)
    one = build(ARCHITECTURES[name], seed=5)
    torch.manual_seed(2)
    assert same_weights(one, build(ARCHITECTURES[name], seed=5))
    assert not same_weights(one, build(ARCHITECTURES[name], seed=6))


def test_building_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    build(ARCHITECTURES["talk"], seed=5)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_an_architecture_survives_json(architecture):
    again = Architecture.from_dict(json.loads(json.dumps(architecture.to_dict())))
    assert again == architecture
    assert same_weights(build(again), build(architecture))


@pytest.mark.parametrize("described", [{}, {"features": [{"kind": "conv", "legs": 4}], "hidden": []}, {"features": []}])
def test_what_describes_no_architecture_is_refused(described):
    with pytest.raises(ValueError, match=r"^.+\.$"):
        Architecture.from_dict(described)


def test_an_unknown_stage_is_one_sentence():
    with pytest.raises(ValueError, match=r"^There is no stage called 'swirl'\.$"):
        build(Architecture("odd", (conv(2, 3), Stage("swirl"))))


def test_a_new_architecture_is_one_entry_of_data():
    small = Architecture("small", (conv(4, 3), RELU, DROP, POOL), hidden=(30, 20), dropout=0.2, classes=47)
    network = build(small).eval()
    names = ["fc1", "fc_relu1", "fc_drop1", "fc2", "fc_relu2", "fc_drop2", "fc3"]
    assert list(dict(network.head.named_children())) == names
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 47)


def test_two_threads_that_look_inside_one_network_never_mix():
    """A network is shared by all sessions; hooks on one would hand each session the other's activations."""
    network = build(ARCHITECTURES["published"]).eval().requires_grad_(False)
    pictures = [made_digits(3, seed).images() for seed in (1, 2)]
    alone = [network.activations(images) for images in pictures]
    gate, wrong = threading.Barrier(2), []

    def look(images: torch.Tensor, expected: dict[str, torch.Tensor]) -> None:
        gate.wait()
        for _ in range(60):
            seen = network.activations(images)
            if list(seen) != list(expected) or not all(torch.equal(seen[name], expected[name]) for name in seen):
                wrong.append(seen)

    threads = [threading.Thread(target=look, args=pair) for pair in zip(pictures, alone, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
