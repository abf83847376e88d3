"""Hashes of weights before and after a training of one's own: frozen layers, and frozen weights whose biases learn."""

import pytest

from core.jobs import initial_weights
from core.jobs.run_folders import Job, JobRequest
from core.jobs.training_job import NETWORK_NAME, run
from core.zoo import checkpoints
from tests.pages import open_page, text_of
from tests.tiny_training import TINY, train_here

pytestmark = pytest.mark.usefixtures("runs")


def changed(job: Job) -> set[str]:
    """Return the names of the tensors that the training changed, of all that were recorded."""
    network = checkpoints.load_classifier(NETWORK_NAME, job.folder)
    hashes = initial_weights.compare(network, job.folder)
    assert {one.name for one in hashes} == {*network.state_dict()}
    return {one.name for one in hashes if one.changed}


HEAD = {"head.fc1.weight", "head.fc1.bias", "head.fc2.weight", "head.fc2.bias"}


def test_m9_frozen_convolutions_have_the_same_hash_after_the_training_and_biases_learn_if_only_weights_are_frozen():
    first = train_here(architecture=TINY.to_dict())
    assert changed(first) == HEAD | {"features.conv1.weight", "features.conv1.bias"}
    frozen = train_here(start=first.id, frozen=("features",))
    as_published = train_here(start=first.id, frozen=("features",), frozen_biases=False)
    assert changed(frozen) == HEAD and changed(as_published) == HEAD | {"features.conv1.bias"}


def test_a_training_that_begins_again_keeps_the_first_hashes():
    job = train_here(architecture=TINY.to_dict())
    before = (job.folder / initial_weights.FILE).read_bytes()
    list(run({**job.settings, "seed": 7}, job.folder, JobRequest))
    assert (job.folder / initial_weights.FILE).read_bytes() == before


def test_where_no_hashes_were_recorded_none_are_shown():
    job = train_here(architecture=TINY.to_dict())
    network = checkpoints.load_classifier(NETWORK_NAME, job.folder)
    for content in (b"[]", b"{", b'{"head.fc1.weight": 1}'):
        (job.folder / initial_weights.FILE).write_bytes(content)
        assert initial_weights.compare(network, job.folder) == []


def test_the_page_says_what_the_training_did_not_change():
    frozen = train_here(start=train_here(architecture=TINY.to_dict()).id, frozen=("features",))
    held = {"visitor": frozen.visitor, "train view": "Result", "train part": "Layers", "train job": frozen.id}
    app = open_page("train", state=held)
    assert "The training did not change conv1.weight, conv1.bias: their SHA-256 is the same" in text_of(app)
    assert list(app.table[0].value["the training"])[:3] == ["did not change it", "did not change it", "changed it"]
