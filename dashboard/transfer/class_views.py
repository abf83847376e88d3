"""The views "New classes" and "Which layer": a classifier on features, its accuracy and its mistakes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from core.digits.datasets import Dataset
from core.system.intervals import wilson_interval
from core.system.wording import join_words
from core.transfer.backbones import CONTROLS, LAST_MAPS, Backbone
from core.transfer.classification import CLASSIFIERS, ClassificationResult
from core.transfer.tasks import Task
from core.visualization.figures import draw_confusion
from core.visualization.gallery import GalleryItem, draw_gallery, draw_metrics
from core.visualization.network_colors import color_of
from core.visualization.transfer import to_thumb
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.transfer import layers, new_picture, pictures
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.tables import choose_cell
from dashboard.widgets.texts import read_note, show_text

MAX_SHOWN = 12  # more pictures would move everything else off the screen
MATRIX = 320  # pixels: the height of the confusion matrix with its titles
LAYER_TITLES = {
    "last maps": "last feature maps",
    "second to last dense layer": "second to last dense layer",
    "last dense layer": "last dense layer",
    "hand-made features": "control: hand-made features (HOG)",
    "pixels alone": "control: pixels alone",
    "last maps of layers drawn at random": "control: last maps of random layers",
}


def show_classes(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the accuracy and the mistakes of a classifier on features that tells classes apart."""
    left, right = inputs_and_result(260, 780)
    with left:
        source = pictures.choose_source()
        backbone = layers.choose_backbone(data, zoo)
        layer = None if backbone is None else choose_layer(backbone)
        classifier = choose_classifier()
    with right:
        task = pictures.show_task(source, data)
        if task is None:
            return
        result = None
        if backbone is not None and layer is not None:
            result = layers.show_classification(task, backbone, layer, classifier)
        if result is not None and backbone is not None and layer is not None:
            show_result(task, result)
            new_picture.show_new_picture(source, task, result, backbone, layer)
        st.caption(task.about)
        with st.expander("When does this help?"):
            show_text("transfer_limits")


def choose_layer(backbone: Backbone) -> str:
    """Draw the choice of the layer whose activations are the features; return its name."""
    names, title = backbone.layers(), LAYER_TITLES.__getitem__
    return address.selectbox("features", "Features", names, LAST_MAPS, key="transfer layer", format_func=title)


def choose_classifier() -> str:
    """Draw the choice of what learns from the features; return it."""
    return address.selectbox("classifier", "Classifier on top", CLASSIFIERS, key="transfer classifier", width=260)


def show_result(task: Task, result: ClassificationResult) -> None:
    """Show the accuracies, the confusion matrix, and the pictures of the clicked cell, or all mistakes."""
    right, count = int(result.confusion.trace()), int(result.confusion.sum())
    low, high = wilson_interval(right, count)
    st.markdown(f"**It tells {join_words(task.classes)} apart in {right} of {count} held-out pictures.**")
    st.html(
        draw_metrics(
            {
                "accuracy on held-out pictures": f"{result.test_accuracy:.0f} % ({right} of {count})",
                "95 % interval": f"{low:.0f} to {high:.0f} %",
                "accuracy on training pictures": f"{result.train_accuracy:.0f} %",
                "features per picture": f"{result.features:,}",
            }
        )
    )
    matrix, shown = st.container(key="matrix-row").columns(2, gap="medium")
    with matrix:
        figure = draw_confusion(result.confusion, task.classes, color_of("standard"))
        figure.update_layout(height=MATRIX)
        cell = choose_cell(figure, result.confusion, "transfer confusion")
    with shown:
        _show_pictures(task, result, cell)


