"""What is missing from a digit, and how much that says (M13): nothing is left out, and the sentences are computed."""

import pytest
import torch
from torch import Tensor

from core.inversion.absent_features import (
    Evidence,
    describe_digit,
    describe_feature,
    describe_gap,
    describe_need,
    describe_place,
    find_absent,
    find_missing_features,
    measure_evidence,
    missing_evidence,
    split_gap,
)
from core.inversion.functions import reset_head, with_inversion
from core.inversion.map_atlas import MapAtlas, ReceptiveField, build_atlas
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.pmnist.masks import cut_mask, keep_all
from core.zoo import checkpoints
from tests.sample_digits import made_digits, real_digits

DIGITS = made_digits(60)
CLASSES = tuple("0123456789")


@pytest.fixture(scope="module")
def network() -> Classifier:
    """A network whose head reads 1 - x; untrained is enough for what must always hold."""
    inverted = with_inversion(build(ARCHITECTURES["published"], seed=5), "complement").eval()
    reset_head(inverted, seed=6)
    return inverted.requires_grad_(False)


@pytest.fixture(scope="module")
def shipped() -> tuple[Classifier, MapAtlas]:
    trained = checkpoints.load_classifier("missing-feature")
    return trained, build_atlas(trained, real_digits(600))


@pytest.mark.parametrize("inversion", ["identity", "negative", "complement", "clamped complement"])
@pytest.mark.parametrize("cut", ["whole", "HCUT"])
def test_m13_the_contributions_and_the_biases_sum_to_the_logits(network: Classifier, inversion: str, cut: str) -> None:
    one, image = with_inversion(network, inversion).eval(), DIGITS.images()[4]
    evidence = measure_evidence(one, image, cut_mask(cut))
    assert evidence.contributions.shape == (10, 50, 4, 4)
    expected = one((image * cut_mask(cut))[None])[0]
    assert torch.allclose(evidence.logits, expected, atol=1e-6)
    assert torch.allclose(evidence.contributions.sum((1, 2, 3)) + evidence.rest, expected, atol=1e-5)


def test_m13_the_rest_is_what_the_biases_add_through_the_open_units(network: Classifier) -> None:
    evidence = measure_evidence(network, DIGITS.images()[4], keep_all())
    hidden = network.head.fc1(network.inversion(network.features(DIGITS.images()[4:5])))[0]
    through = network.head.fc2.weight * (hidden > 0)
    assert torch.allclose(evidence.rest, network.head.fc2.bias + through @ network.head.fc1.bias, atol=1e-5)
    by_hand = (through @ network.head.fc1.weight) * (1 - evidence.maps.flatten())
    assert torch.allclose(evidence.contributions.flatten(1), by_hand, atol=1e-5)


def test_m13_the_balance_sums_to_how_far_each_class_is_behind(shipped: tuple[Classifier, MapAtlas]) -> None:
    trained, atlas = shipped
    evidence = measure_evidence(trained, real_digits(1).images()[0], cut_mask("VCUT"))
    found = split_gap(evidence, atlas)
    behind = evidence.logits - evidence.logits[evidence.answer]
    assert torch.allclose(found.missing + found.there + found.rest, behind, atol=1e-4)
    assert found.missing[evidence.answer] == 0 == evidence.margins[evidence.answer].abs().sum()


def test_weighing_leaves_the_network_as_it_was(network: Classifier) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    measure_evidence(network, DIGITS.images()[0], keep_all())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in network.parameters())


# Three classes and two maps of 2x2 places, made so that the answer can be told by hand


def made_atlas() -> MapAtlas:
    """Map 0 belongs to classes 0 and 2 at the top left, map 1 to class 1 at the bottom right."""
    means = torch.zeros(3, 2, 2, 2)
    means[[0, 2], 0, 0, 0] = 4.0
    means[1, 1, 1, 1] = 4.0
    return MapAtlas(means, torch.zeros(2, 1, 16, 16), ReceptiveField(16, 4, 0), 3)


def made_evidence(maps: Tensor) -> Evidence:
    """A digit read as class 1: map 0's silence speaks against 0 and 2, map 1's against 1."""
    slopes = torch.zeros(3, 2, 2, 2)
    slopes[0, 0, 0, 0], slopes[2, 0, 0, 0], slopes[1, 1, 1, 1] = -2.0, -1.0, -0.5
    contributions = slopes * (1 - maps)
    rest = torch.tensor([0.0, 0.25, 0.0])
    return Evidence(contributions.sum((1, 2, 3)) + rest, contributions, rest, maps)


def a_one() -> Evidence:
    maps = torch.zeros(2, 2, 2)
    maps[1, 1, 1] = 5.0
    return made_evidence(maps)


def test_m13_a_feature_is_absent_below_half_of_what_is_usual() -> None:
    maps = torch.zeros(2, 2, 2)
    maps[0, 0, 0], maps[1, 1, 1] = 1.3, 0.6  # the averages over the classes are 8/3 and 4/3
    assert find_absent(made_evidence(maps), made_atlas())[[0, 1], [0, 1], [0, 1]].tolist() == [True, True]
    assert not find_absent(made_evidence(maps + 1), made_atlas()).any()


