"""What a digit lacks, turned up: only that is raised; the study with its controls, and the view."""

from dataclasses import replace

import pytest
import torch

from core.inversion.absent_features import find_lacking, find_missing_features, measure_evidence, rank_lacking_maps
from core.inversion.amplified_features import amplify_lacking, move_to_random_maps
from core.inversion.map_atlas import MapAtlas, build_atlas
from core.networks.classifier import Classifier
from core.pmnist.masks import keep_all
from core.studies.amplified_features import (
    COUNTS,
    KINDS,
    LACKING,
    OTHER,
    RANDOM,
    STRENGTHS,
    against_control,
    list_shares,
    measure_amplified,
)
from core.studies.recorded import load_recorded
from core.studies.seed_networks import MISSING, STANDARD, load_or_train
from core.zoo.checkpoints import load_classifier
from dashboard.server import caches
from tests.pages import address_of, captions, html, open_page, text_of
from tests.sample_digits import made_dataset, real_digits, sample_of

EVERY = range(50)


@pytest.fixture(scope="module")
def shipped() -> tuple[Classifier, MapAtlas]:
    trained = load_classifier(MISSING)
    return trained, build_atlas(trained, real_digits(600))


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
def test_only_lacking_features_of_the_chosen_maps_are_raised_to_their_strength(
    shipped: tuple[Classifier, MapAtlas], strength: float
) -> None:
    network, atlas = shipped
    evidence = measure_evidence(network, real_digits(5).images()[4], keep_all())
    target = (evidence.answer + 3) % 10
    chosen = rank_lacking_maps(evidence, atlas, target)[:4]
    added = amplify_lacking(evidence, atlas, target, chosen, strength=strength)
    raised, lacking = added > 0, find_lacking(evidence, atlas, target)
    assert (added >= 0).all() and not (raised & ~lacking).any()
    assert {int(number) for number in raised.nonzero()[:, 0]} == ({*chosen} if strength else set())
    assert torch.allclose((evidence.maps + added)[raised], (strength * atlas.means[target])[raised])


def test_the_control_adds_the_same_at_the_same_places_to_other_maps() -> None:
    added = torch.rand(50, 4, 4, generator=torch.Generator().manual_seed(0))
    moved = move_to_random_maps(added, seed=1)
    assert not torch.equal(moved, added) and torch.equal(moved, move_to_random_maps(added, seed=1))
    assert torch.allclose(moved.sum(0), added.sum(0))


def test_the_ranked_maps_are_those_that_the_page_names(shipped: tuple[Classifier, MapAtlas]) -> None:
    network, atlas = shipped
    evidence = measure_evidence(network, real_digits(5).images()[4], keep_all())
    for rival in (None, evidence.answer, (evidence.answer + 1) % 10):
        found = find_missing_features(evidence, atlas, rival=rival, count=50)
        assert [one.map for one in found] == rank_lacking_maps(evidence, atlas, rival)


def test_more_of_what_is_missing_raises_the_class_and_random_maps_raise_it_less(
    shipped: tuple[Classifier, MapAtlas],
) -> None:
    network, atlas = shipped
    gains = []
    for image in real_digits(30).images():
        evidence = measure_evidence(network, image, keep_all())
        target = int(evidence.logits.argsort()[-2])
        added = amplify_lacking(evidence, atlas, target, EVERY, strength=2.0)
        tried = torch.stack([added, move_to_random_maps(added, seed=0), 0 * added]) + evidence.maps
        now, control, before = network.predict_from_features(tried.flatten(1))[:, target].tolist()
        gains.append((now - before, control - before))
    own, random = torch.tensor(gains).mean(0).tolist()
    assert own > 0.3 and own > 3 * random


# The study


def test_a_pair_of_networks_has_a_row_for_every_variant() -> None:
    data = made_dataset(120)
    standard, missing = load_or_train(data, "43")
    rows = measure_amplified("43", standard, missing, data, digits=4)
    assert len(rows) == len({(row.network, row.kind, row.count, row.strength) for row in rows})
    assert len(rows) == 2 * len(KINDS) * len(COUNTS) * len(STRENGTHS)
    assert all(0 <= row.intended <= row.changed <= 100 for row in rows)


@pytest.mark.parametrize("network", [MISSING, STANDARD])
@pytest.mark.parametrize("control", [RANDOM, OTHER])
def test_in_the_record_the_answer_follows_all_missing_features_and_not_the_controls(network: str, control: str) -> None:
    record = load_recorded("amplified-features")
    own = list_shares(record, network, LACKING, count=50, strength=2.0)
    assert len(own) == 5 and min(own) > 50
    assert max(list_shares(record, network, control, count=50, strength=2.0)) < 10
    assert against_control(record, network, control, count=50, strength=2.0).verdict == "higher"


def test_in_the_record_three_maps_at_their_usual_strength_hardly_ever_change_the_answer() -> None:
    assert max(list_shares(load_recorded("amplified-features"), MISSING, LACKING, count=3, strength=1.0)) < 5


# The view


@pytest.mark.mnist
def test_the_view_turns_up_what_the_digit_lacks_and_the_answer_follows() -> None:
    link = {"sample": sample_of(4), "target": "9", "strength": "200"}
    app = open_page("missing_features", view="Amplify", **link)
    assert link.items() <= address_of(app).items()
    assert "reads 9 instead of 4" in text_of(app)
    answers = html(app)
    assert "Missing-feature, random maps reads 4" in answers
    nothing = open_page("missing_features", view="Amplify", **link | {"strength": "0"})
    assert "still reads 4" in text_of(nothing)


def test_the_view_says_what_holds_on_many_digits() -> None:
    app = open_page("missing_features", view="Amplify", sample="15", maps="3")
    assert "On 1,000 test digits" in text_of(app) and "3 maps turned up to 100 %" in text_of(app)
    assert "python -m core study amplified-features" in captions(app)


@pytest.mark.parametrize("classes", [5, 26])
def test_an_atlas_on_the_page_has_the_classes_of_its_set(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = made_dataset()
    other = replace(known, classes=tuple(map(str, range(classes))))
    monkeypatch.setattr(caches, "dataset", lambda name: other)
    monkeypatch.setattr(caches, "classifier", lambda name, data: load_classifier("standard"))
    caches.atlas.clear()
    try:
        assert len(caches.atlas("standard", f"made with {classes} classes").means) == classes
    finally:
        caches.atlas.clear()
