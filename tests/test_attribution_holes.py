"""A hole at every place, and the smallest erasures: against trying every one of them alone."""

import pytest
import torch
from torch import Tensor

from core.attribution.hole_maps import count_correct, count_places, join_rows, scan_with_hole
from core.attribution.smallest_erasure import find_fewest_pixels, find_smallest_square
from core.inversion.functions import with_inversion
from core.networks.evaluation import predict, predict_digit
from core.pmnist.masks import cut_mask, erase, keep_all, rectangle, sliding_squares
from core.restoration.restorer import Restorer
from core.zoo.checkpoints import load_classifier, load_network
from tests.sample_digits import real_digits, real_set

STANDARD, ASSIGNMENT = load_classifier("standard"), load_classifier("assignment")
DIGITS = real_set().test


def digit(index: int) -> Tensor:
    return DIGITS.images(slice(index, index + 1))[0]


def close(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, atol=1e-5)


# A hole everywhere


def test_a_square_of_nine_pixels_has_four_hundred_places_row_by_row() -> None:
    masks = sliding_squares(9)
    assert masks.shape == (400, 28, 28) and count_places(9) == 20
    assert torch.equal(masks[3 * 20 + 7], rectangle(7, 3, 16, 12))
    assert sliding_squares(28).shape == (1, 28, 28) and not sliding_squares(28).any()


@pytest.mark.parametrize("size", [0, 29, -3])
def test_a_hole_that_does_not_fit_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}"):
        scan_with_hole({"standard": STANDARD}, digit(0), keep_all(), size=size)


def test_every_network_reads_each_place_as_it_reads_that_hole_alone() -> None:
    networks = {"standard": STANDARD, "inverted": with_inversion(STANDARD, "complement"), "assignment": ASSIGNMENT}
    mask = cut_mask("VCUT")
    maps = scan_with_hole(networks, digit(9), mask, size=9)
    masks = sliding_squares(9) & mask
    for place in ((0, 0), (4, 11), (19, 19)):
        alone = predict_digit(networks, digit(9)[0].numpy(), masks[place[0] * 20 + place[1]].numpy())
        assert all(maps[name].probabilities[place] == pytest.approx(read, abs=1e-5) for name, read in alone.items())


def test_networks_with_the_same_features_share_the_work_on_them() -> None:
    seen: list[int] = []
    networks = {"a": STANDARD, "b": with_inversion(STANDARD, "complement"), "c": with_inversion(STANDARD, "negative")}
    handle = STANDARD.features.conv1.register_forward_hook(lambda _, given, __: seen.append(len(given[0])))
    try:
        scan_with_hole(networks, digit(3), keep_all(), size=20)
    finally:
        handle.remove()
    assert sum(seen) == 81


def test_bands_of_rows_make_the_whole_map() -> None:
    networks = {"standard": STANDARD}
    whole = scan_with_hole(networks, digit(7), keep_all(), size=11)["standard"]
    bands = [
        scan_with_hole(networks, digit(7), keep_all(), size=11, rows=rows)["standard"]
        for rows in (range(5), range(5, 17), range(17, 18))
    ]
    assert join_rows(bands).probabilities == pytest.approx(whole.probabilities, abs=1e-5)


def test_a_margin_is_above_zero_where_the_class_is_read_and_nowhere_else() -> None:
    networks = {"standard": STANDARD, "assignment": ASSIGNMENT}
    maps, label = scan_with_hole(networks, digit(18), keep_all()), int(DIGITS.labels[18])
    counts = count_correct(maps, label)
    assert counts.shape == (20, 20) and 0 < counts.mean() < 2
    for found in maps.values():
        margins = found.margins(label)
        assert ((margins > 0) == (found.labels == label)).all() and abs(margins).max() <= 1
    assert (counts == sum((found.labels == label).astype(int) for found in maps.values())).all()


# The smallest erasures


@pytest.mark.slow
def test_no_smaller_square_changes_what_is_read() -> None:
    networks = {"standard": STANDARD, "assignment": ASSIGNMENT}
    for index in (8, 15, 18):
        image = digit(index)
        *_, last = find_smallest_square(networks, image, keep_all())
        for name, found in last.found.items():
            before = int(networks[name](image[None]).argmax())
            assert found.label != before == int(predict(networks[name], image[None]).argmax())
            assert int((~found.mask).sum()) == found.size**2
            now = predict(networks[name], image[None], found.mask)[0]
            assert int(now.argmax()) == found.label and float(now.max()) == pytest.approx(found.probability, abs=1e-4)
            for size in range(1, found.size):
                masks = sliding_squares(size)
                read = predict(networks[name], image.expand(len(masks), 1, 28, 28), masks).argmax(1)
                assert (read == before).all()


def test_of_the_smallest_squares_the_one_is_shown_that_is_surest_of_something_else() -> None:
    image = digit(8)
    *_, last = find_smallest_square({"standard": STANDARD}, image, keep_all())
    found, before = last.found["standard"], int(STANDARD(image[None]).argmax())
    masks = sliding_squares(found.size)
    sure, read = predict(STANDARD, image.expand(len(masks), 1, 28, 28), masks).max(1)
    assert found.probability == pytest.approx(float(sure[read != before].max()), abs=1e-4)