def test_m13_what_others_usually_have_and_the_digit_has_not_speaks_against_them() -> None:
    evidence, atlas = a_one(), made_atlas()
    # The answer's own feature adds -0.5 * (1 - 5) = 2 to its logit; there, it is no missing one.
    assert evidence.answer == 1 and evidence.logits.tolist() == [-2.0, 2.25, -1.0]
    assert missing_evidence(evidence, atlas).sum((1, 2, 3)).tolist() == [-2.0, 0.0, -1.0]
    found = find_missing_features(evidence, atlas)
    assert [(feature.map, feature.usual_in, feature.where) for feature in found] == [(0, (0, 2), "upper left")]
    assert describe_digit(evidence, atlas, CLASSES) == (
        "The network reads a 1. Parts that a 0 or 2 would have are missing here, which lowers their scores most "
        "(−2.0 and −1.0)."
    )
    assert describe_feature(found[0], 1, CLASSES) == (
        "Usually present in 0 2 (upper left), absent here. This changes the score of 0 by −2.0 and 2 by −1.0."
    )


def test_m13_one_rival_at_a_time_can_be_asked_for() -> None:
    evidence, atlas = a_one(), made_atlas()
    assert [feature.votes[2] for feature in find_missing_features(evidence, atlas, rival=2)] == [-1.0]
    assert find_missing_features(evidence, atlas, rival=1) == []  # nothing of the answer is missing


def test_m13_what_the_shown_maps_cost_is_told_from_what_all_missing_parts_cost() -> None:
    atlas = MapAtlas(made_atlas().means.repeat(1, 2, 1, 1), torch.zeros(4, 1, 16, 16), ReceptiveField(16, 4, 0), 3)
    slopes = torch.zeros(3, 4, 2, 2)
    slopes[2, 0, 0, 0], slopes[2, 2, 0, 0] = -1.0, -3.0
    maps = torch.zeros(4, 2, 2)
    maps[1, 1, 1] = maps[3, 1, 1] = 5.0
    evidence = Evidence(torch.tensor([-9.0, 1.0, -4.0]), slopes, torch.zeros(3), maps)
    one = find_missing_features(evidence, atlas, rival=2, count=1)
    both = find_missing_features(evidence, atlas, rival=2)
    said = "To be a 2, the digit would need these features (upper left). All missing features lower "
    said += "the score of a 2 by 4.0. "
    assert describe_need(one, 2, evidence, atlas, CLASSES) == f"{said}This map causes 3.0 of that."
    assert describe_need(both, 2, evidence, atlas, CLASSES) == f"{said}These 2 maps cause 4.0 of that."


def test_m13_what_the_answer_itself_lacks_speaks_for_the_others() -> None:
    maps = torch.zeros(2, 2, 2)
    maps[0, 0, 0] = 5.0
    evidence, atlas = made_evidence(maps), made_atlas()
    assert evidence.answer == 0
    maps[0, 0, 0] = 0.9
    evidence = Evidence(torch.tensor([0.0, 3.0, 0.0]), made_evidence(maps).contributions, torch.zeros(3), maps)
    found = find_missing_features(evidence, atlas, rival=1)
    assert [feature.map for feature in found] == [1] and found[0].votes.tolist() == [0.5, 0.0, 0.5]
    words = "Usually present in 1 (lower right), absent here. This changes the score of 0 by +0.5 and 2 by +0.5."
    assert describe_feature(found[0], 1, CLASSES) == words


def test_m13_the_runner_up_is_named_with_where_its_distance_comes_from() -> None:
    evidence, atlas = a_one(), made_atlas()
    assert describe_gap(evidence, split_gap(evidence, atlas), CLASSES) == (
        "The second best class, 2, scores −3.2 relative to the answer: −1.0 from absent features, −2.0 from present "
        "features and −0.2 from the biases."
    )


def test_m13_where_nothing_speaks_against_anything_the_sentence_says_so() -> None:
    full = made_evidence(torch.full((2, 2, 2), 9.0))
    assert (
        describe_digit(full, made_atlas(), CLASSES)
        == "The network reads a 0. No missing part lowers the score of another class."
    )
    assert find_missing_features(full, made_atlas()) == []


@pytest.mark.parametrize(
    ("place", "words"),
    [((0, 0), "upper left"), ((0, 3), "upper right"), ((3, 1), "bottom"), ((1, 0), "left"), ((2, 2), "centre")],
)
def test_m13_places_have_names(place: tuple[int, int], words: str) -> None:
    places = torch.zeros(4, 4)
    places[place] = -0.7
    assert describe_place(places) == words


@pytest.mark.parametrize("image", [torch.zeros(1, 28, 28), torch.ones(1, 28, 28)], ids=["blank", "full of ink"])
def test_blank_and_erased_digits_get_sentences_too(shipped: tuple[Classifier, MapAtlas], image: Tensor) -> None:
    trained, atlas = shipped
    for mask in (keep_all(), ~keep_all()):
        evidence = measure_evidence(trained, image, mask)
        assert (
            describe_digit(evidence, atlas, CLASSES).startswith("The network reads a")
            and evidence.logits.isfinite().all()
        )
        assert len(find_missing_features(evidence, atlas)) <= 3
    assert describe_place(torch.zeros(4, 4)) == "upper left"  # of nothing, any name will do
