"""The distance of a partial digit to whole ones on its visible pixels: two measures, neither of them trained.

`distortions` compares with one whole digit and matches each pixel nearby; `blend_distances` compares with the best
blend of several. They fail on different digits, so both together are better than either.
"""

from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, pad

from core.pmnist.masks import SIDE
from core.system import interrupts

# How far away a pixel's match may be. Two pixels cost three times as much and were up to 2 points worse on 1,000
# validation digits: then nearly everything matches.
REACH = 1
# Weight of a difference in ink relative to one in slope: 2 to 4 are equally good, 0.5 is half a point worse.
INK = 3.0
# Keeps a blend near the mean of its digits: 5 to 20 are equally good, 1 and 50 are half a point worse.
RIDGE = 10.0
CANDIDATES = 200  # references, the nearest pixel by pixel, that are compared by their distortion
BLENDED = 40  # references of each class, the nearest pixel by pixel, that are blended
# The distortion, and the squared distance to a class's blend, at which a fill's weight falls to 1/e: of 1.2 to 2.5 and
# 0.6 to 1.4 the best on 2,000 validation digits. Without the blends half a point to more than one is lost.
DISTORTION, BLEND = 2.5, 1.0

SOBEL = ((-0.25, 0.0, 0.25), (-0.5, 0.0, 0.5), (-0.25, 0.0, 0.25))


@torch.no_grad()
def distortions(visible: Tensor, kept: Tensor, references: Tensor) -> Tensor:
    """Return how far each of `references` `(K, 784)` must be distorted to look like one digit `(784,)`: `(K,)`.

    The image distortion model (Keysers et al. 2007): every kept pixel takes the best match within REACH pixels, by the
    slopes and the ink of the 3x3 pixels around it. `kept` is 1 or 0; hidden pixels of the digit do not count.
    """
    interrupts.check()
    visible, kept, references = _crop(visible, kept, references)
    weights = plane_weights(kept)
    wanted, offered = slopes_and_ink(visible[None]), pad(slopes_and_ink(references), (REACH,) * 4)
    rows, columns = kept.shape
    best = references.new_full((len(references), rows, columns), torch.inf)
    for down, right in product(range(2 * REACH + 1), repeat=2):
        differences = (offered[:, :, down : down + rows, right : right + columns] - wanted).square_()
        torch.minimum(best, sum_neighbours(differences.mul_(weights).sum(1)), out=best)
    # Next to the hole fewer of the 3x3 pixels count, but each kept pixel has the same weight.
    share = kept / sum_neighbours(weights.sum(0, keepdim=True)).clamp(min=INK)
    return (best * share).sum((1, 2)) * (2 + INK)


def _crop(visible: Tensor, kept: Tensor, references: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return all three as pictures without the rows and columns that do not matter: about half of each."""
    visible, kept, references = (pixels.unflatten(-1, (SIDE, SIDE)) for pixels in (visible, kept, references))
    near = 1 + REACH + 1  # a pixel's cost is about the 3x3 pixels around it, matched within REACH, and their slopes
    inked = max_pool2d(((visible + references.sum(0)) > 0).float()[None], 2 * near + 1, 1, near)[0]
    matters = (inked * kept).bool()
    box = tuple(_span(matters.any(side), near) for side in (1, 0))
    return visible[box], kept[box], references[:, *box]


def _span(matters: Tensor, near: int) -> slice:
    """Return the lines from the first to the last that matters, with a margin; at least one line."""
    lines = matters.nonzero()
    if not len(lines):
        return slice(0, 1)
    return slice(max(0, int(lines[0]) - near), int(lines[-1]) + near + 1)


def slopes_and_ink(pictures: Tensor) -> Tensor:
    """Return slope to the right, slope downwards and ink of `(K, H, W)`: `(K, 3, H, W)`."""
    right = torch.tensor(SOBEL, device=pictures.device)
    slopes = conv2d(pictures[:, None], torch.stack([right, right.T])[:, None], padding=1)
    return torch.cat([slopes, pictures[:, None]], 1)


def plane_weights(kept: Tensor) -> Tensor:
    """Return each plane's weight at each pixel, `(3, H, W)`: slopes count only where they contain no hidden pixel."""
    inside = sum_neighbours(pad(kept, (1, 1, 1, 1), value=1.0)[None])[0, 1:-1, 1:-1] > 8.5
    return torch.stack([inside.float(), inside.float(), INK * kept])


def sum_neighbours(values: Tensor) -> Tensor:
    """Return the sum of the 3x3 pixels around each pixel, 0 beyond the edge; twice as fast as pooling."""
    padded = pad(values, (1, 1, 1, 1))
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]


@torch.no_grad()
def blend_distances(visible: Tensor, kept: Tensor, references: Tensor) -> Tensor:
    """Return squared distances `(N,)` of digits `(N, 784)` to the best blends of their `references` `(N, K, 784)`.

    On kept pixels (1 or 0, one row or one per digit) the least of |x - m - sum a(r - m)|^2 + RIDGE |a|^2 over the
    shares a of the references r, whose mean is m: Vincent and Bengio's local hyperplane distance (2002).
    """
    mean = references.mean(1)
    directions = (references - mean[:, None]) * kept[:, None]
    rest = (visible - mean) * kept
    projected = directions @ rest[..., None]
    gram = directions @ directions.mT + RIDGE * torch.eye(references.shape[1], device=references.device)
    shares = torch.cholesky_solve(projected, torch.linalg.cholesky(gram))
    return rest.square().sum(1) - (shares * projected).sum((1, 2))