def test_the_search_tells_every_size_and_ends_when_all_have_changed_their_minds() -> None:
    steps = list(find_smallest_square({"standard": STANDARD, "assignment": ASSIGNMENT}, digit(15), keep_all()))
    assert [step.size for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps[-1].found) == 2 and all(len(step.found) < 2 for step in steps[:-1])
    assert all(before.tried < after.tried for before, after in zip(steps, steps[1:], strict=False))


def test_what_was_missing_before_stays_missing_and_does_not_count_as_ink() -> None:
    mask = cut_mask("HCUT")
    *_, last = find_smallest_square({"standard": STANDARD}, digit(15), mask)
    if found := last.found.get("standard"):
        assert not found.mask[~mask].any()
    *_, step = find_fewest_pixels(STANDARD, digit(15), mask)
    assert not step.mask[~mask].any() and step.pixels == int((mask & ~step.mask).sum())


def test_blank_paper_has_nothing_to_erase() -> None:
    blank = torch.zeros(1, 28, 28)
    assert not list(find_smallest_square({"standard": STANDARD}, blank, keep_all()))
    assert not list(find_fewest_pixels(STANDARD, blank, keep_all()))


def test_of_the_pixels_found_none_is_needless() -> None:
    for network, index in ((STANDARD, 8), (ASSIGNMENT, 3), (STANDARD, 15)):
        image = digit(index)
        before = int(network(image[None]).argmax())
        steps = list(find_fewest_pixels(network, image, keep_all()))
        last = steps[-1]
        erased = (~last.mask).nonzero().tolist()
        assert last.changed and last.label != before and len(erased) == last.pixels
        assert all(image[0][tuple(place)] > 0 for place in erased)
        for place in erased:
            back = last.mask.clone()
            back[tuple(place)] = True
            assert int(network(erase(image[None], back)).argmax()) == before


def test_pixels_go_one_at_a_time_and_the_first_costs_most_of_the_lead() -> None:
    image = digit(3)
    first, *others = find_fewest_pixels(STANDARD, image, keep_all())
    counts = [first.pixels, *(step.pixels for step in others)]
    assert counts[0] == 1 and all(abs(a - b) == 1 for a, b in zip(counts, counts[1:], strict=False))
    label = int(STANDARD(image[None]).argmax())

    def lead(mask: Tensor) -> float:
        logits = STANDARD(erase(image[None], mask))[0]
        return float(logits[label] - logits[torch.arange(10) != label].max())

    singles = sliding_squares(1)
    singles = singles[(~singles & (image[0] > 0)).any((1, 2))]
    assert lead(first.mask) == pytest.approx(min(map(lead, singles)), abs=1e-4)


# Networks that restore


def restorer() -> Restorer:
    return Restorer(STANDARD, real_digits(2000))


@pytest.mark.parametrize("cut", ["whole", "HCUT"])
@pytest.mark.parametrize("size", [1, 9, 16])
def test_a_restoring_network_reads_each_place_as_it_reads_that_hole_alone(size: int, cut: str) -> None:
    network, mask, image = restorer(), cut_mask(cut), digit(9)
    rows = range(10, 12)
    found = scan_with_hole({"restoring": network}, image, mask, size=size, rows=rows)["restoring"].probabilities
    masks = (sliding_squares(size) & mask)[10 * count_places(size) : 12 * count_places(size)]
    expected = network.predict(erase(image.expand(len(masks), 1, 28, 28), masks), masks)
    seen = ((image > 0) & masks).any((1, 2)).numpy()  # where nothing is, all references fit alike, and rounding chooses
    assert seen.sum() > 20
    assert found.reshape(-1, 10)[seen] == pytest.approx(expected.numpy()[seen], abs=5e-3)


def test_a_restoring_network_reads_blank_paper_with_a_hole_in_it() -> None:
    blank = torch.zeros(1, 28, 28)
    found = scan_with_hole({"restoring": restorer()}, blank, keep_all(), size=25, rows=range(1))["restoring"]
    assert found.probabilities.sum(2) == pytest.approx(1.0, abs=1e-5)


def test_a_coarse_search_tries_every_other_size_and_its_find_holds() -> None:
    network, image = restorer(), digit(18)
    steps = list(find_smallest_square({"restoring": network}, image, keep_all(), coarse=True))
    assert [step.size for step in steps] == list(range(2, 2 * len(steps) + 1, 2))
    found = steps[-1].found["restoring"]
    read = int(network.predict(erase(image[None], found.mask), found.mask).argmax())
    assert read == found.label != int(network.predict(image[None]).argmax())


def test_a_network_that_finds_holes_itself_is_not_told_of_them() -> None:
    blind = load_network("restoring-blind", references=real_digits(2000))
    found = scan_with_hole({"blind": blind}, digit(9), keep_all(), size=20, rows=range(3, 4))["blind"]
    masks = sliding_squares(20)[27:36]
    assert close(torch.from_numpy(found.probabilities[0]), blind.predict(digit(9) * masks[:, None]))
