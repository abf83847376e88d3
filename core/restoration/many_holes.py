"""One digit under many holes, read by a restoring network: what the holes share is computed once.

The result is that of `Restorer.predict`, hole by hole, except for rounding and for fills with hardly any weight. If a
hole leaves nothing of the digit, all references fit equally well, and rounding decides which of them are filled in.
Measured on one core: 7 ms a hole where `Restorer.predict` takes 28 ms.
"""

from itertools import product
from math import log

import torch
from torch import Tensor
from torch.nn.functional import pad

from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH
from core.pmnist.masks import SIDE
from core.restoration.distances import (
    BLEND,
    BLENDED,
    CANDIDATES,
    DISTORTION,
    INK,
    REACH,
    RIDGE,
    plane_weights,
    slopes_and_ink,
    sum_neighbours,
)
from core.restoration.references import References

HOLES = 200  # holes at once: the references near any of them, 600 to 2,000, take up to 170 MB
DISTANCE_HOLES = 25  # holes whose distances to all references are computed at once: 5 MB fit the processor's cache
CHUNK = 16  # candidates that are compared in full at once
MIN_WEIGHT = 1e-3  # lighter fills are left out: fewer than half remain, and no probability changes by 0.01
MARGIN = 3  # pixels around a hole whose comparison changes with it: slopes, matches and neighbours


@torch.no_grad()
def predict_under_holes(
    classifier: Classifier, references: References, neighbours: int, image: Tensor, masks: Tensor
) -> Tensor:
    """Return probabilities `(M, classes)` of one image `(1, 28, 28)` under each of many masks `(M, 28, 28)`."""
    masks = masks.to(image.device)
    digit = _Digit(references, neighbours, image.flatten(), masks.any(0).flatten().float())
    return torch.cat([digit.predict(classifier, part.flatten(1).float()) for part in masks.split(HOLES)])


