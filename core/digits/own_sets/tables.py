"""CSV and Parquet files -> labelled pictures: a column of labels, and one column for each pixel or one of pictures."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.digits import isolated_decoder, parquet_program
from core.digits.isolated_decoder import DecoderError
from core.digits.own_sets.folders_of_pictures import read_folders
from core.digits.own_sets.labelled import LabelledPictures, flatten_labels, label_pictures, to_texts
from core.digits.own_sets.limits import MAX_PICTURES, MAX_UNPACKED, OwnSetError, check_count
from core.digits.own_sets.shrinking import Fit, shrink_array
from core.system import interrupts
from core.system.npz import npz_to_arrays

ROWS = 2000  # of a CSV file, read at once
MAX_COLUMNS = 10_001
MAX_SECONDS = 20.0  # for the program that reads Parquet
LABEL_COLUMNS = parquet_program.LABEL_COLUMNS


def read_csv(content: bytes, fit: Fit, most: int) -> LabelledPictures:
    """Return the pictures of a CSV file: a label and a square number of pixels in each row. Raises OwnSetError.

    The label is in the column `label` or `class`, else in the first one; a head line is recognised.
    """
    check_count(max(0, content.count(b"\n") - 1), most)
    line = io.BytesIO(content).readline()
    separator = max(",;\t", key=lambda one: line.count(one.encode()))
    if any(row.count(separator.encode()) > MAX_COLUMNS for row in io.BytesIO(content)):  # before any row is split
        raise OwnSetError(
            f"A CSV file has a label and 784 pixels (28 x 28) in each row, at most {MAX_COLUMNS:,} values."
        )
    head = line.decode("utf-8-sig", "replace").strip()
    cells = [cell.strip(' "') for cell in head.split(separator)]
    if not 4 < len(cells) <= MAX_COLUMNS or round((len(cells) - 1) ** 0.5) ** 2 != len(cells) - 1:
        raise OwnSetError(f"A CSV file has a label and 784 pixels (28 x 28) in each row; this one has {len(cells):,}.")
    place = next((at for at, cell in enumerate(cells) if cell.lower() in LABEL_COLUMNS), 0)
    parts = list(_read_rows(content, separator, place, len(cells), 0 if _is_head(cells, place) else None))
    check_count(sum(len(labels) for labels, _ in parts), most)
    labels, pixels = (np.concatenate(found) for found in zip(*parts, strict=True))
    return label_pictures("a CSV file", shrink_array(pixels, fit), _to_numbers(labels))


def _is_head(cells: list[str], place: int) -> bool:
    """Say whether the first line names the columns: its label is called so, or a pixel is no number."""
    try:
        float(cells[0 if place else 1])
    except ValueError:
        return True
    return len(cells[place]) > 1 and cells[place].lower() in LABEL_COLUMNS  # "y" may be a letter's class


def _read_rows(
    content: bytes, separator: str, place: int, columns: int, head: int | None
) -> Iterator[tuple[NDArray[Any], NDArray[np.float32]]]:
    """Yield labels and pixels of some rows after another. Raises OwnSetError."""
    import pandas as pd  # late: it takes half a second

    kinds = {column: str if column == place else np.float32 for column in range(columns)}
    try:
        found = pd.read_csv(
            io.BytesIO(content),
            sep=separator,
            header=head,
            names=list(range(columns)),
            index_col=False,
            dtype=kinds,
            chunksize=ROWS,
            nrows=MAX_PICTURES + 1,
            keep_default_na=False,
        )
        for part in found:
            interrupts.check()
            yield part[place].to_numpy(dtype=object).astype(str), part.drop(columns=place).to_numpy(np.float32)
    except (ValueError, OverflowError, MemoryError):  # pandas's ParserError is one too
        raise OwnSetError("Some row of this CSV file is not a label and as many numbers as there are pixels.") from None


def _to_numbers(labels: NDArray[Any]) -> NDArray[Any]:
    try:
        return labels.astype(np.float64)
    except ValueError:
        return labels


def read_parquet(content: bytes, fit: Fit, most: int) -> LabelledPictures:
    """Return the pictures of a Parquet file, read in a process of its own. Raises OwnSetError.

    They are files or arrays in one column, as Hugging Face has them, or one column for each pixel.
    """
    arguments = (str(most), str(MAX_UNPACKED))
    try:
        output = isolated_decoder.run_program(Path(parquet_program.__file__), arguments, content, MAX_SECONDS)
    except DecoderError as error:
        busy = error.status == isolated_decoder.BUSY
        why = "waits too long for its turn; try again in a minute" if busy else "is damaged, or too large to be read"
        raise OwnSetError(f"The Parquet file {why}.") from None
    described, _, arrays = output.partition(b"\n")
    about = json.loads(described)
    if "error" in about:
        raise OwnSetError(about["error"])
    found = npz_to_arrays(arrays, most_files=4, most_bytes=2 * MAX_UNPACKED)
    if "pixels" in found:
        pixels = shrink_array(found["pixels"], fit)
        return label_pictures("a Parquet file", pixels, found["labels"], classes=about["classes"])
    return _read_files(found["labels"], found["lengths"], found["content"].tobytes(), about["classes"], fit)


def _read_files(
    labels: NDArray[Any], lengths: NDArray[np.int64], content: bytes, classes: list[str], fit: Fit
) -> LabelledPictures:
    """Return picture files that stand one after the other."""
    ends = np.cumsum(lengths)
    files = [content[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    names = to_texts(flatten_labels(labels), classes)
    paths = [f"{name.replace('/', '-')}/row {row + 1}" for row, name in enumerate(names)]
    return replace(read_folders(list(zip(paths, files, strict=True)), fit), kind="a Parquet file")
