"""The form of the page "Train": a preset to begin from, and every option of a training."""

from typing import Any

import streamlit as st

from core.digits import datasets
from core.digits.layouts import DIGIT_CLASSES
from core.inversion.functions import INVERSIONS
from core.jobs import trained_networks
from core.networks.architectures import ACTIVATIONS, ARCHITECTURES, Architecture
from core.networks.composing import Block, compose
from core.networks.cost import MAX_BLOCKS, MAX_FILTERS, MAX_SPACING, MAX_UNITS, MAX_WINDOW
from core.system.device import find_device
from core.training.config import CHOICES, TrainConfig
from core.training.presets import PRESETS
from core.visualization.training import StageRow
from core.zoo.checkpoints import Card
from dashboard import address
from dashboard.server import caches, data_sets
from dashboard.server.visitors import get_visitor_id
from dashboard.widgets.texts import read_note, show_caption

OWN, KEEP = "your own", "unchanged"
OWN_TITLE, OWN_DESCRIPTION = "my own network", "A network of your own, built block by block."
SCRATCH = "from scratch"  # how links name it; shown as SCRATCH_TITLE
SCRATCH_TITLE = "from scratch (random weights)"
SHARES = (1, 2, 5, 10, 25, 50, 100)  # percent of the digits
POOLS = {"max": "maximum", "mean": "average", "none": "no pooling"}
NORMS = {"none": "no batch norm", "before": "before the activation", "after": "after the activation"}
ATTACKS = {"none": "not attacked", "fgsm": "attacked: one step (FGSM)", "pgd": "attacked: seven steps (PGD)"}
GROUPS = {"features": "all convolutions", "head": "the whole head"}
COPIED = "train copied"  # key of a description of the run whose settings fill the form; none after a choice of a preset
Settings = dict[str, Any]


def key(name: str) -> str:
    """Return the key of an option's widget."""
    return f"train {name}"


def value(name: str) -> Any:
    """Return the value of an option's widget, None before it is drawn."""
    return st.session_state.get(key(name))


def choose_preset() -> str:
    """Draw the presets; return the name of the chosen one, which fills in all other options."""
    return address.selectbox("preset", "Experiment", list(PRESETS), on_change=_apply_preset)


def is_own() -> bool:
    """Return whether a network is put together block by block."""
    return value("start") == SCRATCH and value("network") == OWN


def describe_preset() -> str:
    """Return what is trained: a sentence or two."""
    if copied := st.session_state.get(COPIED):
        return str(copied)
    return OWN_DESCRIPTION if is_own() else PRESETS[value("preset")].description


def default_title() -> str:
    """Return the network's name as long as nobody has typed one."""
    return OWN_TITLE if is_own() else value("preset")


def _rename() -> None:
    """Name the network after what it is now, unless somebody has typed a name."""
    if value("title") in (None, OWN_TITLE, *PRESETS):
        st.session_state[key("title")] = default_title()


def _apply_preset() -> None:
    st.session_state.pop(COPIED, None)
    for option, chosen in preset_options().items():
        st.session_state[key(option)] = chosen


def preset_options() -> Settings:
    """Return the chosen preset's value of every option."""
    name = value("preset")
    preset = PRESETS[name]
    return {
        "title": name,
        "network": preset.architecture or "small",
        "start": _find_start(preset.start),
        "frozen": list(preset.frozen),
        "frozen-biases": True,
        "reset": list(preset.reset),
        "inversion": preset.inversion or KEEP,
        "held-out": preset.validation is not None,
        "share": 100,
        "dataset": data_sets.current_name(),
        **to_config_options(preset.config),
    }


def to_config_options(config: TrainConfig) -> Settings:
    """Return the value of every option that says how to train."""
    return {
        "epochs": config.epochs,
        "optimizer": config.optimizer,
        "learning-rate": config.learning_rate,
        "schedule": config.schedule,
        "momentum": config.momentum,
        "nesterov": config.nesterov,
        "label-smoothing": config.label_smoothing,
        "batch": config.batch,
        "l2": config.l2,
        "penalty": config.penalty,
        "power": config.power,
        "seed": config.seed,
        "attack": config.attack,
        "epsilon": config.epsilon,
        "device": config.device,
    }


def _find_start(preset_start: str | None) -> str:
    """Return the network to start from: the visitor's newest copy of the talk's step 1, else the preset's own."""
    if preset_start is None:
        return SCRATCH
    own = [
        name
        for name, card in caches.own_networks().items()
        if card.architecture.get("name") == "talk" and card.inversion == "identity"
    ]
    return own[-1] if own else preset_start


