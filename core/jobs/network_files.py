"""Export a trained network as one file, and import such a file after checking everything in it.

The file is a ZIP of a card (JSON) and its weights (safetensors). No pickle is ever loaded.
"""

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from core.digits import datasets
from core.digits.own_sets.limits import MAX_CLASS_NAME
from core.digits.training_set import TrainingSet
from core.inversion.bounds import bound_values
from core.inversion.functions import features_hash
from core.jobs import control, limits, run_folders, run_titles
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier
from core.networks.cost import check_size
from core.pmnist.masks import SIDE
from core.system.archives import ArchiveError, open_zip, read_entry
from core.system.parsing import ParseError, parse_json
from core.system.safe_names import to_safe_name
from core.zoo import checkpoints
from core.zoo.checkpoints import Card

KIND = limits.BROUGHT
SUFFIXES = ("json", "safetensors")
MAX_BYTES, MAX_UNPACKED_BYTES = 5_000_000, 6_000_000
MAX_LOADED = 10  # per visitor
MAX_COUNT = 10**9  # epochs, digits, seed
MAX_VALUE = 1e15  # of the bound on all values, so that their squares are finite too; trained networks have up to 1e8
FORMAT = "a ZIP of a network's card (.json) and its weights (.safetensors), as this page offers for download"


class NetworkFileError(ValueError):
    """A file that holds no usable network; the message is one sentence for the user."""


def export_network(folder: Path, title: str = "") -> bytes:
    """Return the network in a run's folder as one file; `title`: of a run that was renamed since.

    Raises CheckpointError when it cannot be read.
    """
    checkpoints.load_classifier(NETWORK_NAME, folder)
    card = checkpoints.load_card(NETWORK_NAME, folder)
    card = replace(card, title=title or card.title)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NETWORK_NAME}.json", json.dumps(asdict(card), indent=1))
        archive.write(folder / f"{NETWORK_NAME}.safetensors", f"{NETWORK_NAME}.safetensors")
    return stream.getvalue()


def import_network(content: bytes, visitor: str, origin: str = "") -> Job:
    """Make a finished run of the network in a file. Raises NetworkFileError, CheckpointError, JobError and OSError."""
    return store_network(*read_network(content), visitor, origin)


def store_network(
    card: Card, network: Classifier, visitor: str, origin: str = "", files: Mapping[str, bytes] = MappingProxyType({})
) -> Job:
    """Make a finished run of a network that was checked. Raises NetworkFileError, JobError and OSError."""
    with control.lock_submissions():
        if sum(job.kind == KIND for job in run_folders.list_jobs(visitor)) >= MAX_LOADED:
            raise NetworkFileError(f"You have loaded {MAX_LOADED} networks already: delete one of them first.")
        limits.make_room(KIND)
        card = replace(card, title=run_titles.unique_title(card.title, visitor))
        return run_folders.create_job(
            lambda folder: checkpoints.save_network(card, network, folder),
            files,
            kind=KIND,
            title=card.title,
            settings={},
            visitor=visitor,
            origin=origin,
            threads=1,
        )


def read_network(content: bytes) -> tuple[Card, Classifier]:
    """Return card and network of a file. Raises NetworkFileError and CheckpointError, each with a sentence."""
    if len(content) > MAX_BYTES:
        raise NetworkFileError(f"This file is larger than {MAX_BYTES // 10**6} MB.")
    name, files = _read_zip(content)
    card = _trusted_card(name, files["json"])
    with tempfile.TemporaryDirectory() as folder:
        for suffix, data in (("json", json.dumps(asdict(card)).encode()), ("safetensors", files["safetensors"])):
            (Path(folder) / f"{name}.{suffix}").write_bytes(data)
        network = checkpoints.load_classifier(name, Path(folder))
    _try(network, card)
    return replace(card, name=NETWORK_NAME, features_sha256=features_hash(network)), network


def _try(network: Classifier, card: Card) -> None:
    """Raise NetworkFileError unless the network reads a digit, and whatever digit it reads, all values are finite."""
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        raise NetworkFileError("Some weights in this file are not numbers.")
    try:
        with torch.no_grad():
            logits = network(torch.ones(1, 1, SIDE, SIDE))
    except (RuntimeError, ValueError, IndexError, TypeError):
        raise NetworkFileError("The network in this file cannot read a digit: its parts do not fit.") from None
    if logits.shape != (1, card.architecture["classes"]):
        raise NetworkFileError("The network in this file does not give one score for each class.")
    if not bound_values(network) < MAX_VALUE:  # written so that `nan` is refused too
        raise NetworkFileError("The weights in this file are too large: some scores would not be numbers.")


