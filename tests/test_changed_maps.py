"""Maps that are switched off or changed by hand: what is changed, what is not, and which maps an answer needs."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from core.feature_maps.changed_maps import Change, MapChange, find_fewest_maps, silence_each, with_changes
from core.feature_maps.stage_maps import compute_stage_maps
from core.networks.classifier import Classifier
from core.zoo.checkpoints import load_classifier
from tests.sample_digits import real_digits

STANDARD, MISSING = (load_classifier(name) for name in ("standard", "missing-feature"))
IMAGE = real_digits(5).images()[4]
LAST = "pool2"


def maps_of(network: Classifier, stage: str) -> Tensor:
    return next(one.maps for one in compute_stage_maps(network, IMAGE) if one.stage == stage)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change.OFF, lambda map: 0 * map),
        (Change.HALVED, lambda map: 0.5 * map),
        (Change.DOUBLED, lambda map: map + map),
        (Change.SCALED, lambda map: 1.75 * map),
        (Change.MEAN, lambda map: torch.full_like(map, float(map.mean()))),
        (Change.INVERTED, lambda map: 1 - map),
    ],
)
@pytest.mark.parametrize("number", [3, None])
def test_only_the_chosen_maps_are_changed(
    change: Change, expected: Callable[[Tensor], Tensor], number: int | None
) -> None:
    before = maps_of(STANDARD, LAST)
    after = maps_of(with_changes(STANDARD, [MapChange(LAST, number, change, 1.75)]), LAST)
    for at, (one, other) in enumerate(zip(before, after, strict=True)):
        assert torch.allclose(other, expected(one) if number in (at, None) else one)


def test_what_the_head_reads_can_be_changed_map_by_map() -> None:
    before = maps_of(MISSING, "inverted")
    after = maps_of(with_changes(MISSING, [MapChange("inverted", 2, Change.OFF)]), "inverted")
    assert not after[2].any() and torch.equal(after[3:], before[3:]) and before[2].any()


def test_changes_of_one_map_follow_one_another() -> None:
    twice = [MapChange(LAST, 3, Change.OFF), MapChange(LAST, 3, Change.INVERTED)]
    assert torch.equal(maps_of(with_changes(STANDARD, twice), LAST)[3], torch.ones_like(maps_of(STANDARD, LAST)[3]))


def test_the_network_itself_stays_as_it_was_and_lends_its_weights() -> None:
    before = STANDARD(IMAGE[None])
    changed = with_changes(STANDARD, [MapChange("conv1", None, Change.OFF)])
    assert not torch.allclose(changed(IMAGE[None]), before)
    assert torch.equal(STANDARD(IMAGE[None]), before)
    assert {one.data_ptr() for one in changed.parameters()} == {one.data_ptr() for one in STANDARD.parameters()}


@pytest.mark.parametrize(("stage", "number"), [("pool9", 0), (LAST, 10_000), (LAST, -1)])
def test_what_a_network_does_not_have_is_refused_in_a_sentence(stage: str, number: int) -> None:
    with pytest.raises(ValueError, match=r"^(This network|The stage) .*\.$"):
        with_changes(STANDARD, [MapChange(stage, number, Change.OFF)])


@pytest.mark.parametrize("stage", ["conv1", LAST, "inverted", "fc1"])
def test_each_map_in_turn_costs_what_it_costs_alone(stage: str) -> None:
    together = silence_each(MISSING, IMAGE, stage)
    for number, read in enumerate(together[:6]):
        alone = with_changes(MISSING, [MapChange(stage, number, Change.OFF)])
        assert torch.allclose(alone.predict(IMAGE[None])[0], read, atol=1e-5)


def test_the_fewest_maps_change_the_answer_and_all_but_the_last_do_not() -> None:
    steps = list(find_fewest_maps(STANDARD, IMAGE, LAST))
    assert [len(one.maps) for one in steps] == list(range(1, len(steps) + 1))
    assert [one.changed for one in steps] == [False] * (len(steps) - 1) + [True]
    off = with_changes(STANDARD, [MapChange(LAST, number, Change.OFF) for number in steps[-1].maps])
    probability, label = off.predict(IMAGE[None])[0].max(0)
    assert int(label) == steps[-1].label != int(STANDARD(IMAGE[None]).argmax())
    assert float(probability) == pytest.approx(steps[-1].probability, abs=1e-5)
