"""Many networks learn side by side, each as it learns alone."""

from dataclasses import replace

import pytest
import torch

from core.digits.datasets import Digits
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.config import TrainConfig
from core.training.loop import DivergedError, train
from core.training.many_seeds import ManySeedsStep, train_many
from tests.sample_digits import made_digits

SEEDS = (3, 1, 2)
CONFIG = TrainConfig(epochs=2, batch=32, learning_rate=0.02, device="cpu")
# Networks without batch norm, and few steps: rounding differs between one product and another, and grows while learning
ALIKE = ("one conv", "two conv", "published", "LeNet-5", "small, shuffled pixels")
WAYS = [
    {"optimizer": "adam", "learning_rate": 0.001},
    {"l2": 0.01},
    {"penalty": 0.01, "power": 2.0},
    {"schedule": "one cycle", "momentum": 0.9, "nesterov": True, "label_smoothing": 0.1},
]


@pytest.fixture(scope="module")
def digits() -> Digits:
    return made_digits(80)  # not a multiple of the batch


def built(architecture: str = "published") -> list[Classifier]:
    return [build(ARCHITECTURES[architecture], seed=seed) for seed in SEEDS]


def alone(network: Classifier, digits: Digits, config: TrainConfig, seed: int) -> None:
    for _ in train(network, digits, digits.first(10), replace(config, seed=seed)):
        pass


def assert_close(one: Classifier, other: Classifier, tolerance: float = 1e-5) -> None:
    for name, tensor in one.state_dict().items():
        assert torch.allclose(tensor, other.state_dict()[name], atol=tolerance), name


@pytest.mark.parametrize("architecture", ALIKE)
def test_each_network_ends_as_it_ends_alone(digits, architecture):
    together, apart = built(architecture), built(architecture)
    list(train_many(together, digits, CONFIG, seeds=SEEDS))
    for network, one, seed in zip(together, apart, SEEDS, strict=True):
        alone(one, digits, CONFIG, seed)
        assert_close(network, one)


@pytest.mark.parametrize("changes", WAYS, ids=str)
def test_each_optimizer_and_penalty_does_what_it_does_alone(digits, changes):
    config = replace(CONFIG, **changes)
    together, apart = built("LeNet-5"), built("LeNet-5")
    list(train_many(together, digits, config, seeds=SEEDS))
    for network, one, seed in zip(together, apart, SEEDS, strict=True):
        alone(one, digits, config, seed)
        assert_close(network, one, 1e-4)


def test_batch_norm_keeps_the_statistics_of_each_network(digits):
    together, apart = built("small, batch norm"), built("small, batch norm")
    config = replace(CONFIG, epochs=1, batch=80)
    list(train_many(together, digits, config, seeds=SEEDS))
    for network, one, seed in zip(together, apart, SEEDS, strict=True):
        alone(one, digits, config, seed)
        assert_close(network, one, 1e-4)


def test_inversions_alternate_and_the_last_one_stays(digits):
    config = replace(CONFIG, alternate=("identity", "complement"))
    together, apart = built("LeNet-5"), built("LeNet-5")
    list(train_many(together, digits, config, seeds=SEEDS))
    for network, one, seed in zip(together, apart, SEEDS, strict=True):
        alone(one, digits, config, seed)
        assert network.inversion.name == "complement"
        assert_close(network, one)


def test_each_network_may_learn_from_its_own_digits():
    own = [made_digits(40, seed=seed) for seed in SEEDS]
    together, apart = built(), built()
    list(train_many(together, own, CONFIG, seeds=SEEDS))
    for network, one, learned, seed in zip(together, apart, own, SEEDS, strict=True):
        alone(one, learned, CONFIG, seed)
        assert_close(network, one)


def test_what_is_frozen_stays(digits):
    together = built()
    for network in together:
        network.features.requires_grad_(False)
    before = [network.features.state_dict()["conv1.weight"].clone() for network in together]
    list(train_many(together, digits, CONFIG, seeds=SEEDS))
    for network, weight in zip(together, before, strict=True):
        assert torch.equal(network.features.state_dict()["conv1.weight"], weight)
        assert not any(parameter.requires_grad for parameter in network.features.parameters())


def test_a_network_that_diverges_keeps_its_weights_and_the_others_go_on(digits):
    together, apart = built(), built()
    with torch.no_grad():
        together[1].head[-1].weight.mul_(1e12)
    before = {name: tensor.clone() for name, tensor in together[1].state_dict().items()}
    steps = list(train_many(together, digits, CONFIG, seeds=SEEDS))
    assert [step.diverged for step in steps] == [(False, True, False)] * 2
    assert all(torch.equal(tensor, before[name]) for name, tensor in together[1].state_dict().items())
    alone(apart[0], digits, CONFIG, SEEDS[0])
    assert_close(together[0], apart[0])
    with pytest.raises(DivergedError):
        alone(together[1], digits, CONFIG, SEEDS[1])


def test_the_records_say_what_training_alone_says(digits):
    steps: list[ManySeedsStep] = list(train_many(built(), digits, CONFIG, seeds=SEEDS))
    for number, (one, seed) in enumerate(zip(built(), SEEDS, strict=True)):
        records = [r for r in train(one, digits, digits.first(10), replace(CONFIG, seed=seed, report_every=3))]
        assert [step.losses[number] for step in steps] == pytest.approx([r.loss for r in records], rel=1e-4)
        assert [step.accuracies[number] for step in steps] == pytest.approx([r.accuracy for r in records])


def test_closing_early_leaves_usable_networks(digits):
    together = built()
    start = together[0].head[-1].weight.clone()
    steps = train_many(together, digits, CONFIG, seeds=SEEDS)
    next(steps)
    steps.close()
    assert not torch.equal(together[0].head[-1].weight, start) and not together[0].training
    assert together[0](digits.images()).isfinite().all()


def test_training_on_attacked_digits_is_refused_with_a_sentence(digits):
    with pytest.raises(ValueError, match="attacked digits cannot learn side by side"):
        next(train_many(built(), digits, replace(CONFIG, attack="fgsm"), seeds=SEEDS))
