"""VGG16's weights: a file named by the owner of the machine, or torchvision's download on request."""

import hashlib
import os
from collections.abc import Generator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.digits.downloads import DownloadError, DownloadStep, describe_fault, stream_file
from core.networks.classifier import Classifier
from core.transfer.vgg16 import build_vgg16, to_state

WEIGHTS_VARIABLE = "NEGATIVE_SPACE_VGG16"
WEIGHTS_FILE = "vgg16-397923af.pth"  # torchvision's, which is imported for a download only: it takes 170 MB
WEIGHTS_MEGABYTES = 528  # of the download


class WeightsError(ValueError):
    """The weights are missing or cannot be used; the message is one sentence for the page."""


def find_weights() -> Path | None:
    """Return the file named by NEGATIVE_SPACE_VGG16, else torchvision's download if it exists, else None.

    Raises WeightsError if the named file does not exist.
    """
    if named := os.environ.get(WEIGHTS_VARIABLE):
        if not Path(named).is_file():
            raise WeightsError(f"{WEIGHTS_VARIABLE} names a file {Path(named).name!r} that does not exist.")
        return Path(named)
    return downloaded if (downloaded := _download_path()).is_file() else None


def load_vgg16(path: Path) -> tuple[Classifier, bool]:
    """Return VGG16 with a file's weights, frozen, and whether they are torchvision's, by the file's checksum.

    It has the dense layers if the file has them. Raises WeightsError for a file with other weights.
    """
    weights = _read(path)
    top = any(name.startswith("classifier.") for name in weights)
    network = build_vgg16(top=top)
    try:
        network.load_state_dict(to_state(weights, top=top), assign=True)
    except (KeyError, RuntimeError, AttributeError):
        raise WeightsError(f"The file {path.name!r} holds other weights than those of a VGG16.") from None
    # The channels-last memory format is a sixth faster on a CPU, as in our own networks.
    return network.to(memory_format=torch.channels_last).requires_grad_(False), _is_torchvisions(path)


def _read(path: Path) -> Mapping[str, Tensor]:
    """Read a safetensors file, or torchvision's .pth, for which there is no official safetensors file.

    A .pth is read with `weights_only=True`, which only creates tensors and plain containers; and it always comes from
    the owner of this machine or from torchvision, never from a visitor.
    """
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        return {name: value for name, value in found.items() if isinstance(value, Tensor)}
    except Exception as error:  # a damaged file can raise anything: OSError, RuntimeError, UnpicklingError, ...
        raise WeightsError(f"The file {path.name!r} holds no weights that can be read safely.") from error


def _is_torchvisions(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(_checksum(WEIGHTS_FILE))


def download_weights(address: str | None = None, target: Path | None = None) -> Generator[DownloadStep, None, None]:
    """Download torchvision's weights to torchvision's own cache folder, yielding a step every 0.2 s.

    The file name in `address` holds the beginning of its sha256. Close the generator to cancel; no partial file
    remains. Raises DownloadError.
    """
    address, target = address or _address(), target or _download_path()
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for received, total in stream_file(address, partial, _checksum(address), algorithm="sha256"):
            yield DownloadStep(target.name, received, total, 0, 1)
        os.replace(partial, target)
        yield DownloadStep(target.name, 0, None, 1, 1)
    except (OSError, ValueError, HTTPException) as error:
        where = urlsplit(address).netloc
        raise DownloadError(f"VGG16's weights could not be fetched: {where}: {describe_fault(error)}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _address() -> str:
    from torchvision.models import VGG16_Weights

    address: str = VGG16_Weights.IMAGENET1K_V1.url
    return address


def _checksum(address: str) -> str:
    """Return the beginning of the sha256, which is part of the name: vgg16-397923af.pth."""
    return Path(address).stem.rpartition("-")[2]


def _download_path() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS_FILE
