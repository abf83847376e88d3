"""Pictures of a training: small, bounded, in order, and without any influence on what is learned."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.jobs.training_snapshots import FOLDER, SnapshotRecorder, list_snapshots, load_snapshot
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.training.loop import TrainConfig, TrainStep, train
from dashboard.train import cached
from tests.sample_digits import made_digits


def take_all(folder: Path, name: str = "small", *, epochs: int = 1, digits: int = 400):
    recorder, network = SnapshotRecorder(folder, made_digits(60), epochs=epochs), build(ARCHITECTURES[name])
    recorder.record(network)
    config = TrainConfig(epochs=epochs, batch=4, report_every=1, optimizer="adam", learning_rate=0.003)
    for step in train(network, made_digits(digits), made_digits(20), config):
        recorder.record(network, step)
    return network


def test_the_first_epoch_has_twenty_pictures_and_one_of_the_beginning(tmp_path):
    network = take_all(tmp_path)
    names = list_snapshots(tmp_path)
    assert names[0] == "0000-000000" and names[-1] == "0001-000100" and 20 <= len(names) <= 22
    last = load_snapshot(tmp_path, names[-1])
    with torch.no_grad():
        read = network(torch.from_numpy(last.digits)[:, None]).softmax(1)
    assert last.labels.tolist() == list(range(10)) and last.digits.shape == (10, 28, 28)
    assert abs(read.numpy() - last.probabilities).max() < 1e-6
    assert abs(network.features.conv1.weight[:, 0].detach().numpy() - last.filters).max() < 1e-3
    assert last.first_maps.shape == (8, 26, 26) and last.last_maps.shape == (8, 11, 11)
    assert last.last_maps.max() == pytest.approx(1, abs=0.01)


def test_many_epochs_make_few_pictures(tmp_path):
    recorder, network = SnapshotRecorder(tmp_path, made_digits(20), epochs=500), build(ARCHITECTURES["small"])
    for epoch in range(1, 501):
        recorder.record(network, TrainStep(epoch, 3, 3, 1.0, 50.0, 1.0, 0.1, 1.0, 50.0))
    assert 50 <= len(list_snapshots(tmp_path)) <= 61


def test_a_training_learns_the_same_with_and_without_pictures(tmp_path):
    pictured = take_all(tmp_path, "talk", digits=40)  # with dropout, which draws lots
    alone = build(ARCHITECTURES["talk"])
    config = TrainConfig(epochs=1, batch=4, report_every=1, optimizer="adam", learning_rate=0.003)
    list(train(alone, made_digits(40), made_digits(20), config))
    assert all(torch.equal(one, other) for one, other in zip(pictured.parameters(), alone.parameters(), strict=True))


def test_a_network_without_convolutions_shows_what_its_hidden_units_look_at(tmp_path):
    take_all(tmp_path, "dense", digits=8)
    found = load_snapshot(tmp_path, list_snapshots(tmp_path)[-1])
    assert found.filters.shape == (10, 28, 28) and len(found.first_maps) == 0


def test_a_damaged_picture_is_a_sentence(tmp_path):
    take_all(tmp_path, digits=8)
    name = list_snapshots(tmp_path)[0]
    path = tmp_path / "pictures" / f"{name}.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"^A picture of this training cannot be read\.$"):
        load_snapshot(tmp_path, name)


@pytest.mark.parametrize(
    "changed",
    [
        {"digits": torch.zeros(10, 28, 27).byte()},
        {"digits": torch.zeros(10).byte()},
        {"digits": torch.zeros(0, 28, 28).byte(), "labels": torch.zeros(0).long(), "probabilities": torch.zeros(0, 10)},
        {"labels": torch.full((10,), 10)},
        {"labels": torch.full((10,), -1)},
        {"labels": torch.zeros(10)},
        {"labels": torch.zeros(9).long()},
        {"probabilities": torch.zeros(10)},
        {"probabilities": torch.full((10, 10), torch.nan)},
        {"filters": torch.zeros(4, 5)},
        {"filters": torch.full((4, 5, 5), torch.inf)},
        {"first": torch.zeros(3, 3).byte()},
        {"last": torch.zeros(1, 1, 100_000).byte()},
        {"last": torch.zeros(11, 1, 1).byte()},
    ],
)
def test_a_picture_of_another_shape_is_a_sentence(changed: dict[str, torch.Tensor], tmp_path):
    take_all(tmp_path, digits=8)
    name = list_snapshots(tmp_path)[0]
    path = tmp_path / "pictures" / f"{name}.safetensors"
    path.write_bytes(safetensors.torch.save({**safetensors.torch.load(path.read_bytes()), **changed}))
    with pytest.raises(ValueError, match=r"^A picture of this training cannot be read\.$"):
        load_snapshot(tmp_path, name)


def test_the_player_gets_each_picture_once_and_no_damaged_one(tmp_path):
    take_all(tmp_path, digits=40)
    frames = cached.snapshot_frames(tmp_path)
    assert len(frames) == len(list_snapshots(tmp_path)) and frames[0].text.startswith("Before training")
    last = tmp_path / FOLDER / f"{list_snapshots(tmp_path)[-1]}.safetensors"
    last.write_bytes(b"no picture")
    again = cached.snapshot_frames(tmp_path)
    assert len(again) == len(frames) - 1 and all(one is other for one, other in zip(again, frames, strict=False))