def _show_pictures(task: Task, result: ClassificationResult, cell: list[int] | None) -> None:
    answers = dict(zip(result.tested.tolist(), zip(result.predicted, result.confidence, strict=True), strict=True))
    if cell is None:
        found, title = result.wrong(task), "Mistakes, the highest probability first"
    else:
        in_cell = (task.labels[result.tested] == cell[0]) & (result.predicted == cell[1])
        found, title = result.tested[in_cell], f"{task.classes[cell[0]]}, read as {task.classes[cell[1]]}"
    st.markdown(f"**{title}** ({len(found)})")
    if not len(found):
        st.caption("None: all held-out pictures are read correctly." if cell is None else "None.")
    else:
        names = [task.classes[label] for label in task.labels]
        items = [
            GalleryItem(
                to_thumb(task.pixels[one], 112),
                f"{names[one]}, read as {task.classes[answers[one][0]]}, {100 * answers[one][1]:.0f}\u00a0%",
            )
            for one in found[:MAX_SHOWN].tolist()
        ]
        st.html(draw_gallery(items, min_width=88, css_class="ns-mistakes"))
    if cell is None:
        st.caption("Click a square of the confusion matrix to see its pictures.")


def show_layers(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Compare the accuracy with every layer's activations as features, and with the pixels alone."""
    left, right = inputs_and_result(260, 780)
    with left:
        source = pictures.choose_source()
        backbone = layers.choose_backbone(data, zoo)
        classifier = choose_classifier()
    with right:
        task = pictures.show_task(source, data)
        if task is None or backbone is None:
            return
        rows, accuracies = {}, {}
        for layer in backbone.layers():
            result = layers.show_classification(task, backbone, layer, classifier)
            if result is not None:
                rows[LAYER_TITLES[layer]] = _to_row(task, result)
                accuracies[layer] = result.test_accuracy
        if rows:
            st.markdown(f"**{describe_layers(accuracies)}**")
            st.table(pd.DataFrame(rows).T)
        st.caption(
            f"Each row has the same {int((~task.test).sum())} training pictures and {int(task.test.sum())} held-out "
            f"pictures. Chance alone changes a result by about {_chance(task):.0f} pictures. "
            f"{_describe_inputs(backbone)} " + read_note("transfer", "Controls")
        )


def describe_layers(accuracies: Mapping[str, float]) -> str:
    """Return a sentence or two: the best layer, what the controls reach, and whether trained layers help."""
    learned = {layer: accuracy for layer, accuracy in accuracies.items() if layer not in CONTROLS}
    best = max(learned, key=learned.__getitem__, default=None)
    first = "" if best is None else f"Of trained layers, the best are the {LAYER_TITLES[best]}: {learned[best]:.0f} %. "
    controls = {layer: accuracies[layer] for layer in CONTROLS if layer in accuracies}
    reached = ", ".join(
        f"{LAYER_TITLES[layer].removeprefix('control: ')} {accuracy:.0f} %" for layer, accuracy in controls.items()
    )
    text = first + (f"The controls reach: {reached}." if controls else "")
    reached_best = max(controls.values(), default=0.0)
    if best is None or reached_best < learned[best]:
        return text
    compared = "better" if reached_best > learned[best] else "as good"
    return f"{text} A control is {compared}: trained layers do not help here."


def _chance(task: Task) -> float:
    """Return the standard deviation of the number of right answers, for a network with 90 % accuracy."""
    return float(np.sqrt(task.test.sum() * 0.9 * 0.1))


def _to_row(task: Task, result: ClassificationResult) -> dict[str, str]:
    right, count = int(result.confusion.trace()), int(result.confusion.sum())
    low, high = wilson_interval(right, count)
    shares = result.confusion.diagonal() / np.maximum(1, result.confusion.sum(1))
    lowest = int(shares.argmin())
    return {
        "accuracy, held out": f"**{result.test_accuracy:.0f} %** ({right} of {count})",
        "95 % interval": f"{low:.0f} to {high:.0f} %",
        "lowest class, held out": f"{task.classes[lowest]}: {100 * shares[lowest]:.0f} %",
        "accuracy, training": f"{result.train_accuracy:.0f} %",
        "features": f"{result.features:,}",  # last: a phone cuts it off first
    }


def _describe_inputs(backbone: Backbone) -> str:
    if backbone.channels == 3:
        return read_note("transfer", "Inputs of VGG16")
    return read_note("transfer", "Inputs of our networks")
