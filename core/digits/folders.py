"""Find a set's files in a folder as people have it: the root of several sets, a set's own folder, or its `raw/`.

Names may end in `.gz`, have a dot where torchvision has a hyphen (train-images.idx3-ubyte), and be in any case.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.digits.idx import plain_name

INNER = ("raw", "gzip")  # where torchvision and NIST's archive of EMNIST put the files
MAX_LISTED = 6  # names in a sentence


def find_files(
    root: Path, kind: str, names: Sequence[str], *, any_folder: bool = True, other_kinds: Sequence[str] = ()
) -> list[Path] | None:
    """Return the files of a set under `root` by their `names` in torchvision, from the first folder that has any.

    `kind` is the name of the set's folder; `any_folder`: whether its files may also be in a folder with another name,
    except those of `other_kinds`. A file that is missing beside the others is returned with torchvision's name.
    """
    for folder in _list_folders(root, kind, any_folder, other_kinds):
        found = {plain_name(path.name): path for path in _list(folder) if os.path.isfile(path)}
        if any(name in found for name in names):
            return [found.get(name, folder / name) for name in names]
    return None


def is_named_after(folder: Path, kind: str) -> bool:
    """Return whether a folder, or the one around `raw/`, has the name of a kind of set: its pictures are clear."""
    return _own_name(folder) == _to_key(kind)


def describe_content(folder: Path) -> str:
    """Return what is in a folder, as the end of a sentence: "holds a, b and 3 more"."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return "does not exist"
    except NotADirectoryError:
        return "is a file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    listed = ", ".join(names[:MAX_LISTED])
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"holds {listed}{more}" if names else "is empty"


def _list_folders(root: Path, kind: str, any_folder: bool, other_kinds: Sequence[str]) -> Iterator[Path]:
    """Yield the folders that may hold a set, those with its name first."""
    for folder in _list(root):
        if _to_key(folder.name) == _to_key(kind):
            yield from _with_inner(folder)
    if is_named_after(root, kind) or any_folder and not any(is_named_after(root, other) for other in other_kinds):
        yield from _with_inner(root)


def _with_inner(folder: Path) -> Iterator[Path]:
    yield from (inner for inner in _list(folder) if inner.name.lower() in INNER)
    yield folder


def _list(folder: Path) -> list[Path]:
    """Return what is in a folder, names without `.gz` after those with it; nothing where it cannot be listed."""
    try:
        return sorted(folder.iterdir(), key=lambda path: (-len(path.name), path.name))
    except OSError:
        return []


def _own_name(folder: Path) -> str:
    return _to_key((folder.parent if folder.name.lower() in INNER else folder).name)


def _to_key(name: str) -> str:
    """Return a folder's name as names are compared: Fashion-MNIST is fashionmnist."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
