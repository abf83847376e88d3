"""The verb `data`: download a data set, describe the one that is here, or make one of your own files."""

import argparse
import re
from pathlib import Path

from core.commands.options import read_seed
from core.commands.terminal import answer, progress, say
from core.digits import datasets, downloads
from core.digits.datasets import OWN, DatasetError
from core.digits.own_sets import storage
from core.digits.own_sets.limits import MAX_UNPACKED, OwnSetError
from core.digits.own_sets.reading import read_own_files
from core.digits.own_sets.splitting import make_dataset

INVERT = {"auto": None, "yes": True, "no": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("name", nargs="?", default="MNIST", choices=datasets.list_names())
    own = parser.add_argument_group("a set of your own, which --dataset own:NAME then takes")
    own.add_argument("--own", nargs="+", metavar="FILE", type=Path, help="a ZIP of folders, IDX, CSV, NPZ or Parquet")
    own.add_argument(
        "--name", dest="named", metavar="NAME", help="small letters, digits and dashes; default: the file's"
    )
    own.add_argument("--fit", choices=("whole", "crop"), default="whole", help="pictures of another size")
    own.add_argument("--invert", choices=tuple(INVERT), default="auto", help="bright ink on black is expected")
    own.add_argument("--seed", type=read_seed, default=0, help="of the split")


def run(options: argparse.Namespace) -> None:
    """Download the set unless it is here, or make one's own; then describe it.

    Raises DatasetError where NEGATIVE_SPACE_DATA names no folder: whoever mistyped it wants no download instead.
    """
    if options.own:
        answer(options, datasets.load(_store(options)).describe())
        return
    folder, problem = datasets.named_folder(), datasets.describe_named_folder(options.name)
    if problem and folder is not None and not folder.is_dir():
        raise DatasetError(f"{problem} Correct it, or unset it to download {options.name} into data/.")
    if problem:
        say(problem)
    if not datasets.is_available(options.name):
        for step in downloads.download(options.name):
            progress(step.share, f"{step.file} ({step.done_files + 1} of {step.files})")
    answer(options, datasets.load(options.name).describe())


def _store(options: argparse.Namespace) -> str:
    """Make a set of one's own files; return its name. Raises OwnSetError and OSError."""
    name = options.named or re.sub(r"[^a-z0-9]+", "-", options.own[0].stem.lower()).strip("-")[:40]
    found = read_own_files([(path.name, _read(path)) for path in options.own], options.fit)
    for note in found.notes:
        say(note)
    if copies := found.count_copies():
        say(f"{copies:,} pictures are equal to another one; some may be in training and test.")
    dataset = make_dataset(found, f"{OWN}{name}", invert=INVERT[options.invert], seed=options.seed)
    say(f"{storage.save(dataset)} holds it: --dataset {dataset.name}")
    return dataset.name


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_UNPACKED:
        raise OwnSetError(f"{path} is larger than {MAX_UNPACKED >> 20} MB.")
    return path.read_bytes()
