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
from core.jobs.training_job import NETWORK_NAME
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier
from core.networks.composing import check_size
from core.system.safe_names import to_safe_name
from core.zoo import checkpoints
from core.zoo.checkpoints import Card

KIND = "loaded"
MAX_BYTES, MAX_UNPACKED_BYTES = 5_000_000, 6_000_000
MAX_LOADED = 10  # of one visitor
MAX_TITLE_LENGTH = 40
FORMAT = "a ZIP of a network's card (.json) and its weights (.safetensors), as this page offers for download"


class NetworkFileError(ValueError):
    """A file that no network can be made of; the message is one sentence for the person who brought it."""


def export_network(folder: Path) -> bytes:
    """Return the network in a run's folder as one file. Raises CheckpointError when it cannot be read."""
    checkpoints.load_classifier(NETWORK_NAME, folder)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parcel:
        for end in ("json", "safetensors"):
            parcel.write(folder / f"{NETWORK_NAME}.{end}", f"{NETWORK_NAME}.{end}")
    return stream.getvalue()


def import_network(content: bytes, visitor: str) -> Job:
    """Make a run of the network in a file. Raises NetworkFileError, CheckpointError, JobError and OSError."""
    card, network = read_network(content)
    with control.lock_submissions():
        if sum(job.kind == KIND for job in run_folders.list_jobs(visitor)) >= MAX_LOADED:
            raise NetworkFileError(f"You have brought {MAX_LOADED} networks already: delete one of them first.")
        run_folders.remove_old_runs()
        return run_folders.create_job(
            lambda folder: checkpoints.save_network(card, network, folder),
            kind=KIND,
            module="core.jobs.training_job",
            title=card.title,
            settings={},
            visitor=visitor,
            threads=1,
        )


def read_network(content: bytes) -> tuple[Card, Classifier]:
    """Return card and network of a file. Raises NetworkFileError and CheckpointError, each with a sentence."""
    if len(content) > MAX_BYTES:
        raise NetworkFileError(f"This file is larger than {MAX_BYTES // 10**6} MB.")
    name, parts = _read_zip(content)
    with tempfile.TemporaryDirectory() as folder:
        for end, part in parts.items():
            (Path(folder) / f"{name}.{end}").write_bytes(part)
        card = checkpoints.load_card(name, Path(folder))
        try:
            check_size(Architecture.from_dict(card.architecture))
        except (TypeError, KeyError, AttributeError, OverflowError):
            raise NetworkFileError("The card in this file describes no network.") from None
        if card.omega is not None or card.neighbours is not None:
            raise NetworkFileError(
                "This network sums two heads or restores; only those with a single head can be loaded."
            )
        network = checkpoints.load_classifier(name, Path(folder))
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        raise NetworkFileError("Some weights in this file are not numbers.")
    return _trusted_card(card, network), network


def _read_zip(content: bytes) -> tuple[str, dict[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parcel:
            files = parcel.infolist()
            ends = {file.filename.rpartition(".")[2]: file for file in files}
            names = {file.filename.rpartition(".")[0] for file in files}
            if set(ends) != {"json", "safetensors"} or len(files) != 2 or len(names) != 1:
                raise NetworkFileError(f"This file is not {FORMAT}.")
            (name,) = names
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
                raise NetworkFileError("The names in this file must be made of small letters, digits and dashes.")
            if sum(file.file_size for file in files) > MAX_UNPACKED_BYTES:
                raise NetworkFileError(f"What is in this file is larger than {MAX_UNPACKED_BYTES // 10**6} MB.")
            return name, {end: parcel.read(file) for end, file in ends.items()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, NetworkFileError):
            raise
        raise NetworkFileError(f"This file is damaged, or it is not {FORMAT}.") from None


def _trusted_card(card: Card, network: Classifier) -> Card:
    """Return a card that says only what was checked: figures that came with a file are not shown as ours."""
    told: dict[str, Any] = card.dataset if isinstance(card.dataset, dict) else {}
    name, digits = told.get("name"), told.get("digits")
    known = name in datasets.DATASETS
    title = to_safe_name(str(card.title), MAX_TITLE_LENGTH) or "A network"
    return Card(
        name=NETWORK_NAME,
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
