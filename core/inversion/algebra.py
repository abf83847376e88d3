"""An inverted head next to the equal ordinary head, in numbers: W(a*x + c) + b = (a*W)x + (b + c*W1)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.digits.datasets import Digits
from core.inversion.functions import INVERSIONS, Invert, to_ordinary
from core.inversion.summed_heads import compute_logits
from core.networks.classifier import Classifier

SHOWN_TERMS = 3  # of a sum, written out
MAX_RESPONSE = 4.0  # a response curve goes from minus to plus this


@dataclass(frozen=True, eq=False)
class RewrittenUnit:
    """One hidden unit, as the inverted head computes it and as the equal ordinary head does."""

    unit: int
    formula: str
    scale: float
    shift: float
    shown: list[int]
    """The features whose terms are written out: the largest ones."""
    features: Tensor
    """`(features,)`, before they are inverted."""
    weights: Tensor
    bias: float
    ordinary_weights: Tensor
    ordinary_bias: float

    @property
    def inverted(self) -> float:
        """The unit's sum in the inverted head."""
        return float(self.weights @ (self.scale * self.features + self.shift)) + self.bias

    @property
    def ordinary(self) -> float:
        """The unit's sum in the ordinary head."""
        return float(self.ordinary_weights @ self.features) + self.ordinary_bias


def rewrite_unit(network: Classifier, image: Tensor, *, unit: int | None = None) -> RewrittenUnit:
    """Return both forms of one hidden unit (default: the strongest) for an image `(1, 28, 28)`.

    Raises ValueError when the inversion is not affine: then no ordinary head is equal.
    """
    ordinary = to_ordinary(network)
    before, after = (next(m for m in one.head if isinstance(m, nn.Linear)) for one in (network, ordinary))
    inversion = INVERSIONS[network.inversion.name if isinstance(network.inversion, Invert) else "identity"]
    scale, shift = inversion.affine or (1.0, 0.0)
    with torch.no_grad():
        features = network.features(image[None])[0]
        unit = int(before(inversion.function(features[None])).argmax()) if unit is None else unit
    shown = (before.weight[unit] * features).abs().topk(SHOWN_TERMS).indices.tolist()
    return RewrittenUnit(
        unit,
        inversion.formula,
        scale,
        shift,
        shown,
        features,
        before.weight[unit],
        float(before.bias[unit]),
        after.weight[unit],
        float(after.bias[unit]),
    )


def largest_difference(network: Classifier, digits: Digits) -> float:
    """Return the largest difference of any logit to the equal ordinary network's; raises as `to_ordinary`."""
    ordinary, images = to_ordinary(network), digits.images()
    return float((compute_logits(network, images) - compute_logits(ordinary, images)).abs().max())


def response_curve(activation: str, inversion: str, points: int = 33) -> tuple[Tensor, Tensor]:
    """Return responses of a convolution, -MAX_RESPONSE to MAX_RESPONSE, and what the head reads, `(points,)` each."""
    given = torch.linspace(-MAX_RESPONSE, MAX_RESPONSE, points)
    read = INVERSIONS[inversion].function(getattr(functional, activation)(given)[None])
    return given, read[0, :points]
