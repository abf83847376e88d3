"""Export a trained network as one file, and import such a file after checking everything in it.

The file is a ZIP of a card (JSON) and its weights (safetensors). No pickle is ever loaded.
"""

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
SUFFIXES = ("json", "safetensors")
MAX_BYTES, MAX_UNPACKED_BYTES = 5_000_000, 6_000_000
MAX_LOADED = 10  # per visitor
MAX_TITLE_LENGTH = 40
FORMAT = "a ZIP of a network's card (.json) and its weights (.safetensors), as this page offers for download"


class NetworkFileError(ValueError):
    """A file that holds no usable network; the message is one sentence for the user."""


def export_network(folder: Path) -> bytes:
    """Return the network in a run's folder as one file. Raises CheckpointError when it cannot be read."""
    checkpoints.load_classifier(NETWORK_NAME, folder)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in SUFFIXES:
            archive.write(folder / f"{NETWORK_NAME}.{suffix}", f"{NETWORK_NAME}.{suffix}")
    return stream.getvalue()


def import_network(content: bytes, visitor: str) -> Job:
    """Make a finished run of the network in a file. Raises NetworkFileError, CheckpointError, JobError and OSError."""
    card, network = read_network(content)
    with control.lock_submissions():
        if sum(job.kind == KIND for job in run_folders.list_jobs(visitor)) >= MAX_LOADED:
            raise NetworkFileError(f"You have loaded {MAX_LOADED} networks already: delete one of them first.")
        run_folders.remove_old_runs()
        return run_folders.create_job(
            lambda folder: checkpoints.save_network(card, network, folder),
            kind=KIND,
            title=card.title,
            settings={},
            visitor=visitor,
            threads=1,
        )


def read_network(content: bytes) -> tuple[Card, Classifier]:
    """Return card and network of a file. Raises NetworkFileError and CheckpointError, each with a sentence."""
    if len(content) > MAX_BYTES:
        raise NetworkFileError(f"This file is larger than {MAX_BYTES // 10**6} MB.")
    name, files = _read_zip(content)
    with tempfile.TemporaryDirectory() as folder:
        for suffix, data in files.items():
            (Path(folder) / f"{name}.{suffix}").write_bytes(data)
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
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
            found = {file.filename.rpartition(".")[2]: file for file in files}
            names = {file.filename.rpartition(".")[0] for file in files}
            if set(found) != set(SUFFIXES) or len(files) != 2 or len(names) != 1:
                raise NetworkFileError(f"This file is not {FORMAT}.")
            (name,) = names
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
                raise NetworkFileError("The names in this file must consist of lower-case letters, digits and dashes.")
            if sum(file.file_size for file in files) > MAX_UNPACKED_BYTES:
                raise NetworkFileError(f"The contents of this file are larger than {MAX_UNPACKED_BYTES // 10**6} MB.")
            return name, {suffix: archive.read(file) for suffix, file in found.items()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, NetworkFileError):
            raise
        raise NetworkFileError(f"This file is damaged, or it is not {FORMAT}.") from None


def _trusted_card(card: Card, network: Classifier) -> Card:
    """Return a card of what was checked; accuracies from a file are left out, as we did not measure them."""
    dataset: dict[str, Any] = card.dataset if isinstance(card.dataset, dict) else {}
    name, digits = dataset.get("name"), dataset.get("digits")
    return Card(
        name=NETWORK_NAME,
        title=to_safe_name(str(card.title), MAX_TITLE_LENGTH) or "A network",
        architecture=Architecture.from_dict(card.architecture).to_dict(),
        inversion=card.inversion,
        track="blind",
        command="loaded from a file",
        recipe={},
        dataset={
            "name": name if name in datasets.DATASETS else "unknown",
            "sha256": "",
            "split": "train",
            "digits": digits if type(digits) is int else 0,
        },
        epochs=card.epochs if type(card.epochs) is int else 0,
        seed=card.seed if type(card.seed) is int else 0,
        features_sha256=features_hash(network),
    )
