"""The settings of an attack on one digit: method, attacked network, target class, limit and steps."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig, Norm
from core.digits.datasets import Dataset
from core.system.number_format import format_both_scales
from core.zoo.checkpoints import without_restoring
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.widgets import networks
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.scene import ERASE, PART
from dashboard.widgets.texts import read_note, show_caption

TITLES = {
    "fgsm": "FGSM: one step",
    "pgd": "BIM / PGD: many steps",
    "lbfgs": "L-BFGS: smallest change",
    "cw": "C&W: smallest change (L2)",
    "jsma": "JSMA: few pixels",
    "sticker": "Sticker",
}
NORMS: dict[Norm, str] = {"linf": "each pixel (L∞)", "l2": "total change (L2)"}
PIXEL_LIMITS = (0.0, 0.007, 0.016, 0.031, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0)  # the papers' among them
TOTAL_LIMITS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)
EPSILON_SLIDERS: dict[Norm, tuple[str, str, tuple[float, ...], float]] = {  # name, label, values, the first one
    # Of the first 100 test digits, PGD at the first value fools the standard network on 99 (each pixel) and 96 (total).
    "linf": ("epsilon", "Epsilon (per pixel)", PIXEL_LIMITS, 0.25),
    "l2": ("length", "Epsilon (total, L2)", TOTAL_LIMITS, 3.0),
}
COUNTS = {  # the label of the number of steps, and the largest one
    "lbfgs": ("Steps per round", 40),
    "cw": ("Steps per round", 100),
    "jsma": ("Pairs of pixels, at most", 100),
}
STEP_COUNT = ("Steps", 100)  # of all other methods
WEIGHTS = (0.01, 0.1, 1.0, 10.0, 100.0)
THETAS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
NEED_TARGET = ("lbfgs", "jsma")  # the methods that lead to a class, never to any other
UNLIMITED = {  # methods without an epsilon, and why
    "lbfgs": read_note("attack", "L-BFGS"),
    "cw": read_note("attack", "C&W"),
    "jsma": read_note("attack", "JSMA"),
    "sticker": read_note("attack", "Sticker"),
}
ANY = "anything else"
OTHERS = ("missing-feature", "robust")  # networks that read the attacked digit, too, at first


@dataclass(frozen=True)
class AttackSettings:
    """The chosen attack."""

    method: str
    network: str
    readers: tuple[str, ...]
    """The networks that read the attacked digit, the attacked one first; restoring ones read it only at the end."""
    config: AttackConfig


@dataclass(frozen=True)
class Steps:
    """The limit and the steps; the first values fool most digits, in few enough steps to watch."""

    norm: Norm = "linf"
    count: int = 40
    random: bool = False
    size: float = 0.0
    """Step size; 0 for the method's own."""


@dataclass(frozen=True)
class Own:
    """What only C&W (confidence, first weight c) and JSMA (theta) have."""

    confidence: float = 0.0
    weight: float = 1.0
    theta: float = 1.0


def key(name: str) -> str:
    """Return the session key of a setting."""
    return f"attack {name}"


def choose_method() -> str:
    """Draw the attack methods; return the chosen one's name."""
    return address.segmented_control(
        "attack",
        "Attack",
        list(DEFAULTS),
        "pgd",
        key=key("method"),
        wrap=True,
        format_func=TITLES.__getitem__,
        label_visibility="collapsed",
        on_change=_show_region,
    )


def _show_region() -> None:
    """Show the erase canvas when the sticker is chosen: that is where its region is drawn."""
    if st.session_state[key("method")] == "sticker":
        st.session_state[PART] = ERASE


def choose_attack(method: str, data: Dataset, zoo: Zoo) -> AttackSettings | None:
    """Draw all other settings and return them; None if there is no network to attack."""
    target: int | None = None
    readers: tuple[str, ...] = ()
    steps, own = Steps(), Own()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        network = choose_attacked_network(zoo)
        if network:
            target = _choose_target(method, data)
            epsilon_place = st.container(width=172)
            with st.popover("Settings", width=105):
                steps, own = _choose_steps(method), _choose_own(method)
                paper = _choose_preset(method)
                readers = _choose_readers(zoo, network)
    if not network:
        return None
    epsilon = _choose_epsilon(method, steps.norm, paper, epsilon_place)
    return AttackSettings(method, network, readers, replace(_to_config(method, steps, own, epsilon), target=target))


def choose_attacked_network(zoo: Zoo, **more: Any) -> str:
    """Draw the networks that can be attacked; return the chosen one's name, "" if there is none.

    `more` is that of `networks.choose_network`.
    """
    return networks.choose_network(without_restoring(zoo), label="Attacked network", width=138, **more)


def _choose_target(method: str, data: Dataset) -> int | None:
    """Draw the target class; each method has its own, since some need one."""
    options = [name for name in data.classes] if method in NEED_TARGET else [ANY, *data.classes]
    chosen = address.selectbox("target", "Make it read as", options, width=134, key=key(f"target {method}"))
    return None if chosen == ANY else data.classes.index(chosen)


