"""A new picture on the page "Transfer", uploaded or drawn, which the transferred network reads."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.digits.drawing import prepare_strokes
from core.digits.pictures import PictureError, read_picture
from core.transfer.backbones import Backbone
from core.transfer.classification import ClassificationResult
from core.transfer.tasks import Task
from core.transfer.uploaded_pictures import to_square
from core.visualization import arrays
from core.visualization.transfer import to_thumb
from dashboard.transfer import cached, layers
from dashboard.transfer.pictures import DIGITS
from dashboard.widgets.canvas import draw_canvas
from dashboard.widgets.picture_upload import upload_picture
from dashboard.widgets.pictures import show_picture

UPLOAD, DRAWN = "transfer new picture", "transfer new digit"  # keys
THUMB_SIDE = 168  # pixels


def show_new_picture(source: str, task: Task, result: ClassificationResult, backbone: Backbone, layer: str) -> None:
    """Draw a canvas or an upload, and say which of the task's classes the network reads in the picture."""
    st.markdown("#### Try a new picture")
    given, read = st.columns(2, gap="medium")
    try:
        with given:
            picture = _draw() if source == DIGITS else _upload()
    except PictureError as error:
        given.warning(str(error))
        return
    if picture is None:
        return
    shares = result.probabilities(cached.features(layers.network_id(backbone), layer, picture, backbone))[0]
    with read:
        st.markdown(f"**{describe(shares, task)}**")
        show_picture(to_thumb(picture, THUMB_SIDE), "the new picture", width=THUMB_SIDE, smooth=source != DIGITS)
        st.caption(f"It knows these {len(task.classes)} classes only, so it names one of them for any picture.")


def describe(shares: NDArray[np.float64], task: Task) -> str:
    """Return a sentence: which class the picture is read as, with its probability."""
    read = int(shares.argmax())
    return f"It is read as {task.classes[read]} ({100 * float(shares[read]):.0f} % sure)."


def _draw() -> NDArray[np.uint8] | None:
    """Draw a canvas; return the digit as the data set would have it, `(28, 28, 3)`. Raises PictureError."""
    ink = draw_canvas(key=DRAWN)
    return None if ink is None else arrays.to_rgb(arrays.to_gray(prepare_strokes(ink).digit))


def _upload() -> NDArray[np.uint8] | None:
    """Draw an upload; return its picture as the task's own are, `(224, 224, 3)`. Raises PictureError."""
    return upload_picture(
        "A new picture of one of the classes", key=UPLOAD, read=lambda one: to_square(read_picture(one))
    )
