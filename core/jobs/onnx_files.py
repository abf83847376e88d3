"""Networks that visitors bring as ONNX files: each becomes a finished run, and is then one of their networks."""

from dataclasses import asdict

from core.digits.datasets import Dataset
from core.digits.training_set import TrainingSet
from core.inversion.functions import features_hash
from core.jobs import network_files
from core.jobs.run_folders import Job
from core.jobs.training_job import NETWORK_NAME
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier
from core.onnx.description import CLASSES, OnnxError
from core.onnx.importing import import_onnx
from core.onnx.scaling import ScalingChoice, find_scaling
from core.system.safe_names import to_safe_name
from core.zoo.checkpoints import Card, OnnxCard

FILE = f"{NETWORK_NAME}.onnx"  # the file itself, in the run's folder


def read_onnx(content: bytes, name: str, dataset: Dataset, scaling: str = "") -> tuple[Card, Classifier, ScalingChoice]:
    """Return card and network of a file, and which pixels it gets: measured on validation digits.

    `name` is the file's; `scaling` chooses the pixels, a key of SCALINGS. Raises OnnxError, one sentence.
    """
    if len(dataset.classes) != CLASSES:
        raise OnnxError(f"{dataset.title} has {len(dataset.classes)} classes: choose a data set with {CLASSES}.")
    found = import_onnx(content)
    network = found.network
    choice = find_scaling(network, dataset.validation, dataset.title, scaling)
    parameters = sum(one.numel() for one in network.parameters())
    card = Card(
        name=NETWORK_NAME,
        title=to_safe_name(name.removesuffix(".onnx")) or "A network",
        architecture=Architecture("ONNX file", (), classes=CLASSES).to_dict(),
        inversion="identity",
        track="blind",
        command="loaded from an ONNX file",
        recipe={},
        dataset=asdict(TrainingSet(name="unknown", digits=0)),
        epochs=0,
        seed=0,
        features_sha256=features_hash(network),
        validation_accuracy=choice.accuracies[choice.name],
        onnx=asdict(OnnxCard(described=found.described, scaling=choice, parameters=parameters)),
    )
    return card, network, choice


def import_onnx_network(
    content: bytes, name: str, dataset: Dataset, visitor: str, origin: str = "", *, scaling: str = ""
) -> tuple[Job, ScalingChoice]:
    """Make a finished run of the network in an ONNX file. Raises OnnxError, NetworkFileError, JobError and OSError."""
    card, network, choice = read_onnx(content, name, dataset, scaling)
    return network_files.store_network(card, network, visitor, origin, {FILE: content}), choice
