"""Printing and photographing a digit in simulation (V6)."""

from functools import cache

import pytest
import torch
from torch import Tensor

from core.adversarial.photograph import photograph
from core.networks.evaluation import predict
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import real_digits


@cache
def digits() -> tuple[Tensor, Tensor]:
    chosen = real_digits(12)
    return chosen.images(), chosen.labels


def test_v6_a_photo_goes_through_every_stage_and_is_the_same_for_the_same_seed():
    images, _ = digits()
    photos = list(photograph(images, seed=4))
    assert [photo.stage for photo in photos] == ["blurred", "turned", "rescaled", "lit", "grainy"]
    before = images
    for photo in photos:
        assert photo.images.shape == images.shape and not torch.equal(photo.images, before)
        assert photo.images.min() >= 0 and photo.images.max() <= 1
        before = photo.images
    assert all(torch.equal(one.images, two.images) for one, two in zip(photos, photograph(images, seed=4), strict=True))
    assert not torch.equal(photos[-1].images, list(photograph(images, seed=5))[-1].images)


def test_v6_a_photo_taken_with_care_is_still_read_and_strength_0_changes_nothing():
    images, labels = digits()
    assert all(torch.equal(photo.images, images) for photo in photograph(images, strength=0))
    careful = list(photograph(images))[-1].images
    network = load_classifier("standard")

    def misread(pictures: Tensor) -> int:
        return int((predict(network, pictures).argmax(1) != labels).sum())

    assert misread(careful) <= misread(images) + 1


@pytest.mark.parametrize("strength", [-1, 4, float("nan")])
def test_v6_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(ValueError, match="The strength must be a number from 0 to 3"):
        next(photograph(digits()[0], strength=strength))
