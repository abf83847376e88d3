"""The view "How it is stored": a batch in every usual order of axes, with its shapes, its bytes and the code."""

from typing import Any

import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.digits.storage_order import ORDERS, USERS, Storage, store, write_conversions
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.texts import read_note

BATCHES = (1, 32, 128, 1000)
RANGES = ("0 to 255", "0 to 1")


def show_storage(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the same batch as the visitor chooses to store it."""
    inputs, result = inputs_and_result(2, 3)
    with inputs:
        count, storage = _choose()
    batch = data.train.first(count)
    x, y = store(batch, storage, len(data.classes))
    with result:
        st.markdown(f"**{describe(x, y)}**")
        st.table(pd.DataFrame([_row("Pictures x", x), _row("Labels y", y)]).set_index("array"))
        names = ", ".join(data.classes[one] for one in batch.labels[:3])
        st.caption(f"The first labels, {names}: `{y[:3].astype(int).tolist()}`")
        _show_code(storage, len(data.classes))
    st.markdown(read_note("data_sets", "Orders"))


def _choose() -> tuple[int, Storage]:
    """Draw the choices, at first what PyTorch takes; return the number of digits and how they are stored."""
    count = address.select_slider("n", "Digits in the batch, n", BATCHES, 32)
    order = address.segmented_control("order", "Axes", ORDERS, ORDERS[1], wrap=True)
    st.caption(USERS[order])
    values = address.segmented_control("values", "Pixels", RANGES, RANGES[1])
    one_hot = address.toggle("one-hot", "One-hot labels")
    return count, Storage(order, values == RANGES[1], one_hot)


def describe(x: NDArray[Any], y: NDArray[Any]) -> str:
    """Return a sentence: the shapes and how many bytes a picture takes."""
    each = x.nbytes // len(x)
    return f"{len(x):,} pictures of the shape {x.shape[1:]} take {each:,} bytes each; the labels' shape is {y.shape}."


def _row(name: str, array: NDArray[Any]) -> dict[str, str]:
    limits = f"{array.min():g} to {array.max():g}"
    shape = {"array": name, "shape": str(array.shape), "type": str(array.dtype)}
    return shape | {"values": limits, "bytes": f"{array.nbytes:,}"}


def _show_code(storage: Storage, classes: int) -> None:
    code = write_conversions(storage, classes)
    library = address.segmented_control("library", "Code that makes this of the file", list(code))
    st.code(code[library], language="python")
