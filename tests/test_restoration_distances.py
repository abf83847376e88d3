"""How unlike partial and whole digits are: pixels that may look around, and blends of several digits."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from core.pmnist.masks import CUTS, cut_mask
from core.restoration.distances import INK, RIDGE, blend_distances, distortions
from tests.sample_digits import made_digits

IMAGES = made_digits(40, seed=1).images()
WHOLE = torch.ones(784)
AROUND = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def moved(pictures: Tensor, down: int, right: int) -> Tensor:
    """Move pictures `(..., 28, 28)` by some pixels; what comes in at the edge is background."""
    return pad(pictures, (2, 2, 2, 2))[..., 2 - down : 30 - down, 2 - right : 30 - right]


def slopes_by_hand(picture: Tensor) -> Tensor:
    """Return the weighted differences across and down, `(2, 28, 28)`: 1, 2 and 1 quarters of the three lines."""
    lines = {1: 0.25, 0: 0.5, -1: 0.25}
    across = sum(share * (moved(picture, line, -1) - moved(picture, line, 1)) for line, share in lines.items())
    down = sum(share * (moved(picture, -1, line) - moved(picture, 1, line)) for line, share in lines.items())
    return torch.stack([across, down])


def distortion_by_hand(image: Tensor, mask: Tensor, reference: Tensor) -> float:
    """Look pixel by pixel for the best of nine places; a slope counts where all nine pixels under it are visible."""
    inside = ~moved_any(~mask)
    planes = [torch.cat([slopes_by_hand(one), one[None]]).double() for one in (image * mask, reference)]
    counts = torch.stack([inside, inside, mask]).double() * torch.tensor([1, 1, INK]).view(3, 1, 1)
    costs = []
    for down, right in AROUND:
        differences = counts * (planes[0] - moved(planes[1], down, right)).square()
        costs.append(sum(moved(differences.sum(0), *place) for place in AROUND))
    share = sum(moved(counts.sum(0), *place) for place in AROUND) / (2 + INK)
    return float((torch.stack(costs).amin(0) / share)[mask].sum())


def moved_any(hidden: Tensor) -> Tensor:
    """Return where one of the nine pixels around is hidden."""
    return torch.stack([moved(hidden.float(), *place) > 0 for place in AROUND]).any(0)


@pytest.mark.parametrize("cut", ["whole", *CUTS])
def test_every_visible_pixel_takes_its_best_match_nearby(cut):
    mask, references = cut_mask(cut), IMAGES[10:15, 0]
    found = distortions(IMAGES[0].flatten(), mask.flatten().float(), references.flatten(1))
    expected = [distortion_by_hand(IMAGES[0, 0], mask, reference) for reference in references]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("cut", ["whole", "HCUT", "DCUT"])
def test_moving_a_digit_by_one_pixel_costs_nothing_and_by_two_pixels_much(cut):
    kept = cut_mask(cut).flatten().float()
    places = torch.stack([moved(IMAGES[8, 0], down, 1) for down in (-1, 0, 1)] + [moved(IMAGES[8, 0], 2, 0)])
    found = distortions(IMAGES[8].flatten() * kept, kept, places.flatten(1))
    assert (found[:3].abs() < 1e-3).all() and found[3] > 10


def test_what_is_hidden_on_the_digit_has_no_say_in_its_distortion():
    kept = cut_mask("VCUT").flatten().float()
    references, image = IMAGES[10:].flatten(1), IMAGES[3].flatten()
    scribbled = torch.where(kept > 0, image, torch.rand(784, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(distortions(scribbled, kept, references), distortions(image * kept, kept, references))


@pytest.mark.parametrize("cut", ["whole", *CUTS])
def test_the_blend_is_the_least_squares_one(cut):
    kept = cut_mask(cut).flatten().float()
    references = IMAGES[10:40].flatten(1).view(3, 10, 784)
    found = blend_distances(IMAGES[:3].flatten(1) * kept, kept[None], references)
    for number, members in enumerate(references.double()):
        mean = members.mean(0)
        directions, rest = (members - mean) * kept, (IMAGES[number].flatten() - mean) * kept
        held = torch.cat([directions, RIDGE**0.5 * torch.eye(10).double()], 1).T  # the ridge as ten more pixels
        wanted = torch.cat([rest, torch.zeros(10).double()])[:, None]
        shares = torch.linalg.lstsq(held, wanted).solution
        assert float(found[number]) == pytest.approx(float((wanted - held @ shares).square().sum()), rel=1e-4)


def test_one_mask_for_all_blends_as_one_per_digit():
    kept, references = cut_mask("HCUT").flatten().float()[None], IMAGES[10:40].flatten(1).view(3, 10, 784)
    visible = IMAGES[:3].flatten(1) * kept
    each = blend_distances(visible, kept.expand(3, 784), references)
    assert torch.allclose(blend_distances(visible, kept, references), each)


def test_a_mean_of_two_digits_is_their_blend_and_neither_of_them():
    pair = IMAGES[[1, 8]].flatten(1)
    middle = pair.mean(0, keepdim=True)
    assert float(blend_distances(middle, WHOLE[None], pair[None])) == pytest.approx(0, abs=1e-3)
    assert (distortions(middle[0], WHOLE, pair) > 10).all()


def test_with_nothing_visible_everything_is_alike():
    nothing, references = torch.zeros(784), IMAGES[:10].flatten(1)
    assert (distortions(nothing, nothing, references) == 0).all()
    assert (blend_distances(nothing[None], nothing[None], references[None]) == 0).all()
