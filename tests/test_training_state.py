"""An interrupted training goes on bit by bit as if nothing had happened, from memory or from a file."""

import copy
import json
from itertools import islice

import pytest

from core.inversion.functions import freeze, with_inversion
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.training.config import TrainConfig
from core.training.loop import TrainStep, train
from core.training.state import TrainState, load_state, save_state
from tests.short_trainings import DIGITS, HELD_OUT, equal

# Every kind of memory: momentum; Adam's two means and its count; dropout's draws; running statistics; alternation.
TRAININGS = {
    "momentum": ("published", {}),
    "no momentum": ("published", {"momentum": 0.0}),
    "Adam": ("published", {"optimizer": "adam", "learning_rate": 0.002, "penalty": 0.01}),
    "dropout": ("talk", {"momentum": 0.9}),
    "batch norm": ("small, batch norm", {"optimizer": "adam", "learning_rate": 0.002}),
    "alternating": ("talk", {"alternate": ("identity", "complement", "negative")}),
    "one cycle": ("small, batch norm", {"schedule": "one cycle", "momentum": 0.9, "nesterov": True}),
    "bfloat16": ("talk", {"precision": "bfloat16"}),
}


def learn(network: Classifier, state: TrainState | None = None, steps: int = 99, **settings) -> list[TrainStep]:
    """Train for at most so many records."""
    config = TrainConfig(**{"epochs": 3, "batch": 16, "report_every": 3, **settings})
    running = train(network, DIGITS, HELD_OUT, config, state=state)
    taken = list(islice(running, steps))
    running.close()
    return taken


@pytest.mark.parametrize("frozen", [False, True], ids=["all", "head only"])
@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("taken", [3, 5])
def test_a_resumed_training_ends_bit_by_bit_like_an_uninterrupted_one(training, frozen, taken, tmp_path):
    """Interrupted at the end of the first epoch, or in the middle of the second, of which nothing is left."""
    name, settings = TRAININGS[training]

    def fresh() -> Classifier:
        network = with_inversion(build(ARCHITECTURES[name]), "complement")
        if frozen:
            freeze(network)
        return network

    whole, interrupted, resumed = fresh(), fresh(), fresh()
    expected = learn(whole, **settings)
    state = TrainState()
    learn(interrupted, state, steps=taken, **settings)
    assert state.epoch == 1
    save_state(state, tmp_path / "state.safetensors")
    rest = learn(resumed, load_state(tmp_path / "state.safetensors"), **settings)
    assert equal(resumed.state_dict(), whole.state_dict())
    assert [(step.epoch, step.loss, step.validation_loss) for step in rest] == [
        (step.epoch, step.loss, step.validation_loss) for step in expected[3:]
    ]
    assert not equal(interrupted.state_dict(), whole.state_dict())


def test_a_state_is_a_copy_that_later_training_leaves_alone():
    network, state = build(ARCHITECTURES["talk"]), TrainState()
    learn(network, state, epochs=1)
    kept = copy.deepcopy(state.tensors)
    learn(network, TrainState(state.epoch, state.seconds, state.tensors), epochs=3)
    assert equal(state.tensors, kept)


def test_the_seconds_go_on_where_they_stopped():
    state = TrainState(seconds=0.0)
    first = learn(build(ARCHITECTURES["talk"]), state, epochs=1)[-1]
    assert state.seconds == first.seconds > 0
    assert learn(build(ARCHITECTURES["talk"]), state)[0].seconds > first.seconds


def test_a_training_that_is_over_yields_nothing_and_gives_its_network_back():
    network, state = build(ARCHITECTURES["talk"]), TrainState()
    learn(network, state)
    again = build(ARCHITECTURES["talk"], seed=5)
    assert learn(again, state) == [] and equal(again.state_dict(), network.state_dict())


def test_a_state_of_another_network_is_one_sentence():
    state = TrainState()
    learn(build(ARCHITECTURES["talk"]), state, epochs=1)
    network = build(ARCHITECTURES["published"])
    with pytest.raises(ValueError, match="^This training was started with another network.$"):
        learn(network, state)


def test_a_state_is_a_plain_file_of_tensors(tmp_path):
    state = TrainState()
    learn(build(ARCHITECTURES["talk"]), state, epochs=1)
    save_state(state, tmp_path / "state.safetensors")
    content = (tmp_path / "state.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert header["__metadata__"]["epoch"] == "1"
    assert {
        "network.head.fc1.weight",
        "optimizer.features.conv1.weight.momentum_buffer",
        "chance.order",
        "chance.dropout",
    } <= set(header)
    assert [path.name for path in tmp_path.iterdir()] == ["state.safetensors"]


@pytest.mark.parametrize("content", [None, b"", b"not tensors at all", b"\x10\0\0\0\0\0\0\0{}              "])
def test_a_state_that_cannot_be_read_is_one_sentence(content, tmp_path):
    path = tmp_path / "state.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="^The saved state of this training cannot be read; start it again.$"):
        load_state(path)