def _read_zip(content: bytes) -> tuple[str, dict[str, bytes]]:
    """Return the name of the two files in a zip, and their contents by suffix."""
    try:
        with open_zip(content, len(SUFFIXES)) as archive:
            files = archive.infolist()
            name = _check_list(files)
            suffixes = (file.filename.rpartition(".")[2] for file in files)
            return name, {
                suffix: read_entry(archive, file, MAX_UNPACKED_BYTES)
                for suffix, file in zip(suffixes, files, strict=True)
            }
    except ArchiveError:
        raise NetworkFileError(f"This file is damaged, or it is not {FORMAT}.") from None


def _check_list(files: list[zipfile.ZipInfo]) -> str:
    """Return the common name of the files. Raises NetworkFileError unless they are a card and its weights."""
    names = {file.filename.rpartition(".")[0] for file in files}
    if sorted(map(_suffix, files)) != sorted(SUFFIXES) or len(names) != 1:
        raise NetworkFileError(f"This file is not {FORMAT}.")
    (name,) = names
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise NetworkFileError("The names in this file must consist of lower-case letters, digits and dashes.")
    if sum(file.file_size for file in files) > MAX_UNPACKED_BYTES:
        raise NetworkFileError(f"The contents of this file are larger than {MAX_UNPACKED_BYTES // 10**6} MB.")
    return name


def _suffix(file: zipfile.ZipInfo) -> str:
    return file.filename.rpartition(".")[2]


def _trusted_card(name: str, content: bytes) -> Card:
    """Return a card of what is checked; accuracies from a file are left out, as we did not measure them."""
    try:
        described = parse_json(content)
    except ParseError as error:
        raise NetworkFileError(f"The card of {name!r} cannot be read: {error}.") from None
    if not isinstance(described, dict):
        raise NetworkFileError(f"The card of {name!r} cannot be read: it is no list of names with a value each.")
    if described.get("onnx") is not None:
        raise NetworkFileError("This network came as an ONNX file: load that file instead.")
    if described.get("omega") is not None or described.get("neighbours") is not None:
        raise NetworkFileError("This network sums two heads or restores; only those with a single head can be loaded.")
    dataset, architecture = described.get("dataset"), _checked_architecture(described.get("architecture"))
    return Card(
        name=_text(described, "name"),
        title=to_safe_name(str(described.get("title", ""))) or "A network",
        architecture=architecture.to_dict(),
        inversion=_text(described, "inversion"),
        track="blind",
        command="loaded from a file",
        recipe={},
        dataset=asdict(_trusted_set(dataset if isinstance(dataset, dict) else {}, architecture.classes)),
        epochs=_count(described, "epochs"),
        seed=_count(described, "seed"),
        features_sha256="",
        weights_sha256=_text(described, "weights_sha256"),
    )


def _checked_architecture(described: Any) -> Architecture:
    try:
        architecture = Architecture.from_dict(described)
    except ValueError:
        raise NetworkFileError("The card in this file describes no network.") from None
    check_size(architecture)
    return replace(architecture, name=to_safe_name(architecture.name))


def _trusted_set(described: dict[str, Any], classes: int) -> TrainingSet:
    name = _text(described, "name")
    known = name if name in datasets.DATASETS else "unknown"
    return TrainingSet(name=known, digits=_count(described, "digits"), classes=_trusted_classes(described, classes))


def _trusted_classes(described: dict[str, Any], count: int) -> tuple[str, ...]:
    """Return the names of the `count` classes as a file lists them, safe to show; () where it does not."""
    found = described.get("classes")
    if not isinstance(found, list) or len(found) != count:
        return ()
    names = [to_safe_name(str(one), MAX_CLASS_NAME) for one in found]
    return tuple(names) if all(names) and len(set(names)) == count else ()


def _text(described: dict[str, Any], name: str) -> str:
    found = described.get(name)
    return found if isinstance(found, str) else ""


def _count(described: dict[str, Any], name: str) -> int:
    found = described.get(name)
    return found if type(found) is int and 0 <= found < MAX_COUNT else 0
