"""A trained network as one file to take home, and such a file taken in again: nothing in it is believed unseen.

The file is a ZIP of a card (JSON) and its weights (safetensors). No pickle is ever loaded.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from core.digits import datasets
from core.inversion.functions import features_hash
from core.jobs import control, run_folders
from core.jobs.run_folders import Job
from core.jobs.training_job import NAME
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier
from core.networks.composing import check_size
from core.system.shown_names import tame
from core.zoo import checkpoints
from core.zoo.checkpoints import Card

KIND = "loaded"
MOST_BYTES, MOST_UNPACKED = 5_000_000, 6_000_000
MOST_LOADED = 10  # of one visitor
LONGEST_TITLE = 40
WHAT = "a ZIP of a network's card (.json) and its weights (.safetensors), as this page offers for download"


class ParcelError(ValueError):
    """A file that no network can be made of; the message is one sentence for the person who brought it."""


def pack(folder: Path) -> bytes:
    """Return the network in a run's folder as one file. Raises CheckpointError when it cannot be read."""
    checkpoints.load_classifier(NAME, folder)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parcel:
        for end in ("json", "safetensors"):
            parcel.write(folder / f"{NAME}.{end}", f"{NAME}.{end}")
    return stream.getvalue()


def take_in(content: bytes, visitor: str) -> Job:
    """Make a run of the network in a file. Raises ParcelError, CheckpointError, JobError and OSError."""
    card, network = unpack(content)
    with control.one_at_a_time():
        if sum(job.kind == KIND for job in run_folders.list_jobs(visitor)) >= MOST_LOADED:
            raise ParcelError(f"You have brought {MOST_LOADED} networks already: delete one of them first.")
        run_folders.make_room()
        return run_folders.create(
            lambda folder: checkpoints.save(card, network, folder),
            kind=KIND,
            module="core.jobs.training_job",
            title=card.title,
            settings={},
            visitor=visitor,
            threads=1,
        )


def unpack(content: bytes) -> tuple[Card, Classifier]:
    """Return card and network of a file. Raises ParcelError and CheckpointError, each with a sentence."""
    if len(content) > MOST_BYTES:
        raise ParcelError(f"This file is larger than {MOST_BYTES // 10**6} MB.")
    name, parts = _open(content)
    with tempfile.TemporaryDirectory() as folder:
        for end, part in parts.items():
            (Path(folder) / f"{name}.{end}").write_bytes(part)
        card = checkpoints.load_card(name, Path(folder))
        try:
            check_size(Architecture.from_dict(card.architecture))
        except (TypeError, KeyError, AttributeError, OverflowError):
            raise ParcelError("The card in this file describes no network.") from None
        if card.omega is not None or card.neighbours is not None:
            raise ParcelError("This network sums two heads or restores; only those with a single head can be loaded.")
        network = checkpoints.load_classifier(name, Path(folder))
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        raise ParcelError("Some weights in this file are not numbers.")
    return _clean(card, network), network


def _open(content: bytes) -> tuple[str, dict[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parcel:
            files = parcel.infolist()
            ends = {file.filename.rpartition(".")[2]: file for file in files}
            names = {file.filename.rpartition(".")[0] for file in files}
            if set(ends) != {"json", "safetensors"} or len(files) != 2 or len(names) != 1:
                raise ParcelError(f"This file is not {WHAT}.")
            (name,) = names
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
                raise ParcelError("The names in this file must be made of small letters, digits and dashes.")
            if sum(file.file_size for file in files) > MOST_UNPACKED:
                raise ParcelError(f"What is in this file is larger than {MOST_UNPACKED // 10**6} MB.")
            return name, {end: parcel.read(file) for end, file in ends.items()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, ParcelError):
            raise
        raise ParcelError(f"This file is damaged, or it is not {WHAT}.") from None


def _clean(card: Card, network: Classifier) -> Card:
    """Return a card that says only what was checked: figures that came with a file are not shown as ours."""
    told: dict[str, Any] = card.dataset if isinstance(card.dataset, dict) else {}
    name, digits = told.get("name"), told.get("digits")
    known = name in datasets.ALL
    title = tame(str(card.title), LONGEST_TITLE) or "A network"
    return Card(
        name=NAME,
        title=title,
        architecture=Architecture.from_dict(card.architecture).to_dict(),
        inversion=card.inversion,
        track="blind",
        command="loaded from a file",
        recipe={},
        dataset={
            "name": name if known else "unknown",
            "sha256": "",
            "split": "train",
            "digits": digits if type(digits) is int else 0,
        },
        epochs=card.epochs if type(card.epochs) is int else 0,
        seed=card.seed if type(card.seed) is int else 0,
        features_sha256=features_hash(network),
    )