def starting_networks() -> dict[str, Card]:
    """Return the networks that a training can start from: those built here that do not restore, with one head."""
    cards, _ = caches.shipped_zoo()
    own = {} if (name := get_visitor_id()) is None else trained_networks.list_networks(name)
    return {name: card for name, card in (cards | own).items() if _can_be_trained(card)}


def _can_be_trained(card: Card) -> bool:
    return card.omega is None and card.onnx is None and not card.restores


def choose_architecture() -> Architecture | None:
    """Draw the networks to start from; return the architecture, or None if `compose_network` is to build one."""
    known, first = starting_networks(), preset_options()
    start = address.selectbox(
        "start",
        "Start from",
        [SCRATCH, *known],
        first["start"],
        group="networks",
        on_change=_rename,
        format_func=lambda name: SCRATCH_TITLE if name == SCRATCH else _title_of(known[name]),
    )
    name = address.selectbox(
        "network",
        "Network",
        [*ARCHITECTURES, OWN],
        first["network"],
        shown=start == SCRATCH,
        on_change=_rename,
        help=f"{OWN}: build one, block by block",
    )
    return ARCHITECTURES.get(name) if start == SCRATCH else Architecture.from_dict(known[start].architecture)


def _title_of(card: Card) -> str:
    return card.title if trained_networks.has_learned(card) else f"{card.title} (has not learned)"


def compose_network() -> tuple[list[Block], Architecture]:
    """Draw the fields of a network built block by block; return its blocks and its architecture."""
    count, units, dropout = st.columns(3)
    blocks = address.number_input("blocks", "Convolution blocks", 0, MAX_BLOCKS, 2, place=count)
    hidden = address.number_input("hidden", "Hidden units (0: none)", 0, MAX_UNITS, 64, place=units)
    rate = address.slider("dropout", "Dropout of hidden units", 0.0, 0.9, 0.0, 0.1, place=dropout)
    names = [f"Block {number}" for number in range(1, blocks + 1)]
    parts = []
    for tab, name in zip(st.tabs(names) if names else [], names, strict=True):
        with tab:
            parts.append(_compose_block(name))
    show_caption("train", "Block")
    return parts, compose(parts, (hidden,) if hidden else (), dropout=rate)


def _compose_block(name: str) -> Block:
    def part(label: str) -> str:
        return f"{name} {label}".lower().replace(" ", "-")

    def number(place: Any, label: str, least: int, most: int, first: int) -> int:
        return address.number_input(part(label), label, least, most, first, place=place)

    def choice(place: Any, label: str, options: dict[str, str]) -> Any:
        return address.selectbox(part(label), label, list(options), place=place, format_func=options.__getitem__)

    first, second = st.columns(5), st.columns(5)
    return Block(
        filters=number(first[0], "Filters", 1, MAX_FILTERS, 16),
        size=number(first[1], "Size", 1, MAX_WINDOW, 3),
        stride=number(first[2], "Stride", 1, MAX_SPACING, 1),
        padding=number(first[3], "Padding", 0, MAX_SPACING, 0),
        dilation=number(first[4], "Dilation", 0, MAX_SPACING, 1),
        activation=choice(second[0], "Activation", {kind: kind for kind in ACTIVATIONS}),
        norm=choice(second[1], "Batch norm", NORMS),
        pool=choice(second[2], "Pooling", POOLS),
        pool_size=number(second[3], "Pool size", 1, MAX_SPACING, 2),
        drop=address.number_input(part("drop"), "Dropout", 0.0, 0.9, 0.0, 0.1, place=second[4]),
    )


