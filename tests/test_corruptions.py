"""Natural corruptions (E1, E2): what each does to a digit, with torchvision as the oracle, and the recorded study."""

from functools import cache

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as oracle

from core.commands.studies.corruptions import lines
from core.corruptions.geometry import blur
from core.corruptions.kinds import CORRUPTIONS, corrupt
from core.studies.corruptions import (
    CONVOLUTIONAL,
    DENSE,
    NETWORKS,
    measure_corruption,
    run_corruptions,
    summarize,
)
from core.studies.recorded import find_row, load_recorded
from core.zoo import checkpoints
from tests.sample_digits import made_dataset, real_digits


@cache
def images() -> Tensor:
    return real_digits(12).images()


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_e2_each_corruption_changes_a_digit_by_its_strength_and_stays_in_range(kind: str) -> None:
    one = CORRUPTIONS[kind]
    assert list(one.strengths) == sorted(one.strengths) and {one.neutral, one.first} <= set(one.strengths)
    changes = {at: float((corrupt(images(), kind, at) - images()).abs().mean()) for at in one.strengths}
    assert changes[one.neutral] == 0 and changes[one.first] > 0.01
    assert all(changes[at] > 0 for at in one.strengths if at != one.neutral)
    for side in ([one.strengths[0], one.neutral], [one.neutral, one.strengths[-1]]):
        between = [changes[at] for at in one.strengths if side[0] < at < side[1]]
        assert not between or min(between) < max(changes[at] for at in side), (
            "the strongest changes more than the weakest"
        )
    strongest = corrupt(images(), kind, one.strengths[-1])
    assert strongest.shape == images().shape and strongest.min() >= 0 and strongest.max() <= 1


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_e2_the_same_seed_gives_the_same_and_another_one_another_only_where_chance_plays(kind: str) -> None:
    first = corrupt(images(), kind, CORRUPTIONS[kind].first, seed=3)
    assert torch.equal(first, corrupt(images(), kind, CORRUPTIONS[kind].first, seed=3))
    assert torch.equal(first, corrupt(images(), kind, CORRUPTIONS[kind].first, seed=4)) != CORRUPTIONS[kind].random


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_e2_blur_is_torchvision_s_away_from_the_edge(sigma: float) -> None:
    size = 8 * round(sigma) + 9  # torchvision mirrors the picture at its edge; outside of ours is black
    padded = torch.nn.functional.pad(images(), (30, 30, 30, 30))
    theirs = oracle.gaussian_blur(padded, [size, size], [sigma, sigma])[..., 30:-30, 30:-30]
    assert torch.allclose(blur(images(), sigma), theirs, atol=2e-4)


def test_e2_rotation_is_torchvision_s_to_one_side_or_the_other() -> None:
    turned = corrupt(images(), "rotation", 30)
    sides = [oracle.rotate(images(), angle, InterpolationMode.BILINEAR) for angle in (30, -30)]
    apart = torch.stack([(turned - side).abs().amax((1, 2, 3)) for side in sides])
    assert apart.min(0).values.max() < 1e-3 and set(apart.argmin(0).tolist()) == {0, 1}


def test_e2_contrast_is_torchvision_s_and_the_negative_is_exact() -> None:
    assert torch.allclose(corrupt(images(), "contrast", 40), oracle.adjust_contrast(images(), 0.4), atol=1e-6)
    assert torch.allclose(corrupt(images(), "negative", 100), 1 - images())
    speckled = corrupt(images(), "salt and pepper", 20)
    assert 0.1 < float((speckled != images()).float().mean()) < 0.2, "a black pixel often hits black"


def test_e1_a_shift_moves_every_pixel_to_one_of_four_sides_and_scaling_keeps_the_centre() -> None:
    moved = corrupt(images(), "shift", 3)
    sides = [images().roll(by, (2, 3)) for by in ((0, 3), (0, -3), (3, 0), (-3, 0))]
    inner = slice(3, -3)
    apart = torch.stack([(moved - side)[..., inner, inner].abs().amax((1, 2, 3)) for side in sides])
    assert apart.min(0).values.max() < 1e-4 and len(set(apart.argmin(0).tolist())) > 1
    small = corrupt(images(), "scale", 40)
    assert small[..., :8, :].sum() == 0 and small[..., -8:, :].sum() == 0 and small.sum() > 0


@pytest.mark.parametrize(("kind", "strength"), [("fog", 1), ("shift", 9), ("blur", -1), ("noise", float("nan"))])
def test_e2_what_does_not_exist_is_one_sentence(kind: str, strength: float) -> None:
    with pytest.raises(
        ValueError, match=r"^(There is no corruption called 'fog'|The strength of \w+ is a number from)"
    ):
        corrupt(images(), kind, strength)


def test_e1_a_row_has_the_accuracy_at_every_strength_and_the_unchanged_digits_are_read_as_they_are() -> None:
    digits = real_digits(40)
    row = measure_corruption(DENSE, checkpoints.load_classifier(DENSE), "shift", digits)
    assert (row.digits, row.strengths, len(row.accuracy)) == (40, CORRUPTIONS["shift"].strengths, len(row.strengths))
    assert row.accuracy[0] > 80 > row.accuracy[-1]


def test_e2_finished_networks_are_kept_and_become_a_record(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, cards = made_dataset(60, 20), {name: checkpoints.load_card(name) for name in (CONVOLUTIONAL, DENSE)}
    first = list(run_corruptions(dataset, cards, tmp_path / "study.json"))
    assert [step.kept for step in first] == [False, False] and {len(step.rows) for step in first} == {len(CORRUPTIONS)}
    again = list(run_corruptions(dataset, cards, tmp_path / "study.json"))
    assert [step.kept for step in again] == [True, True]
    record = summarize([row for step in first for row in step.rows], dataset, cards)
    text = "\n".join(lines(record))
    assert "Shift: pixels, to a random side" in text and "python -m core study corruptions" in text
    assert any("the dense one" in sentence and "trained alike" in sentence for sentence in record["conclusions"])


def test_e1_e2_the_record_has_every_network_and_corruption_on_all_test_digits() -> None:
    record = load_recorded("corruptions")
    for name in NETWORKS:
        for kind, one in CORRUPTIONS.items():
            row = find_row(record, network=name, corruption=kind)
            assert row is not None and tuple(row["strengths"]) == one.strengths
            assert row["digits"] == 10_000
            assert row["accuracy"][one.strengths.index(one.neutral)] > 97


def test_e1_the_dense_network_loses_more_when_a_digit_is_shifted_or_scaled_as_the_talk_says() -> None:
    record = load_recorded("corruptions")
    for kind in ("shift", "scale"):
        place = CORRUPTIONS[kind].strengths.index(CORRUPTIONS[kind].first)
        conv, dense = (
            find_row(record, network=name, corruption=kind)["accuracy"][place] for name in (CONVOLUTIONAL, DENSE)
        )
        assert conv > dense + 5
