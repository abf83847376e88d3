"""What can be set of an attack on one digit: the method, whom it attacks, the class it shall reach, and how far."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig
from core.digits.datasets import Dataset
from core.zoo.checkpoints import without_restoring
from dashboard.server.caches import Zoo
from dashboard.server.scene import DEFAULT_NETWORKS
from dashboard.widgets import networks
from dashboard.widgets.readings import load_networks

TITLES = {
    "fgsm": "FGSM: one step",
    "pgd": "BIM / PGD: many steps",
    "lbfgs": "L-BFGS: the least",
    "sticker": "A sticker",
}
NORMS = {"linf": "any pixel (L∞)", "l2": "all together (L2)"}
OWN = {"norm": "linf", "linf": 0.15, "l2": 2.5, "steps": 40, "random": False, "stride": 0.0}  # at first
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


def key(name: str) -> str:
    """Return the key of a setting in the session."""
    return f"attack {name}"


def open_settings() -> None:
    """Begin with what fools most digits and can still be watched."""
    for name, value in OWN.items():
        st.session_state.setdefault(key(name), value)


def choose_method() -> str:
    """Let people choose the method."""
    return (
        st.segmented_control(
            "Attack",
            list(DEFAULTS),
            default="pgd",
            key=key("method"),
            persist_state="session",
            required=True,
            wrap=True,
            format_func=TITLES.__getitem__,
            label_visibility="collapsed",
            on_change=_show_region,
        )
        or "pgd"
    )


def _show_region() -> None:
    """Bring the erase canvas up for who wants a sticker: that is where its region is drawn."""
    if st.session_state[key("method")] == "sticker":
        st.session_state["missing part"] = "Rub it out"


def choose_attack(method: str, data: Dataset, zoo: Zoo) -> Attacked | None:
    """Let people choose all the rest; None, after a sentence, when there is no network to attack."""
    open_settings()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        network = choose_network(zoo)
        if not network:
            return None
        target = _choose_target(data, required=method == "lbfgs")
        with st.popover("Who looks on", width=130, key=key("onlookers")):
            watched = _choose_watched(zoo, network)
        with st.popover("More", width=90):
            _choose_more(method)
    config = replace(_config(method), target=target)
    return Attacked(method, network, watched, config)


def choose_network(zoo: Zoo) -> str:
    """Let people choose the network that is attacked; "" where there is none."""
    return networks.choose_network(without_restoring(zoo), key=key("network"), label="Attacked network", width=210)


def _choose_target(data: Dataset, *, required: bool) -> int | None:
    options = [name for name in data.classes] if required else [ANY, *data.classes]
    if st.session_state.get(key("target")) not in options:
        st.session_state[key("target")] = options[0]
    chosen = st.selectbox("Shall be read as", options, key=key("target"), persist_state="session", width=150)
    return None if chosen in (ANY, None) else data.classes.index(chosen)


def _choose_watched(zoo: Zoo, network: str) -> tuple[str, ...]:
    first = (*DEFAULT_NETWORKS, "robust")
    chosen = networks.choose_any(zoo, key=key("watched"), first=first, label="Read the attacked digit too")
    st.caption(
        "The noise is made for the attacked network; the others are given the same picture. A network that restores "
        "cannot be attacked itself: no gradient leads back through its comparison with whole digits. What was made "
        "for another is **carried over** to it, once, at the end."
    )
    return (network, *(name for name in zoo if name in chosen and name != network))


def _choose_more(method: str) -> None:
    """Let people set what is seldom changed."""
    if method in ("fgsm", "pgd"):
        st.segmented_control(
            "Limited is",
            list(NORMS),
            key=key("norm"),
            persist_state="session",
            required=True,
            format_func=NORMS.__getitem__,
            on_change=_is_own,
        )
    if method == "pgd":
        st.toggle(
            "Begin somewhere within epsilon (PGD), not at the digit (BIM)",
            key=key("random"),
            persist_state="session",
            on_change=_is_own,
        )
        st.number_input(
            "Step size (0: 2.5 epsilon / steps)",
            0.0,
            10.0,
            step=0.01,
            key=key("stride"),
            persist_state="session",
            format="%g",
            on_change=_is_own,
        )
    if method != "fgsm":
        most = MOST_ROUND if method == "lbfgs" else MOST_STEPS
        st.session_state[key("steps")] = min(st.session_state[key("steps")], most)
        label = "Steps of each round" if method == "lbfgs" else "Steps"
        st.slider(label, 1, most, key=key("steps"), persist_state="session", on_change=_is_own)
    else:
        st.caption("One step, as long as epsilon: nothing else to set.")


def choose_epsilon(method: str) -> None:
    """Show the presets of the papers and how far the attack may go; two methods have no such limit."""
    open_settings()
    if method == "lbfgs":
        st.caption("No limit: it looks for the *smallest* change that reaches the class (Szegedy 2013), in rounds.")
    elif method == "sticker":
        st.caption(
            "The sticker may take any colour, but only where you rub the digit out; it is made to be read "
            "wrongly also when it is seen a little shifted, turned or from afar."
        )
    else:
        far, papers = st.columns([4, 5], gap="medium", vertical_alignment="bottom")
        papers.pills(
            "As in the papers",
            list(PRESETS),
            key=key("preset"),
            on_change=_take_preset,
            wrap=True,
            persist_state="session",
        )
        if st.session_state[key("norm")] == "linf":
            far.slider(
                "Epsilon: how much a pixel may change",
                0.0,
                1.0,
                step=0.001,
                format="%.3f",
                key=key("linf"),
                persist_state="session",
                on_change=_is_own,
            )
        else:
            far.slider(
                "Epsilon: length of all changes (L2)",
                0.0,
                10.0,
                step=0.1,
                format="%.1f",
                key=key("l2"),
                persist_state="session",
                on_change=_is_own,
            )


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


def _config(method: str) -> AttackConfig:
    """Return the settings as they stand in the session, without a target."""
    if method in ("lbfgs", "sticker"):
        return replace(DEFAULTS[method], steps=int(st.session_state[key("steps")]))
    norm = st.session_state[key("norm")]
    preset = PRESETS.get(st.session_state.get(key("preset")) or "")
    epsilon = preset.epsilon if preset is not None else float(st.session_state[key(norm)])
    if method == "fgsm":
        return AttackConfig(norm=norm, epsilon=epsilon, steps=1)
    stride = float(st.session_state[key("stride")]) or None
    return AttackConfig(
        norm=norm,
        epsilon=epsilon,
        steps=int(st.session_state[key("steps")]),
        step_size=stride,
        random_start=bool(st.session_state[key("random")]),
    )


def watchers(names: tuple[str, ...], zoo: Zoo, data: Dataset) -> tuple[list[str], list[str]]:
    """Return the usable ones that are read at every step, and those that restore; say in a sentence which are not."""
    usable = list(load_networks(names, data))
    return [name for name in usable if not zoo[name].restores], [name for name in usable if zoo[name].restores]