class _Digit:
    """One digit, and how unlike the references it is where any of the masks keeps it (the base)."""

    def __init__(self, references: References, neighbours: int, image: Tensor, base: Tensor) -> None:
        self.references, self.neighbours, self.base, self.visible = references, neighbours, base, image * base
        distances = references.squared_distances
        # The distance is linear in the visible and in the hidden pixels, so a hole's own part can be added later.
        everything = distances(image.new_zeros(1, SIDE**2), image.new_ones(1, SIDE**2))
        self.squared = distances(self.visible[None], base[None]) - everything

    def predict(self, classifier: Classifier, kept: Tensor) -> Tensor:
        """Return probabilities `(M, classes)` under masks `(M, 784)` of 1 and 0, each within the base."""
        holes = self.base - kept
        found = [self._nearest(part) for part in holes.split(DISTANCE_HOLES)]
        nearest, *of_classes = (torch.cat(parts) for parts in zip(*found, strict=True))
        blends = self._blends(holes, of_classes).gather(1, self.references.labels[nearest]) / BLEND
        distances, order = self._distances(kept, nearest, blends).topk(self.neighbours, largest=False)
        return self._predict_filled(classifier, kept, nearest.gather(1, order), (-distances).softmax(1))

    def _nearest(self, holes: Tensor) -> list[Tensor]:
        """Return the references nearest to the digit under each hole, of all and then of each class."""
        squared = self.references.squared_distances(-self.visible * holes, 1 - holes).add_(self.squared)
        count = max(self.neighbours, min(CANDIDATES, len(self.references)))
        of_classes = [
            members[squared[:, members].topk(min(BLENDED, len(members)), largest=False, sorted=False).indices]
            for members in self.references.classes.values()
        ]
        return [squared.topk(count, largest=False).indices, *of_classes]

    def _distances(self, kept: Tensor, nearest: Tensor, blends: Tensor) -> Tensor:
        """Return each hole's distance to its nearest references; infinite for those that cannot be among the best."""
        references, places = nearest.unique(return_inverse=True)
        near = _Near(self.visible, self.base, self.references.vectors(references))
        best = [
            near.distances(mask.unflatten(0, (SIDE, SIDE)), chosen, blend, self.neighbours)
            for mask, chosen, blend in zip(kept, places, blends, strict=True)
        ]
        return torch.stack(best)

    def _blends(self, holes: Tensor, of_classes: list[Tensor]) -> Tensor:
        """Return how far the digit is from a blend of each class's nearest references under each hole `(M, labels)`."""
        distances = holes.new_zeros(len(holes), max(self.references.classes) + 1)
        for label, near in zip(self.references.classes, of_classes, strict=True):
            chosen, places = near.unique(return_inverse=True)
            vectors = torch.cat([self.references.vectors(chosen), self.visible[None]])
            distances[:, label] = blend_under_holes(vectors, self.base, holes, places)
        return distances

    def _predict_filled(self, classifier: Classifier, kept: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """Return the classifier's probabilities, averaged over the fills with some weight."""
        hole, fill = (weights >= MIN_WEIGHT).nonzero().unbind(1)
        vectors = self.references.vectors(chosen[hole, fill])
        images = torch.where(kept[hole] > 0, self.visible, vectors * (1 - kept[hole])).view(-1, 1, SIDE, SIDE)
        each = torch.cat([classifier.predict(part) for part in images.split(BATCH)])
        weights = weights * (weights >= MIN_WEIGHT)
        weights /= weights.sum(1, keepdim=True)
        return each.new_zeros(len(kept), each.shape[1]).index_add_(0, hole, each * weights[hole, fill, None])


def blend_under_holes(vectors: Tensor, base: Tensor, holes: Tensor, places: Tensor) -> Tensor:
    """Return `blend_distances` `(M,)` of a digit under holes `(M, 784)` in the base, from products made once for all.

    `vectors` `(U + 1, 784)` are references and last the digit; `places` `(M, K)` says which of them each hole has. On
    kept pixels, products of pictures are those on the base less those in the hole; of their differences to the mean,
    products less their means.
    """
    products = (vectors * base) @ vectors.T
    rows = torch.cat([places, places.new_full((len(places), 1), len(vectors) - 1)], 1)  # the digit is last
    pixels, inside = _list_pixels(holes)
    hidden = vectors[rows[:, :, None], pixels[:, None, :]] * inside[:, None, :]
    products = products[rows[:, :, None], rows[:, None, :]] - hidden @ hidden.mT
    means = products[:, :, :-1].mean(2, keepdim=True)
    centred = products - means - means.mT + means[:, :-1].mean(1, keepdim=True)
    ridge = RIDGE * torch.eye(places.shape[1], device=vectors.device)
    gram, projected = centred[:, :-1, :-1] + ridge, centred[:, :-1, -1:]
    shares = torch.cholesky_solve(projected, torch.linalg.cholesky(gram))
    return centred[:, -1, -1] - (shares * projected).sum((1, 2))


def _list_pixels(holes: Tensor) -> tuple[Tensor, Tensor]:
    """Return each hole's pixels `(M, P)`, filled up to as many as the largest has, and 1 where they are its own."""
    most = int(holes.sum(1).max())
    inside, pixels = holes.topk(max(1, most))
    return pixels, inside


class _Near:
    """How far references `(U, 784)` must be distorted to look like the digit: pixel by pixel, for every shift.

    As `distances.distortions`, mask by mask; what a hole does not change is taken from the base.
    """

    def __init__(self, visible: Tensor, base: Tensor, references: Tensor) -> None:
        self.base, side = base.view(SIDE, SIDE), 2 * REACH + 1
        wanted = slopes_and_ink(visible.view(1, SIDE, SIDE))
        offered = pad(slopes_and_ink(references.unflatten(1, (SIDE, SIDE))), (REACH,) * 4)
        padded = SIDE + 2 * MARGIN
        self.slopes, self.inks = references.new_zeros(2, len(references), side**2, padded, padded)
        inner = slice(MARGIN, -MARGIN)
        for shift, (down, right) in enumerate(product(range(side), repeat=2)):
            squares = (offered[:, :, down : down + SIDE, right : right + SIDE] - wanted).square_()
            torch.add(squares[:, 0], squares[:, 1], out=self.slopes[:, shift, inner, inner])
            self.inks[:, shift, inner, inner] = squares[:, 2]
        everywhere, weighed = (slice(None), slice(None)), _weights(self.base)
        parts = torch.arange(len(references)).split(CHUNK)
        costs = torch.cat([self._cost(part, everywhere, *weighed) for part in parts])
        # In float64, for a window's costs are then the difference of four large numbers.
        self.sums = pad(costs.double().cumsum(1).cumsum(2), (1, 0, 1, 0))

    def _cost(self, chosen: Tensor, window: tuple[slice, slice], weights: Tensor, share: Tensor) -> Tensor:
        """Return what each pixel of a window, less its rim, adds to the distortion of the chosen references."""
        differences = self.slopes[chosen, :, *window].mul_(weights[0][window])
        differences.addcmul_(self.inks[chosen, :, *window], weights[2][window])
        rows = (differences[..., :-2, :] + differences[..., 1:-1, :]).add_(differences[..., 2:, :])
        best = (rows[..., :-2] + rows[..., 1:-1]).add_(rows[..., 2:]).amin(1)
        return best * share[window][1:-1, 1:-1]

    def _outside(self, chosen: Tensor, window: tuple[slice, slice]) -> Tensor:
        """Return what all pixels but those of a window, less its rim, add for the chosen references `(K,)`."""
        (top, bottom), (left, right) = ((side.start, side.stop - 2) for side in window)  # costs have no rim
        rows, columns = [bottom, top, bottom, top, -1], [right, right, left, left, -1]
        corners = self.sums[chosen[:, None], rows, columns]
        return (corners @ corners.new_tensor([-1.0, 1.0, 1.0, -1.0, 1.0])).float()

    def distances(self, kept: Tensor, chosen: Tensor, blends: Tensor, count: int) -> Tensor:
        """Return the chosen ones' `(K,)` distortion and blend under one mask; infinite where it cannot matter.

        The part outside of the hole's window is a lower bound. It alone excludes most references: they cannot be among
        the best `count`, or weigh less than MIN_WEIGHT next to the best.
        """
        hidden = (self.base - kept) > 0
        if not hidden.any():
            return blends + self.sums[chosen, -1, -1].float() / DISTORTION
        window = _window(hidden)
        least = blends + self._outside(chosen, window) / DISTORTION
        weights, share = _weights(kept)
        found = torch.full_like(least, torch.inf)
        for part in least.argsort().split(CHUNK):
            best = found.topk(count, largest=False).values
            if float(least[part[0]]) > min(float(best[-1]), float(best[0]) - log(MIN_WEIGHT)):
                break
            found[part] = least[part] + self._cost(chosen[part], window, weights, share).sum((1, 2)) / DISTORTION
        return found


def _window(hidden: Tensor) -> tuple[slice, slice]:
    """Return the rows and columns, counted with the margin, that a hole's own part depends on."""
    spans = [hidden.any(axis).nonzero()[:, 0] for axis in (1, 0)]
    rows, columns = (slice(int(span[0]), int(span[-1]) + 1 + 2 * MARGIN) for span in spans)
    return rows, columns


def _weights(kept: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each plane counts `(3, H, W)` and each pixel's share `(H, W)` under a mask, a margin of 0 around."""
    weights = plane_weights(kept)
    share = kept / sum_neighbours(weights.sum(0, keepdim=True))[0].clamp(min=INK) * (2 + INK)
    return pad(weights, (MARGIN,) * 4), pad(share, (MARGIN,) * 4)
