"""The one step that brings a digit nearer to MNIST's: each is tried, and the distance measured again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from core.digits.drawing import Array, centre, crop_to_ink, fit
from core.digits.likeness.measures import MEASURES, measure, sheared, slant
from core.digits.likeness.reference import DISTANCE, Reference, shipped

MIN_GAIN = 0.02  # of the distance: a smaller one is no advice


@dataclass(frozen=True)
class Likeness:
    """How unlike MNIST a digit is, in all and by measure, and what would bring it nearer."""

    measures: dict[str, float]
    """Stroke width, size, proportion, slant, centre; see `measures`."""
    shares: dict[str, float]
    """The share of MNIST's digits that are below each measure."""
    distance: float
    unlike: float
    """The share of MNIST's digits that are nearer to their neighbours, 0 to 1."""
    advice: str
    """A sentence; empty where no step helps."""
    advised_unlike: float
    """What `unlike` is after that step."""


def find_likeness(digit: Array, reference: Reference | None = None) -> Likeness:
    """Measure a digit (28, 28). Raises ValueError for one without ink."""
    reference = shipped() if reference is None else reference
    measures = measure(digit)
    shares = {name: reference.share_below(name, measures[name]) for name in MEASURES}
    tried = {sentence: _distance(reference, step(digit)) for sentence, step in STEPS.items()}
    distance = _distance(reference, digit)
    best = min(tried, key=lambda sentence: tried[sentence])
    advice = best if tried[best] < distance - MIN_GAIN else ""
    after = tried[best] if advice else distance
    unlike = [reference.share_below(DISTANCE, value) for value in (distance, after)]
    return Likeness(measures, shares, distance, unlike[0], advice, unlike[1])


def _distance(reference: Reference, digit: Array) -> float:
    return float(reference.distance(digit[None])[0])


def _thicker(digit: Array) -> Array:
    return np.asarray(ndimage.grey_dilation(digit, footprint=ndimage.generate_binary_structure(2, 1)), np.float32)


def _thinner(digit: Array) -> Array:
    return np.asarray(ndimage.grey_erosion(digit, footprint=ndimage.generate_binary_structure(2, 1)), np.float32)


def _upright(digit: Array) -> Array:
    return sheared(digit, -slant(digit))


def _normalised(digit: Array) -> Array:
    return centre(fit(crop_to_ink(digit)))


STEPS: dict[str, Callable[[Array], Array]] = {
    "Thicker strokes would bring it nearer to MNIST's digits.": _thicker,
    "Thinner strokes would bring it nearer to MNIST's digits.": _thinner,
    "Writing it upright would bring it nearer to MNIST's digits.": _upright,
    "Its full size, in the middle, would bring it nearer to MNIST's digits.": _normalised,
}
