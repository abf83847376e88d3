"""One's own pictures of five classes, as files in each format."""

import gzip
import io
import struct
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tests.zip_files import zipped

NAMES = ("apple", "boat", "cup", "dog", "egg")


def pictures(count: int = 60, side: int = 28) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return uint8 pictures (count, side, side), a bright bar at a height that tells the class, and their labels."""
    random = np.random.default_rng(3)
    pixels, labels = random.integers(0, 40, (count, side, side), np.uint8), np.arange(count) % len(NAMES)
    for picture, label in zip(pixels, labels, strict=True):
        top = side * (label + 1) // 7
        picture[top : top + side // 7, side // 7 : -side // 7] = 250
    return pixels, labels


def png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def idx(values: NDArray[Any]) -> bytes:
    shape = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, 8, values.ndim]) + shape + values.astype(np.uint8).tobytes()


def csv(pixels: NDArray[Any], labels: Any, *, head: bool = True) -> bytes:
    table = pd.DataFrame(pixels.reshape(len(pixels), -1))
    table.insert(0, "label", labels)
    return table.to_csv(index=False, header=head).encode()


def parquet(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(columns).to_parquet(stream)
    return stream.getvalue()


def folders(pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> bytes:
    files = [(f"{NAMES[label]}/{at}.png", png(one)) for at, (one, label) in enumerate(zip(pixels, labels, strict=True))]
    return zipped(*files)


def every_format() -> dict[str, list[tuple[str, bytes]]]:
    """Return the same sixty pictures as files, by format."""
    pixels, labels = pictures()
    named = np.array(NAMES)[labels]
    packed = [("train-images-idx3-ubyte.gz", gzip.compress(idx(pixels))), ("train-labels-idx1-ubyte", idx(labels))]
    stored = [{"bytes": png(one), "path": None} for one in pixels]
    wide = {f"pixel{at}": pixels.reshape(60, -1)[:, at] for at in range(784)}
    return {
        "a ZIP of folders": [("mine.zip", folders(pixels, labels))],
        "IDX": packed,
        "IDX in a ZIP": [("idx.zip", zipped(*packed))],
        "CSV": [("a.csv", csv(pixels, named))],
        "CSV without head": [("a.csv", csv(pixels, labels, head=False))],
        "CSV from 0 to 1": [("a.csv", csv(pixels / 255, labels))],
        "NPZ": [("a.npz", npz(images=pixels, labels=labels))],
        "NPZ as PyTorch has it": [("a.npz", npz(x=pixels[:, None] / np.float32(255), y=np.eye(5)[labels]))],
        "NPZ as Keras has it": [("a.npz", npz(x_train=pixels[..., None], y_train=labels))],
        "Parquet of files": [("a.parquet", parquet(image=stored, label=labels))],
        "Parquet of lists": [("a.parquet", parquet(label=named, image=[one.ravel() for one in pixels]))],
        "Parquet of columns": [("a.parquet", parquet(label=labels, **wide))],
    }
