"""The similarity shortcut (S1 to S5): feature vectors, the exact look-up, reading with it, and what thresholds cost."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from core.digits.datasets import Dataset
from core.networks.architectures import ARCHITECTURES, POOL, RELU, Architecture, conv
from core.networks.classifier import Classifier, build
from core.networks.evaluation import evaluate
from core.similarity.feature_vectors import LAST_STAGE, list_stages, map_statistics
from core.similarity.lookup import Lookup
from core.similarity.reference_vectors import ReferenceVectors, compute_references, compute_vectors
from core.similarity.shortcut import Shortcut
from core.similarity.thresholds import (
    Comparison,
    choose_thresholds,
    compare_digits,
    evaluate_thresholds,
    find_wrong_hits,
    quantile_thresholds,
)
from core.similarity.timing import measure_stage_costs, measure_time
from core.training.config import TrainConfig
from core.training.loop import train
from tests.sample_digits import made_dataset

SMALL = Architecture("little", (conv(4, 5), POOL, RELU, conv(6, 3), RELU), hidden=(16,))
STAGES = ("conv1", "conv2", LAST_STAGE)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return made_dataset(train=300, test=80)


@pytest.fixture(scope="module")
def network(dataset: Dataset) -> Classifier:
    learned = build(SMALL, seed=1)
    for _ in train(
        learned,
        dataset.train,
        dataset.validation,
        TrainConfig(epochs=4, batch=20, optimizer="adam", learning_rate=0.005),
    ):
        pass
    return learned.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def seen(network: Classifier, dataset: Dataset) -> ReferenceVectors:
    return compute_references(network, dataset.train.first(150))


@pytest.fixture(scope="module")
def surveyed(network: Classifier, seen: ReferenceVectors, dataset: Dataset) -> Comparison:
    return compare_digits(network, seen, dataset.test)


# Feature vectors


def test_s1_the_vector_holds_mean_and_deviation_of_the_absolute_values_map_after_map():
    maps = torch.tensor([[[1.0, -3.0], [5.0, -7.0]], [[2.0, 2.0], [-2.0, -2.0]]])[None]
    assert map_statistics(maps)[0].tolist() == pytest.approx([4, math.sqrt(5), 2, 0], abs=1e-3)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_s2_it_is_as_the_proposal_s_formula_says(layout):
    maps = torch.randn(5, 7, 12, 9, generator=torch.Generator().manual_seed(0)).to(memory_format=layout)
    strength = maps.double().abs()
    means = strength.sum((2, 3)) / (12 * 9)
    deviations = ((strength - means[..., None, None]).square().sum((2, 3)) / (12 * 9)).sqrt()
    expected = torch.stack([means, deviations], 2).flatten(1)
    assert map_statistics(maps).shape == (5, 14)
    torch.testing.assert_close(map_statistics(maps).double(), expected, rtol=1e-4, atol=1e-5)


def test_s2_digits_are_compared_after_every_convolution_and_at_the_last_vector(network, dataset):
    assert list_stages(network) == STAGES
    assert list_stages(build(ARCHITECTURES["one conv"])) == ("conv1",), "a vector of 6,272 would take too much memory"
    found = compute_vectors(network, dataset.test.images(slice(0, 3)), STAGES)
    assert {stage: tuple(vectors.shape) for stage, vectors in found.items()} == {
        "conv1": (3, 8),
        "conv2": (3, 12),
        LAST_STAGE: (3, 600),
    }
    assert torch.equal(found[LAST_STAGE], network.features(dataset.test.images(slice(0, 3))))


def test_s2_a_place_that_is_not_there_is_refused_in_a_sentence(network, dataset):
    with pytest.raises(ValueError, match="no stage 'conv9' to compare at; it has conv1, conv2, flatten"):
        compute_references(network, dataset.train, ["conv9"])


# The look-up


def brute(vectors: Tensor, queries: Tensor, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """What scikit-learn finds."""
    neighbours = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute").fit(vectors.numpy())
    return neighbours.kneighbors(queries.numpy())


def test_s3_the_distance_is_the_proposal_s():
    lookup = Lookup(torch.tensor([[3.0, 4.0], [1.0, 0.0], [-3.0, -4.0]]))
    found = lookup.neighbours(torch.tensor([6.0, 8.0]), 3)
    assert found.indices.tolist() == [0, 1, 2]
    assert found.distances.tolist() == pytest.approx([0, 1 - 0.6, 2], abs=1e-6)


@pytest.mark.parametrize(("rows", "queries", "wide"), [(6000, 300, 40), (2500, 125, 8), (2501, 126, 8), (1, 3, 5)])
def test_s3_the_nearest_is_scikit_learn_s(rows, queries, wide):
    chance = torch.Generator().manual_seed(rows)
    vectors, asked = torch.rand(rows, wide, generator=chance), torch.rand(queries, wide, generator=chance)
    found, (distances, indices) = Lookup(vectors).nearest(asked), brute(vectors, asked)
    np.testing.assert_allclose(found.distances, distances[:, 0], atol=1e-6)
    exact = 1 - torch.nn.functional.normalize(asked.double()) @ torch.nn.functional.normalize(vectors.double()).T
    gaps = exact[torch.arange(queries), found.indices] - exact.amin(1)
    assert float(gaps.max()) < 1e-6, "nothing is nearer by more than float32 can tell"
    same = found.indices.numpy() == indices[:, 0]
    assert same.mean() > 0.98


def test_s3_of_equally_near_ones_the_first_is_taken():
    """All vectors have four times 0.5, so that no rounding decides; scikit-learn takes any of the equal ones."""
    chance = torch.Generator().manual_seed(5)
    places = torch.rand(6000, 12, generator=chance).argsort(1)[:, :4]
    vectors = torch.zeros(6000, 12).scatter_(1, places, 0.5)
    asked = vectors[torch.randint(0, 6000, (200,), generator=chance)]
    found, (distances, indices) = Lookup(vectors).nearest(asked), brute(vectors, asked)
    alike = (asked[:, None] == vectors).all(2)
    assert found.indices.tolist() == alike.int().argmax(1).tolist()
    assert found.distances.tolist() == distances[:, 0].tolist() == [0] * 200
    assert alike[torch.arange(200), torch.from_numpy(indices[:, 0])].all()
    nearest = Lookup(vectors).neighbours(asked[0], 8)
    assert nearest.indices.tolist() == torch.nonzero(alike[0]).flatten()[:8].tolist()


def test_s3_one_query_finds_what_a_batch_finds():
    chance = torch.Generator().manual_seed(1)
    vectors, asked = torch.rand(3000, 30, generator=chance), torch.rand(40, 30, generator=chance)
    found = Lookup(vectors).nearest(asked)
    alone = [Lookup(vectors).nearest_of_one(query) for query in asked]
    assert [index for _, index in alone] == found.indices.tolist()
    assert [distance for distance, _ in alone] == pytest.approx(found.distances.tolist(), abs=1e-6)
    assert Lookup(vectors).nearest_of_one(torch.zeros(30)) == (1.0, 0)


def test_s3_what_is_all_zero_is_at_distance_one_and_nothing_raises():
    lookup = Lookup(torch.tensor([[0.0, 0.0], [1.0, 2.0]]))
    assert lookup.nearest(torch.zeros(2, 2)).distances.tolist() == [1, 1]
    assert brute(torch.tensor([[0.0, 0.0], [1.0, 2.0]]), torch.zeros(1, 2))[0].tolist() == [[1]]
    with pytest.raises(ValueError, match="no reference digits"):
        Lookup(torch.zeros(0, 3))


def test_d4_fewer_digits_seen_are_the_first_ones(seen, surveyed, network, dataset):
    few = seen.first(40)
    again = compute_references(network, dataset.train.first(40))
    images = dataset.test.images()
    for stage in STAGES:
        vectors = compute_vectors(network, images, [stage])[stage]
        assert torch.equal(few.lookups[stage].nearest(vectors).indices, again.lookups[stage].nearest(vectors).indices)
    assert len(few) == 40 and len(seen) == 150


# Reading with it


def thresholds_at(surveyed: Comparison, share: float, *stages: str) -> dict[str, float]:
    return quantile_thresholds(surveyed.at_stages(*stages), share)


@pytest.mark.parametrize("stages", [("conv1",), ("conv2",), (LAST_STAGE,), ("conv1", "conv2"), STAGES])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_s4_a_batch_one_at_a_time_and_the_survey_agree(network, seen, surveyed, dataset, stages, share):
    thresholds = thresholds_at(surveyed, share, *stages)
    shortcut, images = Shortcut(network, seen.at_stages(*stages), thresholds), dataset.test.images()
    together, alone = shortcut.read(images), [shortcut.read_one(image) for image in images]
    for many, one in (("labels", "label"), ("depths", "depth"), ("matches", "match")):
        expected = torch.tensor([getattr(answer, one) for answer in alone])
        assert (getattr(together, many) == expected).float().mean() >= 0.97, "but for what is at the very threshold"
    outcome = evaluate_thresholds(surveyed.at_stages(*stages), thresholds)
    right = together.labels == dataset.test.labels
    assert outcome.hits == pytest.approx(100 * float(together.hits.float().mean()), abs=3)
    assert outcome.accuracy == pytest.approx(100 * float(right.float().mean()), abs=3)
    assert sum(outcome.depths) == pytest.approx(outcome.hits)


def test_s4_a_hit_takes_over_the_label_and_skips_the_deeper_layers(network, seen, dataset):
    def refuse(*_: object) -> None:
        raise AssertionError("a deeper layer was computed")

    images = dataset.train.images(slice(0, 30))  # they are among those seen: at distance 0 of themselves
    shortcut = Shortcut(network, seen.at_stages("conv1"), {"conv1": 1e-5})
    hook = network.features.get_submodule("pool1").register_forward_hook(refuse)
    try:
        reading, one = shortcut.read(images), shortcut.read_one(images[7])
    finally:
        hook.remove()
    assert torch.equal(reading.labels, dataset.train.labels[:30]) and reading.hits.all()
    assert reading.matches.tolist() == list(range(30)) and one.match == 7
    assert set(reading.depths.tolist()) == {0}


def test_s4_what_nothing_resembles_is_read_by_the_network(network, seen, dataset):
    shortcut, images = Shortcut(network, seen, dict.fromkeys(STAGES, -1.0)), dataset.test.images()
    reading = shortcut.read(images)
    assert torch.equal(reading.labels, network(images).argmax(1))
    assert not reading.hits.any() and reading.distances.isnan().all() and set(reading.depths.tolist()) == {3}
    alone = shortcut.read_one(images[0])
    assert alone.label == int(reading.labels[0]) and alone.depth == 3 and math.isnan(alone.distance)


def test_s4_each_stage_needs_a_threshold(network, seen):
    with pytest.raises(ValueError, match="There is no threshold for 'conv2'"):
        Shortcut(network, seen, {"conv1": 0.1})


# What thresholds are worth


def test_s5_hits_grow_with_the_threshold_and_nothing_is_hit_below_zero(surveyed):
    outcomes = [evaluate_thresholds(surveyed, quantile_thresholds(surveyed, share)) for share in (0.1, 0.4, 0.8, 1.0)]
    assert [one.hits for one in outcomes] == sorted(one.hits for one in outcomes) and outcomes[-1].hits == 100
    never = evaluate_thresholds(surveyed, dict.fromkeys(STAGES, -1.0))
    assert never.hits == 0 and math.isnan(never.precision) and never.accuracy == pytest.approx(surveyed.accuracy)


def test_s5_the_survey_s_own_accuracy_is_the_network_s(surveyed, network, dataset):
    assert surveyed.accuracy == pytest.approx(evaluate(network, dataset.test))


def made_survey() -> Comparison:
    """Ten digits which the network reads right but for the last; the nearest is wrong for those far away."""
    labels = torch.zeros(10, dtype=torch.long)
    plain = torch.tensor([0] * 9 + [1])
    distances = {"conv1": torch.arange(10) / 10, "conv2": torch.arange(10).flip(0) / 10}
    offered = {"conv1": torch.tensor([0, 0, 0, 1, 0, 1, 1, 0, 0, 0]), "conv2": torch.ones(10, dtype=torch.long)}
    return Comparison(labels, plain, distances, offered, {stage: torch.arange(10) for stage in offered})


@pytest.mark.parametrize(("loss", "threshold"), [(0, 0.2), (10, 0.4), (20, 0.9), (100, 0.9)])
def test_s5_the_threshold_chosen_is_the_largest_that_costs_no_more(loss, threshold):
    """The last digit is a gain: at 0.9 three are lost and one is won."""
    made = made_survey().at_stages("conv1")
    chosen = choose_thresholds(made, loss)
    assert chosen["conv1"] == pytest.approx(threshold)
    assert evaluate_thresholds(made, chosen).accuracy >= made.accuracy - loss


def test_s5_wrong_hits_are_those_that_cost_something_and_name_whom_they_were_taken_for():
    found = find_wrong_hits(made_survey(), {"conv1": 0.35, "conv2": 0.2})
    assert [(one.index, one.stage, one.match, one.label) for one in found] == [
        (3, "conv1", 3, 1),
        (7, "conv2", 7, 1),
        (8, "conv2", 8, 1),
        (9, "conv2", 9, 1),
    ]
    assert find_wrong_hits(made_survey(), {"conv1": -1, "conv2": -1}) == []


def test_s5_stages_share_what_may_be_lost(surveyed):
    made = made_survey()
    assert choose_thresholds(made, 0)["conv2"] == 0, "all it offers is wrong: right only where nothing is lost by it"
    for loss in (0.0, 2.5, 10.0):
        both = surveyed.at_stages("conv1", "conv2")
        assert evaluate_thresholds(both, choose_thresholds(both, loss)).accuracy >= both.accuracy - loss - 1e-9


def test_s5_equally_near_digits_are_let_in_together():
    made = made_survey().at_stages("conv1")
    tied = replace(made, distances={"conv1": torch.tensor([0.1] * 10)})
    assert choose_thresholds(tied, 0)["conv1"] == -1 and choose_thresholds(tied, 30)["conv1"] == pytest.approx(0.1)


# Time


@pytest.mark.parametrize("alone", [False, True])
def test_s4_time_is_measured_for_both_and_their_ratio_is_theirs(network, seen, dataset, alone):
    timing = measure_time(
        Shortcut(network, seen.at_stages("conv1"), {"conv1": -1.0}), dataset.test.images(), alone=alone, rounds=1
    )
    assert timing.plain > 0 and timing.ratio == pytest.approx(timing.shortcut / timing.plain)


def test_s4_the_parts_of_a_shortcut_have_their_costs(network, seen, dataset):
    costs = measure_stage_costs(network, "conv2", seen.lookups["conv2"], dataset.test.images(), rounds=1)
    assert min(costs.before, costs.lookup, costs.after) > 0
