"""Small sets of digits as files on disk, in torchvision's layout."""

from pathlib import Path

import numpy as np

from core.digits.layouts import LAYOUTS

CLASS_COUNTS = {name: len(layout.classes) for name, layout in LAYOUTS.items()}
MAGIC = {"idx3-ubyte": 0x0803, "idx1-ubyte": 0x0801, "idx2-int": 0x0C02}


def idx(ending: str, array: np.ndarray) -> bytes:
    """Return an IDX file: the number of its kind, the sizes, the values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return MAGIC[ending].to_bytes(4, "big") + sizes + array.tobytes()


def make_set(root: Path, name: str = "MNIST", train: int = 60, test: int = 12, seed: int = 0) -> Path:
    """Write a small set; each picture has one bright top row, so that its orientation shows."""
    random = np.random.default_rng(seed)
    for path, count in zip(LAYOUTS[name].paths(root), (train, train, test, test), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        ending = "-".join(path.name.split("-")[-2:])
        if ending == "idx3-ubyte":
            array = random.integers(0, 100, (count, 28, 28), dtype=np.uint8)
            array[:, 0, :] = 255
            array = array.transpose(0, 2, 1) if name.startswith("EMNIST") else array
        else:
            array = (np.arange(count) % CLASS_COUNTS[name] + LAYOUTS[name].first_label).astype(np.uint8)
            if ending == "idx2-int":
                array = np.stack([array, *[array + 100] * 7], axis=1).astype(">i4")
        path.write_bytes(idx(ending, array))
    return root
