"""The six views of the page "What activates a neuron". Each draws its inputs and plays the optimisation."""

from dataclasses import replace

import streamlit as st

from core.digits.datasets import Dataset
from core.maximization.objectives import ClassLogit, MapMean, Neuron, Objective
from core.maximization.stage_outputs import stage_shapes
from core.networks.classifier import Classifier
from core.visualization.gallery import draw_gallery
from core.visualization.maximization import Layout, layout_for
from core.visualization.network_colors import GOAL_COLORS
from dashboard import address
from dashboard.components.player import Look
from dashboard.maximize import form, step_texts
from dashboard.maximize.form import ASSIGNMENT, SHRINKING, WHITE, Shapes
from dashboard.maximize.runs import Maximization, play
from dashboard.server.caches import Zoo
from dashboard.server.session import Session
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.digit import choose_digit
from dashboard.widgets.map_details import draw_exciting, show_closeup
from dashboard.widgets.texts import show_caption

NEURON = {"starts": 5, "noise": 40 / 255}  # enough noise for different answers
COMPARED = ("standard", "missing-feature", "assignment", "robust")
ALL = "all ten"
RECORDED_DIGIT = 0  # from which `make recordings` starts
RECORDED_NEURON = ("missing-feature", -Neuron("pool2", 0))
PRESENT, ABSENT = "its presence", "its absence"  # as links write them
SIGNS = {PRESENT: "feature present", ABSENT: "feature absent"}