def _choose_readers(zoo: Zoo, network: str) -> tuple[str, ...]:
    chosen = _choose_others(zoo)
    if not address.get_address().hides("networks"):
        show_caption("attack", "Other networks")
    return (network, *(name for name in zoo if name in chosen and name != network))


def _choose_others(zoo: Zoo) -> list[str]:
    return networks.choose_any(zoo, name="watched", first=OTHERS, label="Other networks to test")


def _choose_steps(method: str) -> Steps:
    """Draw the limit's norm and the steps, which are seldom changed; return them."""
    gradual, own = method == "pgd", Steps()
    norm = address.segmented_control(
        "limit",
        "Limit",
        list(NORMS),
        own.norm,
        key=key("norm"),
        shown=method not in UNLIMITED,
        format_func=NORMS.__getitem__,
        on_change=_clear_preset,
    )
    random = address.toggle(
        "random",
        "Start at a random point within epsilon (PGD), not at the digit (BIM)",
        own.random,
        shown=gradual,
        on_change=_clear_preset,
    )
    label = "Step size (0: 2.5 epsilon / steps)"
    stride = address.number_input(
        "stride", label, 0.0, 10.0, own.size, 0.01, shown=gradual, format="%g", on_change=_clear_preset
    )
    if method == "fgsm":
        st.caption("FGSM takes one step of the size epsilon.")
    label, most = COUNTS.get(method, STEP_COUNT)
    steps = address.slider("steps", label, 1, most, own.count, shown=method != "fgsm", on_change=_clear_preset)
    return Steps(norm, steps, random, stride)


def _choose_own(method: str) -> Own:
    """Draw what only this method has; return it, and the first values of the others."""
    default, is_cw, is_jsma = Own(), method == "cw", method == "jsma"
    label = "Confidence: by how much the new class's logit must lead"
    confidence = address.slider("confidence", label, 0.0, 20.0, default.confidence, 0.5, shown=is_cw)
    label = "First weight c of misreading the digit, beside its change"
    weight = address.number_slider("weight", label, WEIGHTS, default.weight, shown=is_cw)
    label = "Theta: the change of each chosen pixel (below 0: removes ink)"
    theta = address.number_slider("theta", label, THETAS, default.theta, shown=is_jsma)
    return Own(confidence, weight) if is_cw else Own(theta=theta) if is_jsma else default


def _choose_preset(method: str) -> str | None:
    """Draw the limits that papers use; return the chosen one's name."""
    return address.pills(
        "paper",
        "Limits from papers",
        list(PRESETS),
        required=False,
        key=key("preset"),
        shown=method not in UNLIMITED,
        wrap=True,
        on_change=_apply_preset,
    )


def _choose_epsilon(method: str, norm: Norm, paper: str | None, place: DeltaGenerator) -> float:
    """Draw the limit epsilon and return it; some methods have none."""
    limited = method not in UNLIMITED
    epsilons = {
        kind: address.number_slider(
            name,
            label,
            values,
            first,
            key=key(kind),
            place=place,
            shown=limited and norm == kind,
            format_func=format_both_scales,
            on_change=_clear_preset,
        )
        for kind, (name, label, values, first) in EPSILON_SLIDERS.items()
    }
    if not limited:
        st.caption(UNLIMITED[method])
    return epsilons[norm] if paper is None else PRESETS[paper].epsilon


def _apply_preset() -> None:
    chosen = st.session_state[key("preset")]
    if chosen is None:
        return
    preset = PRESETS[chosen]
    values = {
        "norm": preset.norm,
        preset.norm: round(preset.epsilon, 3),
        "steps": preset.steps,
        "random": preset.random_start,
        "stride": preset.step_size or 0.0,
    }
    st.session_state.update({key(name): value for name, value in values.items()})


def _clear_preset() -> None:
    """Deselect the preset: another value was set by hand."""
    st.session_state[key("preset")] = None


def _to_config(method: str, steps: Steps, own: Own, epsilon: float) -> AttackConfig:
    """Return the attack's configuration, without a target."""
    if method in UNLIMITED:
        return replace(DEFAULTS[method], steps=steps.count, **vars(own))
    if method == "fgsm":
        return AttackConfig(norm=steps.norm, epsilon=epsilon, steps=1)
    return AttackConfig(
        norm=steps.norm,
        epsilon=epsilon,
        steps=steps.count,
        step_size=steps.size or None,
        random_start=steps.random,
    )


def split_readers(names: tuple[str, ...], zoo: Zoo, data: Dataset) -> tuple[list[str], list[str]]:
    """Return the classifiers, which are read at every step, and the restoring networks, read only at the end.

    A sentence names each network that cannot be loaded.
    """
    usable = list(networks_or_warn(names, data))
    return [name for name in usable if not zoo[name].restores], [name for name in usable if zoo[name].restores]
