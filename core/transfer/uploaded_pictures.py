"""Uploaded files and zips -> photographs of one size, in memory: nothing is written to disk.

A zip is untrusted: its list of files is checked before it is unpacked, and its real sizes while it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.digits.pictures import MAX_BYTES, PictureError, SlowPictureError, count_pixels, limit, read_picture
from core.system import interrupts
from core.system.archives import ArchiveError, read_files
from core.system.safe_names import to_safe_name
from core.system.wording import join_words
from core.transfer.tasks import MAX_CLASSES, MAX_PICTURES, SIDE, TaskError, most_pictures

MAX_FILES = 1000  # in a zip, folders and all
MAX_PIXELS = 1_200_000_000  # of all pictures of an upload, before they are made smaller: 100 photographs of a phone
MAX_UNPACKED = 300 * 2**20  # bytes: a hundred photographs of 3 MB


@dataclass(frozen=True, eq=False)
class UploadedPictures:
    """The pictures of one class."""

    pixels: NDArray[np.uint8]
    """`(N, 224, 224, 3)`."""
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """A sentence for each kind of omission."""


def read_uploads(files: Iterable[tuple[str, bytes]], most: int = MAX_PICTURES) -> UploadedPictures:
    """Read the first `most` pictures from names and contents of files; a zip is replaced by the files in it.

    A file that is no picture only gets a note, as do pictures in several folders; after one that takes too long the
    rest is not opened. Raises TaskError for a zip that is dangerous, too large or broken, and for too many pixels,
    before one picture is decoded.
    """
    files = list(files)
    _check_all_pixels(files, most)
    return _read_pictures(_unpacked(files), most)


def read_class_folders(content: bytes) -> dict[str, UploadedPictures]:
    """Return the pictures in a ZIP by the name of the folder that they are in, which is their class, in its order.

    `train/cats` and `test/cats` are one class, `cats`; a folder without a picture is none. Raises TaskError as
    `read_uploads` does, for a picture in no folder, and for fewer than two or too many classes.
    """
    folders: dict[str, list[tuple[str, bytes]]] = {}
    for path, picture in _unzip("The ZIP", content):
        folders.setdefault(to_safe_name(PurePosixPath(path).parent.name), []).append(
            (PurePosixPath(path).name, picture)
        )
    areas = {name: [area for _, picture in files if (area := count_pixels(picture))] for name, files in folders.items()}
    classes = sorted(name for name, area in areas.items() if area)
    _check_pixels(sum(sum(areas[name][: most_pictures(len(classes))]) for name in classes))
    if "" in classes:
        raise TaskError("A picture in the ZIP is in no folder: put each into the folder of its class.")
    if not 2 <= len(classes) <= MAX_CLASSES:
        found = "one folder" if len(classes) == 1 else f"{len(classes)} folders"
        raise TaskError(f"The ZIP has pictures in {found}: make one for each class, two to {MAX_CLASSES}.")
    return {name: _read_pictures(folders[name], most_pictures(len(classes))) for name in classes}


def _read_pictures(files: Iterable[tuple[str, bytes]], most: int) -> UploadedPictures:
    """Return the first `most` pictures of files, none of which is opened as a zip. Raises TaskError."""
    pixels: list[NDArray[np.uint8]] = []
    names, faults, beyond, area, given_up = [], [], 0, 0, ""
    folders: dict[str, None] = {}  # in their order
    for path, content in files:
        name, folder = PurePosixPath(path).name, to_safe_name(PurePosixPath(path).parent.name)
        if len(pixels) == most or given_up:
            beyond += 1
            folders[folder] = None
            continue
        interrupts.check()
        area += count_pixels(content)
        _check_pixels(area)
        try:
            pixels.append(to_square(read_picture(content)))
            names.append(name)
            folders[folder] = None
        except SlowPictureError as error:
            given_up = f"{to_safe_name(name)!r} was left out: {error}"
        except PictureError as error:
            faults.append(f"{to_safe_name(name)!r}: {error}")
    notes = tuple(_notes(faults, beyond, given_up, most, [folder for folder in folders if folder]))
    return UploadedPictures(np.stack(pixels) if pixels else _nothing(), tuple(names), notes)


def _check_all_pixels(files: list[tuple[str, bytes]], most: int) -> None:
    """Raise TaskError if the pictures that would be used have too many pixels, as their files say."""
    areas = filter(None, (count_pixels(content) for _, content in _unpacked(files)))
    _check_pixels(sum(islice(areas, most)))


def _check_pixels(area: int) -> None:
    if area > MAX_PIXELS:
        raise TaskError(f"These pictures have more than {MAX_PIXELS // 10**6:,} million pixels together.")


def to_square(image: Image.Image, side: int = SIDE) -> NDArray[np.uint8]:
    """Return a picture as `(side, side, 3)`, resized without keeping its proportions, on white where transparent."""
    picture = limit(image).convert("RGBA").resize((side, side), Image.Resampling.BILINEAR)
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("RGB"))


def _nothing() -> NDArray[np.uint8]:
    return np.zeros((0, SIDE, SIDE, 3), np.uint8)


def _notes(faults: list[str], beyond: int, given_up: str, most: int, folders: list[str]) -> Iterator[str]:
    if len(folders) > 1:
        named = join_words([*folders[:3], *(["others"] if len(folders) > 3 else [])])
        yield (
            f"{len(folders)} folders found ({named}): all their pictures are taken as one class. For a class each, "
            "upload one ZIP with a folder for each class."
        )
    if faults:
        many = "1 file was" if len(faults) == 1 else f"{len(faults)} files were"
        yield f"{many} left out; {'it is' if len(faults) == 1 else 'the first is'} {faults[0]}"
    if given_up:
        yield given_up + (f" Files after it that were not opened: {beyond}." if beyond else "")
    elif beyond:
        yield f"The first {most} pictures are used, {beyond} more were left out."


def _unpacked(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file, and of those in zips instead of the zips; a zip in a zip stays closed."""
    for name, content in files:
        if name.lower().endswith(".zip") or content[:4] == b"PK\x03\x04":
            yield from _unzip(f"The file {to_safe_name(name)!r}", content)
        else:
            yield name, content


def _unzip(subject: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file in a zip. Raises TaskError with a sentence about the subject."""
    # One byte more than a picture may have: larger files are refused as pictures.
    limits = {"most_files": MAX_FILES, "most_bytes": MAX_UNPACKED, "most_per_file": MAX_BYTES + 1}
    try:
        yield from read_files(content, **limits)
    except ArchiveError as error:
        raise TaskError(f"{subject} {error}.") from None
