"""Recorded universal noise of the assignment's network: `python -m core.studies.recorded_noise` records it again."""

import io
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch

from core.adversarial.universal import UniversalConfig, UniversalStep, nine_examples, universal_noise
from core.digits import datasets
from core.studies.recorded import RECORDED
from core.system.archives import FAULTS
from core.system.npz import arrays_to_npz
from core.zoo import checkpoints

NETWORK, DATASET = "assignment", "MNIST"
CONFIG = UniversalConfig(epsilon=0.2, batch=30)  # what the page Attack starts with
VALIDATED = 60  # validation digits
STRIDE = 2  # every second step is kept
FILE = RECORDED / "universal-noise.npz"
SCALE = 127  # noises in [-1, 1] are kept as 8-bit integers
TENSORS = tuple(field.name for field in fields(UniversalStep) if field.name not in ("step", "steps"))


def record(network: str = NETWORK) -> list[UniversalStep]:
    """Return every second step of the network's universal noise, and the last one."""
    data = datasets.load(DATASET)
    steps = universal_noise(
        checkpoints.load_classifier(network),
        data.train,
        data.validation.first(VALIDATED),
        nine_examples(data.test),
        CONFIG,
    )
    return [step for step in steps if step.step % STRIDE == 0]


def write(steps: list[UniversalStep], path: Path = FILE) -> None:
    """Write the steps into a file."""
    arrays = {name: np.stack([getattr(step, name).numpy() for step in steps]) for name in TENSORS}
    arrays["noises"] = np.rint(SCALE * arrays["noises"]).astype(np.int8)
    path.write_bytes(arrays_to_npz(arrays | {"step": np.array([step.step for step in steps])}))


def read(path: Path = FILE) -> Iterator[UniversalStep]:
    """Yield the recorded steps. Raises ValueError for a file that cannot be read."""
    try:
        with np.load(io.BytesIO(path.read_bytes())) as found:
            arrays = {name: torch.from_numpy(found[name]) for name in (*TENSORS, "step")}
    except (*FAULTS, KeyError) as error:
        raise ValueError("The recorded noise cannot be read.") from error
    numbers = arrays.pop("step").tolist()
    arrays["noises"] = arrays["noises"].float() / SCALE
    for at, number in enumerate(numbers):
        yield UniversalStep(step=number, steps=numbers[-1], **{name: values[at] for name, values in arrays.items()})


if __name__ == "__main__":
    write(record())
