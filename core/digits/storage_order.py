"""How a batch is stored: the order of its axes, its values and its labels, and the code that converts it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.digits.datasets import Digits

Order = Literal["(n, 28, 28)", "(n, 1, 28, 28)", "(n, 28, 28, 1)"]
ORDERS: tuple[Order, ...] = ("(n, 28, 28)", "(n, 1, 28, 28)", "(n, 28, 28, 1)")
USERS = {
    ORDERS[0]: "as files hold it: no channel",
    ORDERS[1]: "PyTorch: channels first",
    ORDERS[2]: "Keras: channels last",
}
_TORCH = {ORDERS[0]: "", ORDERS[1]: "x = x.unsqueeze(1)", ORDERS[2]: "x = x.unsqueeze(-1)"}
_NUMPY = {ORDERS[0]: "", ORDERS[1]: "x = x[:, None]", ORDERS[2]: "x = x[..., None]"}


@dataclass(frozen=True)
class Storage:
    """One way to store a batch."""

    order: Order
    scaled: bool
    """Whether pixels are float32 from 0 to 1, not uint8 from 0 to 255."""
    one_hot: bool
    """Whether a label is a row with a single 1, not a number."""


def store(digits: Digits, storage: Storage, classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return pictures and labels stored in this way; labels are int64 `(n,)` or float32 `(n, classes)`."""
    x, y = digits.pixels.cpu().numpy(), digits.labels.cpu().numpy()
    shape = {ORDERS[0]: x.shape, ORDERS[1]: (len(x), 1, 28, 28), ORDERS[2]: (len(x), 28, 28, 1)}[storage.order]
    x = x.reshape(shape)
    return x.astype(np.float32) / 255 if storage.scaled else x, np.eye(classes, dtype=np.float32)[
        y
    ] if storage.one_hot else y


def write_conversions(storage: Storage, classes: int) -> dict[str, str]:
    """Return the code that makes this of uint8 `x` (n, 28, 28) and int64 `y` (n,), by library."""
    torch_lines = ["import torch", "import torch.nn.functional as F", _TORCH[storage.order]]
    torch_lines += ["x = x.float() / 255"] * storage.scaled + [f"y = F.one_hot(y, {classes}).float()"] * storage.one_hot
    numpy_lines = ["import numpy as np", _NUMPY[storage.order]]
    keras_lines = ["import keras", "import numpy as np", _NUMPY[storage.order]]
    scaling = ['x = x.astype("float32") / 255'] * storage.scaled
    numpy_lines += scaling + [f'y = np.eye({classes}, dtype="float32")[y]'] * storage.one_hot
    keras_lines += scaling + [f"y = keras.utils.to_categorical(y, {classes})"] * storage.one_hot
    lines = {"PyTorch": torch_lines, "NumPy": numpy_lines, "Keras": keras_lines}
    return {library: "\n".join(filter(None, code)) for library, code in lines.items()}
