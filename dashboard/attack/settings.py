"""What can be set of an attack on one digit: the method, whom it attacks, the class it shall reach, and how far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig, Norm
from core.digits.datasets import Dataset
from core.zoo.checkpoints import without_restoring
from dashboard import address
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.widgets import networks
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.scene import PART

TITLES = {
    "fgsm": "FGSM: one step",
    "pgd": "BIM / PGD: many steps",
    "lbfgs": "L-BFGS: the least",
    "sticker": "A sticker",
}
NORMS: dict[Norm, str] = {"linf": "any pixel (L∞)", "l2": "all together (L2)"}
EPSILONS: dict[Norm, tuple[str, str, float, float, float, str]] = {  # name, label, largest, first, step, format
    "linf": ("epsilon", "Epsilon: how much a pixel may change", 1.0, 0.15, 0.001, "%.3f"),
    "l2": ("length", "Epsilon: length of all changes (L2)", 10.0, 2.5, 0.1, "%.1f"),
}
MOST_STEPS, MOST_ROUND = 100, 40  # of what is played; of one round of L-BFGS, which has seven
ANY = "anything else"


@dataclass(frozen=True)
class Attacked:
    """Whom the attack is made on, who else looks on, how, and how far."""

    method: str
    network: str
    watched: tuple[str, ...]
    """The networks that are read at every step, the attacked one first; those that restore only at the end."""
    config: AttackConfig


@dataclass(frozen=True)
class Steps:
    """How an attack goes on; the first values fool most digits and can still be watched."""

    norm: Norm = "linf"
    count: int = 40
    random: bool = False
    size: float = 0.0
    """0: as the method has it."""


def key(name: str) -> str:
    """Return the key of a setting in the session."""
    return f"attack {name}"


def choose_method() -> str:
    """Draw the methods; return the chosen one."""
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
        st.session_state[PART] = "Rub it out"


def choose_attack(method: str, data: Dataset, zoo: Zoo) -> Attacked | None:
    """Draw all other settings; return them, None after a sentence when there is no network to attack."""
    target: int | None = None
    watched: tuple[str, ...] = ()
    steps = Steps()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        network = choose_network(zoo)
        if network:
            target = _choose_target(data, required=method == "lbfgs")
            watched = _choose_watched(zoo, network)
            with st.popover("More", width=90):
                steps = _choose_steps(method)
    epsilon = _choose_epsilon(method, steps.norm)
    if not network:
        return None
    return Attacked(method, network, watched, replace(_config(method, steps, epsilon), target=target))


def choose_network(zoo: Zoo) -> str:
    """Let people choose the network that is attacked; "" where there is none."""
    return networks.choose_network(without_restoring(zoo), label="Attacked network", width=210)


def _choose_target(data: Dataset, *, required: bool) -> int | None:
    options = [name for name in data.classes] if required else [ANY, *data.classes]
    chosen = address.selectbox("target", "Shall be read as", options, width=150)
    return None if chosen == ANY else data.classes.index(chosen)


def _choose_watched(zoo: Zoo, network: str) -> tuple[str, ...]:
    if address.get_address().hides("networks"):
        chosen = _choose_readers(zoo)
    else:
        with st.popover("Who looks on", width=130, key=key("onlookers")):
            chosen = _choose_readers(zoo)
            st.caption(
                "The noise is made for the attacked network; the others are given the same picture. A network that "
                "restores cannot be attacked itself: no gradient leads back through its comparison with whole digits. "
                "What was made for another is **carried over** to it, once, at the end."
            )
    return (network, *(name for name in zoo if name in chosen and name != network))


def _choose_readers(zoo: Zoo) -> list[str]:
    first = (*DEFAULT_NETWORKS, "robust")
    return networks.choose_any(zoo, name="watched", first=first, label="Read the attacked digit too")


def _choose_steps(method: str) -> Steps:
    """Draw what is seldom changed."""
    gradual, own = method == "pgd", Steps()
    norm = address.segmented_control(
        "limit",
        "Limited is",
        list(NORMS),
        own.norm,
        key=key("norm"),
        shown=method in ("fgsm", "pgd"),
        format_func=NORMS.__getitem__,
        on_change=_is_own,
    )
    random = address.toggle(
        "random",
        "Begin somewhere within epsilon (PGD), not at the digit (BIM)",
        own.random,
        shown=gradual,
        on_change=_is_own,
    )
    label = "Step size (0: 2.5 epsilon / steps)"
    stride = address.number_input(
        "stride", label, 0.0, 10.0, own.size, 0.01, shown=gradual, format="%g", on_change=_is_own
    )
    if method == "fgsm":
        st.caption("One step, as long as epsilon: nothing else to set.")
    rounds = method == "lbfgs"
    label, most = ("Steps of each round", MOST_ROUND) if rounds else ("Steps", MOST_STEPS)
    steps = address.slider("steps", label, 1, most, own.count, shown=method != "fgsm", on_change=_is_own)
    return Steps(norm, steps, random, stride)


def _choose_epsilon(method: str, norm: Norm) -> float:
    """Draw the presets of the papers and how far the attack may go; return that. Two methods have no such limit."""
    limited = method in ("fgsm", "pgd")
    far, papers = st.columns([4, 5], gap="medium", vertical_alignment="bottom") if limited else (st, st)
    paper = address.pills(
        "paper",
        "As in the papers",
        list(PRESETS),
        required=False,
        key=key("preset"),
        place=papers,
        shown=limited,
        wrap=True,
        on_change=_take_preset,
    )
    epsilons = {
        kind: address.slider(
            name,
            label,
            0.0,
            most,
            first,
            step,
            key=key(kind),
            place=far,
            shown=limited and norm == kind,
            format=written,
            on_change=_is_own,
        )
        for kind, (name, label, most, first, step, written) in EPSILONS.items()
    }
    if method == "lbfgs":
        st.caption("No limit: it looks for the *smallest* change that reaches the class (Szegedy 2013), in rounds.")
    elif method == "sticker":
        st.caption(
            "The sticker may take any colour, but only where you rub the digit out; it is made to be read "
            "wrongly also when it is seen a little shifted, turned or from afar."
        )
    return epsilons[norm] if paper is None else PRESETS[paper].epsilon


def _take_preset() -> None:
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


def _is_own() -> None:
    """Let go of the preset: something else was set."""
    st.session_state[key("preset")] = None


def _config(method: str, steps: Steps, epsilon: float) -> AttackConfig:
    """Return the settings of an attack, without a target."""
    if method in ("lbfgs", "sticker"):
        return replace(DEFAULTS[method], steps=steps.count)
    if method == "fgsm":
        return AttackConfig(norm=steps.norm, epsilon=epsilon, steps=1)
    return AttackConfig(
        norm=steps.norm,
        epsilon=epsilon,
        steps=steps.count,
        step_size=steps.size or None,
        random_start=steps.random,
    )


def watchers(names: tuple[str, ...], zoo: Zoo, data: Dataset) -> tuple[list[str], list[str]]:
    """Return the usable ones that are read at every step, and those that restore; say in a sentence which are not."""
    usable = list(networks_or_warn(names, data))
    return [name for name in usable if not zoo[name].restores], [name for name in usable if zoo[name].restores]