def choose_learning() -> Settings:
    """Draw the options of the optimiser and the attack; return the settings that `TrainConfig` takes."""
    left, right = st.columns(2)
    optimizer = _choose_optimizer(left)
    config = {
        "optimizer": optimizer,
        "learning_rate": _choose_number(right, "Learning rate", "learning-rate", format="%g", step=0.001),
        "schedule": _choose_schedule(left),
        "label_smoothing": _choose_number(right, "Label smoothing", "label-smoothing", format="%g", step=0.05),
        "epochs": _choose_number(left, "Epochs", "epochs", step=1),
        "batch": _choose_number(right, "Batch size", "batch", step=1),
        "momentum": _choose_number(left, "Momentum (SGD)", "momentum", disabled=optimizer != "sgd", step=0.1),
        "seed": _choose_number(right, "Seed", "seed", step=1, least=0, most=2**31),
        "l2": _choose_number(left, "L2 regularisation", "l2", format="%g", step=0.001),
        "penalty": _choose_number(right, "Penalty |w|ᵖ", "penalty", format="%g", step=0.0001),
        "power": _choose_number(left, "p (1: L1)", "power", step=0.5),
        "nesterov": _choose_nesterov(right, disabled=optimizer != "sgd"),
        **_choose_attack(left, right),
    }
    return {name: chosen for name, chosen in config.items() if chosen is not None}


def _choose_number(
    place: Any, label: str, name: str, *, least: int | None = None, most: int | None = None, **more: Any
) -> Any:
    return address.number_input(name, label, least, most, preset_options()[name], place=place, **more)


def _choose_optimizer(place: Any) -> str:
    options, first = CHOICES["optimizer"], preset_options()["optimizer"]
    titles = {"sgd": "SGD", "adam": "Adam"}
    return address.selectbox("optimizer", "Method", options, first, place=place, format_func=titles.__getitem__)


def _choose_attack(left: Any, right: Any) -> Settings:
    attack = address.selectbox(
        "attack",
        "Training digits",
        list(ATTACKS),
        preset_options()["attack"],
        place=left,
        format_func=ATTACKS.__getitem__,
        help=read_note("train", "Attacked digits"),
    )
    off = attack == "none"
    epsilon = _choose_number(right, "Epsilon of the attack", "epsilon", disabled=off, step=0.05)
    return {"attack": attack, "epsilon": epsilon}


def _choose_schedule(place: Any) -> str:
    first, about = preset_options()["schedule"], "One cycle: it rises from 0 to the learning rate, then falls to 0."
    return address.selectbox("schedule", "Rate over time", CHOICES["schedule"], first, place=place, help=about)


def _choose_nesterov(place: Any, *, disabled: bool) -> bool:
    first = preset_options()["nesterov"]
    return address.toggle("nesterov", "Nesterov momentum (SGD)", first, place=place, disabled=disabled)


def choose_data() -> Settings:
    """Draw the options of the data and the device; return the settings."""
    first = preset_options()
    dataset = address.selectbox(
        "dataset", "Data set", data_sets.list_names(), first["dataset"], format_func=datasets.title_of
    )
    share = address.select_slider("share", "Training digits used", SHARES, first["share"], format_func="{} %".format)
    tenth = address.toggle("held-out", "Validate on 10 % (as in the Keras lecture), not on a sixth", first["held-out"])
    device = address.segmented_control("device", "Device", list_devices(), first["device"], format_func=str.upper)
    return {"dataset": dataset, "share": share / 100, "validation": 0.1 if tenth else None, "device": device}


def count_classes() -> int:
    """Return how many classes the chosen data set has."""
    return len(datasets.classes_of(value("dataset") or data_sets.current_name()) or DIGIT_CLASSES)


def list_devices() -> list[str]:
    """Return the devices of this computer, the CPU first."""
    devices = []
    for name in CHOICES["device"]:
        try:
            devices.append(find_device(name).type)
        except ValueError:
            continue
    return devices


def choose_changes(rows: list[StageRow]) -> Settings:
    """Draw the options of which stages to freeze and reset and how to invert the features; return the settings."""
    stages, first = [row.stage for row in rows if row.parameters], preset_options()
    chosen = {
        name: address.multiselect(
            name, label, [group, *stages], first[name], format_func=lambda stage: GROUPS.get(stage, stage)
        )
        for name, group, label in (("frozen", "features", "Freeze"), ("reset", "head", "Reset"))
    }
    biases = address.toggle(
        "frozen-biases",
        "Freeze biases too (the published code freezes weights only)",
        first["frozen-biases"],
        shown=bool(chosen["frozen"]),
    )
    formulas = {KEEP: KEEP} | {name: f"{one.formula} ({name})" for name, one in INVERSIONS.items()}
    formulas["both"] = "(x, 1 - x): two heads, summed (synergy)"
    inversion = address.selectbox(
        "inversion",
        "Input of the head (features x)",
        list(formulas),
        first["inversion"],
        format_func=formulas.__getitem__,
    )
    return {**chosen, "frozen_biases": biases, "inversion": None if inversion == KEEP else inversion}