def show_classes(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Optimise ten images, one that maximises each class's logit."""
    left, right = inputs_and_result(260, 780)
    with left:
        name = form.choose_differentiable_network(zoo, "assignment", key="class network")
        config = form.choose_settings("classes", ASSIGNMENT, several=True)
    with right:
        networks = form.load_classifiers([name], data)
        if not networks:
            return
        layout = layout_for(10) if config.starts == 1 else Layout(10)
        objective = ClassLogit(range(len(data.classes)))
        describe, fixed = step_texts.describe_classes(data.classes), form.load_magnitude(data, config)
        run = Maximization(networks, objective, config, layout, describe, fixed)
        play(run, key="ten digits", look=step_texts.classes_look(data.classes), start="Optimise ten images")
        show_caption("maximize", "Ten digits")


def show_maps(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Optimise an image for every map of a stage, and show one map in detail."""
    left, right = inputs_and_result(260, 780)
    with left:
        name = form.choose_differentiable_network(zoo, "assignment", key="map network", always=True)
        networks = form.load_classifiers([name], data)
        if not networks:
            return
        shapes = stage_shapes(networks[name])
        stage = form.choose_stage(networks[name], shapes, key=f"map stage {name}", maps=True)
        whole = address.segmented_control(
            "part", "Maximise in each map", ["central neuron", "whole map"], key="map part"
        )
        config = form.choose_settings("maps", ASSIGNMENT)
    numbers = tuple(range(shapes[stage][0]))
    objective: Objective = Neuron(stage, numbers) if whole == "central neuron" else MapMean(stage, numbers)
    with right:
        fixed = form.load_magnitude(data, config)
        run = Maximization(networks, objective, config, layout_for(len(numbers)), step_texts.describe_maps, fixed)
        look = Look(f"Images that activate the maps of {stage}", axis="step")
        recording = play(run, key="every map", look=look, start=f"Optimise all {len(numbers)}")
        show_caption("maximize", "Every map")
        grown = None if recording is None else recording.steps[-1][0].images
        show_closeup(session, data, name, objective, stage, grown)


def show_neuron(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Optimise several images that maximise or minimise one unit or map, and a class's logit too if chosen."""
    left, middle, right = inputs_and_result(260, 570, 190)
    with left:
        name = form.choose_differentiable_network(zoo, "missing-feature", key="neuron network", always=True)
        networks = form.load_classifiers([name], data)
        if not networks:
            return
        shapes = stage_shapes(networks[name])
        stage = form.choose_stage(networks[name], shapes, key=f"neuron stage {name}")
        part, number = _choose_part(stage, shapes, key=f"neuron {name} {stage}")
        objective = _choose_aim(part, name, networks[name], data)
        config = form.choose_settings("neuron", SHRINKING, several=True, **NEURON)
    with middle:
        layout, fixed = layout_for(config.starts), form.load_magnitude(data, config)
        run = Maximization(networks, objective, config, layout, step_texts.describe_starts, fixed, hatch=False)
        colors = {step_texts.start_title(number): GOAL_COLORS[number] for number in range(config.starts)}
        look = Look("Activation from each start", colors, axis="step")
        play(run, key="one neuron", look=look, start="Optimise")
        if "one neuron/run" not in st.session_state and (name, objective) != RECORDED_NEURON:
            show_caption("maximize", "Another neuron")
        show_caption("maximize", "One neuron")
    with right:
        _show_exciting(name, part, number, shapes[stage], data)


def _show_exciting(name: str, part: Neuron | MapMean, number: int, shape: tuple[int, int, int], data: Dataset) -> None:
    """Show the digits that activate the chosen part of a stage most."""
    maps, rows, _ = shape
    st.markdown(f"**Digits with most of {'map' if rows > 1 else 'unit'} {number} of {part.stage}**")
    everything = replace(part, maps=tuple(range(maps)))  # once for the stage: then another number is shown at once
    st.html(draw_gallery([draw_exciting(data, name, everything, number)], min_width=150, css_class="ns-closeup"))


def _choose_aim(part: Objective, name: str, network: Classifier, data: Dataset) -> Objective:
    """Draw whether the part is to be present or absent, and a class to add; return the objective."""
    first = ABSENT if form.inverts(network) else PRESENT
    sign = address.segmented_control(
        "excites", "Maximise", list(SIGNS), first, key=f"neuron sign {name}", format_func=SIGNS.__getitem__
    )
    if sign == ABSENT:
        part = -part
    extra = address.selectbox("class", "Also maximise class", ["none", *data.classes], key="neuron class")
    return part if extra == "none" else part + ClassLogit(data.classes.index(extra))


def _choose_part(stage: str, shapes: Shapes, key: str) -> tuple[Neuron | MapMean, int]:
    """Draw the choice of a unit, or of a map and a part of it; return its objective and its number."""
    maps, rows, columns = shapes[stage]
    number = address.number_input("unit", "Map" if rows > 1 else "Unit", 0, maps - 1, 0, key=key)
    part = address.segmented_control(
        "part", "Part of the map", ["centre", "a place", "whole map"], key="neuron part", shown=rows > 1
    )
    is_place = rows > 1 and part == "a place"
    row = address.number_input("row", "Row", 0, rows - 1, rows // 2, key=f"{key} row", shown=is_place)
    column = address.number_input("column", "Column", 0, columns - 1, columns // 2, key=f"{key} column", shown=is_place)
    if rows > 1 and part == "whole map":
        return MapMean(stage, number), number
    return Neuron(stage, number, (row, column) if is_place else None), number


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Turn the current digit into every class with one network, or into one class with several."""
    left, right = inputs_and_result(290, 750)
    with left:
        choice = choose_digit(session, data, first="Sample")
        config = form.choose_settings("digit", WHITE, steps=60, noise=0.0)
    with right:
        target, names = _choose_target(data, zoo)
        networks = form.load_classifiers(names, data)
        if choice is None or not networks:
            st.info(f"Draw a {name_drawing(data)} to change it into another class here.")
            return
        labels = list(range(len(data.classes))) if target == ALL else [data.classes.index(target)]
        titles = [zoo[name].title for name in networks]
        if target == ALL:
            describe, look = step_texts.describe_classes(data.classes), step_texts.classes_look(data.classes)
        else:
            describe = step_texts.describe_networks(titles, data.classes, labels)
            look = step_texts.networks_look(networks, zoo)
        layout = layout_for(len(labels) * len(networks))
        fixed = form.load_magnitude(data, config)
        run = Maximization(networks, ClassLogit(labels), config, layout, describe, fixed, choice.digit)
        play(run, key="another digit", look=look, start="Change the digit")
        if "another digit/run" not in st.session_state and choice.sample != RECORDED_DIGIT:
            st.caption(f"The recorded run starts from test digit {RECORDED_DIGIT} of MNIST, a 7, not from your digit.")
        if target != ALL:
            st.caption("Networks, from the left: " + ", ".join(titles) + ".")


def _choose_target(data: Dataset, zoo: Zoo) -> tuple[str, list[str]]:
    """Draw the target class, or all ten, and the networks; return it and their names: one network for all ten."""
    into, by = st.columns([1, 2], gap="small")
    target = address.selectbox("into", "Change it into", [ALL, *data.classes], key="digit target", place=into)
    with by:
        if target == ALL:
            return target, [form.choose_differentiable_network(zoo, "standard", key="digit network")]
        return target, form.choose_differentiable_networks(zoo, "digit networks", COMPARED)


def show_side_by_side(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Optimise ten images with several networks from the same noise."""
    left, right = inputs_and_result(260, 780)
    with left:
        names = form.choose_differentiable_networks(zoo, "compared networks", COMPARED)
        config = form.choose_settings("compared", WHITE, steps=100)
    with right:
        networks = form.load_classifiers(names, data)
        if not networks:
            return
        titles, labels = [zoo[name].title for name in networks], range(len(data.classes))
        describe = step_texts.describe_networks(titles, data.classes, labels)
        fixed = form.load_magnitude(data, config)
        run = Maximization(networks, ClassLogit(labels), config, Layout(10), describe, fixed)
        play(run, key="side by side", look=step_texts.networks_look(networks, zoo), start="Optimise side by side")
        st.caption("A row for each network, in this order: " + ", ".join(titles) + ".")


def show_methods(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Optimise an image of one class with several methods, from the same noise and with the same network."""
    left, right = inputs_and_result(260, 780)
    with left:
        label = address.selectbox("class", "Class", list(data.classes), data.classes[3 % len(data.classes)])
        name = form.choose_differentiable_network(zoo, "assignment", key="methods network")
        configs = form.choose_methods()
    with right:
        networks = form.load_classifiers([name], data)
        if not networks:
            return
        titles, at = [form.method_title(preset) for preset in configs], data.classes.index(label)
        first, *others = configs.values()
        describe, layout = step_texts.describe_methods(titles, data.classes, at), Layout(min(3, len(titles)), 5)
        fixed = form.load_magnitude(data, first, *others)
        run = Maximization(networks, ClassLogit(at), first, layout, describe, fixed, others=tuple(others))
        play(run, key="compare methods", look=step_texts.methods_look(titles, label), start="Optimise with each method")
        show_caption("maximize", "Compare methods")
