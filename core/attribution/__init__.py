"""Why this class: where a network looks, where a digit may be missing, how little must go to change the answer."""

from core.attribution.deconvnet import Projection, map_stages, project_strongest
from core.attribution.erasure import Erasure, PixelStep, SquareStep, erase_pixels, grow_square
from core.attribution.methods import METHODS, AttributionError, Method, attribute
from core.attribution.robustness import HoleMap, count_right, join, places, read_everywhere

__all__ = [
    "METHODS",
    "AttributionError",
    "Erasure",
    "HoleMap",
    "Method",
    "PixelStep",
    "Projection",
    "SquareStep",
    "attribute",
    "count_right",
    "erase_pixels",
    "grow_square",
    "join",
    "map_stages",
    "places",
    "project_strongest",
    "read_everywhere",
]
