"""Masks: PMNIST's named cuts, rectangles, squares and growing holes; and erasing by them.

A mask is bool `(28, 28)` or `(N, 28, 28)`, True = kept. Erased pixels are 0, the background's value.
"""

from typing import Literal

import torch
from torch import Tensor

SIDE = 28  # pixels of an MNIST digit
CUTS = ("HCUT", "VCUT", "DCUT", "TCUT")
GROWTH_DIRECTIONS = ("from the top", "from the left", "from the middle")
CUT_NAMES = {
    "HCUT": "top half",
    "VCUT": "left half",
    "DCUT": "two opposite quarters",
    "TCUT": "three squares",
}
Variant = Literal["text", "code"]
"""`text`: as the talk describes the cuts. `code`: as the published code cuts, which made its logs."""

SQUARE = 9  # three 9x9 squares are 243 of 784 pixels, 31 %: the nearest three equal squares get to the talk's 33 %
CODE_SQUARES = ((6, 6), (18, 11), (8, 17))  # (row, column) of the published code's three fixed squares
# Expected overlaps in one random draw. At 6, one draw in a few hundred has none; above, redrawing takes too long.
MAX_OVERLAPS = 6
PMNIST_SEED = 2019  # of the random squares; fixed, so that the set can be repeated


def keep_all() -> Tensor:
    """Return the mask `(28, 28)` that erases nothing."""
    return torch.ones(SIDE, SIDE, dtype=torch.bool)


def rectangle(x0: int, y0: int, x1: int, y1: int) -> Tensor:
    """Return the mask that erases columns x0..x1-1 of rows y0..y1-1.

    Raises ValueError unless this is a rectangle inside the 28x28 picture.
    """
    if not (0 <= x0 < x1 <= SIDE and 0 <= y0 < y1 <= SIDE):
        raise ValueError(f"{x0},{y0},{x1},{y1} is no rectangle x0,y0,x1,y1 within 0 to 28.")
    mask = keep_all()
    mask[y0:y1, x0:x1] = False
    return mask


def cut_masks(cut: str, count: int, *, variant: Variant = "text", seed: int = PMNIST_SEED) -> Tensor:
    """Return a named cut for `count` digits: the talk's TCUT is `(count, 28, 28)`, every other one mask `(28, 28)`."""
    if cut == "TCUT" and variant == "text":
        return random_squares(count, seed=seed)
    return cut_mask(cut, variant=variant)


def cut_mask(cut: str, *, variant: Variant = "text", seed: int = PMNIST_SEED) -> Tensor:
    """Return one mask `(28, 28)` of a named cut. Raises ValueError for an unknown name."""
    match cut, variant:
        case "whole", _:
            return keep_all()
        case "HCUT", _:
            return rectangle(0, 0, 28, 14)
        case "VCUT", _:
            return rectangle(0, 0, 14, 28)
        case "DCUT", "text":
            return rectangle(14, 0, 28, 14) & rectangle(0, 14, 14, 28)
        case "DCUT", "code":  # row 14 and column 14 stay: 46.4 % erased, not 50 %
            return rectangle(15, 0, 28, 14) & rectangle(0, 15, 14, 28)
        case "TCUT", "text":
            return random_squares(1, seed=seed)[0]
        case "TCUT", "code":
            return _squares(torch.tensor([CODE_SQUARES]))[0]
    raise ValueError(f"There is no cut called {cut!r} ({variant}); there are {', '.join(CUTS)}, as text or code.")


def random_squares(count: int, *, squares: int = 3, size: int = SQUARE, seed: int = PMNIST_SEED) -> Tensor:
    """Return masks `(count, 28, 28)`, each erasing `squares` squares of `size` pixels that do not overlap.

    Raises ValueError when so many squares do not fit side by side, or hardly ever do at random.
    """
    if not 1 <= size <= SIDE or not 0 <= squares <= (SIDE // size) ** 2 or _overlaps(squares, size) > MAX_OVERLAPS:
        raise ValueError(f"{squares} squares of {size} pixels do not fit into 28x28 at random.")
    generator = torch.Generator().manual_seed(seed)
    corners = torch.zeros(count, squares, 2, dtype=torch.long)
    again = torch.arange(count)
    while len(again):  # redraw where squares overlap, so that every valid placement is equally likely
        corners[again] = torch.randint(SIDE - size + 1, (len(again), squares, 2), generator=generator)
        again = again[_overlap(corners[again], size)]
    return _squares(corners, size)


def _overlaps(squares: int, size: int) -> float:
    """Return about how many pairs of squares overlap in one draw."""
    return squares * (squares - 1) / 2 * ((2 * size - 1) / (SIDE + 1 - size)) ** 2


def _overlap(corners: Tensor, size: int) -> Tensor:
    first, second = torch.triu_indices(corners.shape[1], corners.shape[1], 1)
    return ((corners[:, first] - corners[:, second]).abs() < size).all(-1).any(-1)


def _squares(corners: Tensor, size: int = SQUARE) -> Tensor:
    """Return masks `(N, 28, 28)` from corners `(N, squares, row and column)`."""
    kept, side = sliding_squares(size), SIDE - size + 1
    masks = torch.ones(len(corners), SIDE, SIDE, dtype=torch.bool)
    for place in (corners[..., 0] * side + corners[..., 1]).unbind(1):
        masks &= kept[place]
    return masks


def sliding_squares(size: int = SQUARE) -> Tensor:
    """Return a mask for each place of a square of `size` pixels, row by row: `((29 - size)^2, 28, 28)`.

    Raises ValueError for a size below 1 or larger than the picture.
    """
    if not 1 <= size <= SIDE:
        raise ValueError(f"A square hole has 1 to {SIDE} pixels a side, not {size}.")
    places = torch.arange(SIDE - size + 1)
    line = (torch.arange(SIDE) >= places[:, None]) & (torch.arange(SIDE) < places[:, None] + size)
    return ~(line[:, None, :, None] & line[None, :, None, :]).flatten(0, 1)


def growing_mask(kind: str, missing: float) -> Tensor:
    """Return a mask that erases about the share `missing` (0 to 1): "from the top", "from the left", "from the middle".

    Used for the curve of accuracy against the missing share. Raises ValueError for another kind.
    """
    lines, side = round(missing * SIDE), round(missing**0.5 * SIDE)
    low = (SIDE - side) // 2
    match kind:
        case "from the top":
            corners = (0, 0, SIDE, lines)
        case "from the left":
            corners = (0, 0, lines, SIDE)
        case "from the middle":
            corners = (low, low, low + side, low + side)
        case _:
            raise ValueError(f"A hole does not grow {kind!r}; it grows {', '.join(GROWTH_DIRECTIONS)}.")
    return rectangle(*corners) if lines and side else keep_all()


def erase(images: Tensor, mask: Tensor) -> Tensor:
    """Return `images` `(N, 1, 28, 28)` with the pixels where `mask` is False set to 0; the mask may be on the CPU.

    Raises ValueError unless the mask is bool `(28, 28)` or one such mask per image.
    """
    if mask.dtype != torch.bool or mask.shape[-2:] != (SIDE, SIDE) or mask.ndim not in (2, 3):
        raise ValueError(f"A mask is 28x28 of true and false, not {tuple(mask.shape)} of {mask.dtype}.")
    if mask.ndim == 3 and len(mask) != len(images):
        raise ValueError(f"{len(images)} digits need as many masks, not {len(mask)}.")
    mask = mask.to(images.device)
    return images * (mask if mask.ndim == 2 else mask[:, None])
