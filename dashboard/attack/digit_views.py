"""The view "One digit" of the page "Attack": an attack on the current digit, step by step, and its result."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.digits.datasets import Dataset
from core.system.number_format import format_both_scales
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from dashboard.address import get_address
from dashboard.attack import form, photo_views
from dashboard.attack.digit_runs import AttackInputs, AttackRun, start_attack
from dashboard.attack.form import AttackSettings
from dashboard.attack.stories import tell_story
from dashboard.components.player import Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.readings import WHOLE, label_of, show_readings
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip

KEY, ATTACK = "attack", "attack run"  # keys of the player and of the current attack
ADVICE = {  # after an attack that did not fool
    "fgsm": "a larger epsilon, or PGD, which takes many steps",
    "pgd": "a larger epsilon, more steps, or another target class",
    "lbfgs": "more steps per round (*Settings*)",
    "cw": "more steps per round, or a smaller confidence (*Settings*)",
    "jsma": "more pairs of pixels, another theta (*Settings*), or another target class",
    "sticker": "a larger area, or one across the digit's strokes",
}
QUICK = ("fgsm", "pgd")  # methods that take about a second: these start by themselves
CORNER = np.ones((28, 28), np.bool_)  # False where a sticker goes until another area is marked
CORNER[3:13, 2:12] = False


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Play an attack on the current digit, and show its result below."""
    scene, right = choose_beside(
        "" if get_address().hides("settings") else read_tip("attack", "One digit"), session, data
    )
    with right:
        result = st.container()
        method = form.choose_method()
        film = st.container()  # before the other settings: on a small screen they are below the fold
        settings = form.choose_attack(method, data, zoo)
        photo_views.choose_strength(shown=False)  # drawn below, once there is an attacked digit
        if settings is None or scene is None:
            return
        attack = _prepare(settings, scene, session, data, zoo)
        if attack is not None:
            _show_attack(attack, settings, scene[1], data, zoo, result, film)


def _prepare(
    settings: AttackSettings, scene: tuple[Digit, Mask], session: Session, data: Dataset, zoo: Zoo
) -> AttackRun | None:
    """Return the attack with these settings, the same object while they stay; None, after a sentence, if impossible."""
    names, _ = form.split_readers(settings.readers, zoo, data)
    if settings.network not in names:
        return None  # a sentence was shown when it could not be loaded
    inputs = _to_inputs(settings, names, scene, session, data)
    attack: AttackRun | None = st.session_state.get(ATTACK)
    if attack is None or attack.inputs != inputs:
        try:
            attack = _make_attack(inputs, data, zoo, erased=not (scene[1].all() or settings.method == "sticker"))
        except ValueError as error:
            st.warning(str(error))
            return None
        st.session_state[ATTACK] = attack
    if attack.misread:
        st.info(attack.misread)
    return attack


def _to_inputs(
    settings: AttackSettings, names: list[str], scene: tuple[Digit, Mask], session: Session, data: Dataset
) -> AttackInputs:
    """Return the attack's inputs. A sticker is attached to the whole digit; other attacks begin with the erased one."""
    digit, mask = scene
    is_sticker = settings.method == "sticker"
    if is_sticker and mask.all():
        mask = CORNER
    pixels = np.ascontiguousarray(digit if is_sticker else digit * mask, np.float32)
    return AttackInputs(
        settings.method,
        tuple(names),
        settings.config,
        label_of(session, settings.network, digit, data),
        pixels.tobytes(),
        np.ascontiguousarray(mask).tobytes() if is_sticker else b"",
    )


def _make_attack(inputs: AttackInputs, data: Dataset, zoo: Zoo, *, erased: bool) -> AttackRun:
    """Return the attack before its first step; `erased`: on part of a digit. Raises ValueError if it is impossible."""
    networks = {name: caches.classifier(name, data.name) for name in inputs.names}
    first = next(start_attack(inputs, networks[inputs.names[0]]))
    titles, colors = {name: zoo[name].title for name in networks}, {name: color_of(name) for name in networks}
    misread = ""
    if inputs.config.target is None and bool(first.fooled_at_start):
        label, read = data.classes[inputs.label], data.classes[int(first.predicted)]
        misread = (
            f"{titles[inputs.names[0]]} already misreads this {label}: it reads {read} without any noise. Choose "
            f"{'a whole' if erased else 'another'} digit."
        )
    return AttackRun(inputs, networks, titles, colors, data.classes, misread=misread)


def _show_attack(
    attack: AttackRun,
    settings: AttackSettings,
    mask: Mask,
    data: Dataset,
    zoo: Zoo,
    result: DeltaGenerator,
    film: DeltaGenerator,
) -> None:
    """Show the player in `film`, in `result` what became of the attack, and here how each network reads the picture."""
    with film:
        _play(attack, data)
    run = st.session_state.get(f"{KEY}/run")
    done = run is not None and run.finished and attack.last is not None
    attacked = done and not attack.misread
    with result:
        if attacked:
            _show_result(attack, data)
    st.caption(f"{_describe_strength(attack) if attacked else ''}{tell_story(attack, done=done)}")
    if run is None:
        st.caption("These are the readings before the attack.")
    if done or run is None:
        _show_readings(attack, settings, mask, data, zoo)
    if attacked:
        photo_views.show_photographs(attack, data)


def _play(attack: AttackRun, data: Dataset) -> None:
    """Draw the player of the attack, whose curves show each network's probability of one class."""
    inputs = attack.inputs
    colors = {attack.titles[name]: attack.colors[name] for name in inputs.names}
    title = f"Probability of {data.classes[inputs.plotted_class]}, %"
    playing.play(
        attack.steps,
        attack.to_frame,
        key=KEY,
        look=Look(title, colors, unit=" %", limits=(0, 100), axis="step"),
        total=inputs.frame_count,
        about=inputs,
        start="Attack",
        at_once=inputs.method in QUICK,
    )


def _show_result(attack: AttackRun, data: Dataset) -> None:
    """Say in a sentence whether the attack fooled the network."""
    assert attack.first is not None and attack.last is not None
    inputs, classes, last = attack.inputs, data.classes, attack.last
    title = attack.titles[inputs.names[0]]
    now, before = classes[int(last.predicted)], classes[int(attack.first.predicted)]
    sure = f"{100 * float(last.probabilities.max()):.0f} % sure"
    if inputs.config.epsilon == 0:
        st.info(f"Epsilon is 0, so nothing was changed. {title} still reads {now} ({sure}).")
    elif bool(last.fooled):
        st.success(f"**Fooled:** {title} read {before}, and now reads **{now}** ({sure}).")
    else:
        within = f" within epsilon {inputs.config.epsilon:.3g}" if inputs.method in ("fgsm", "pgd") else ""
        wanted = "" if inputs.config.target is None else f", not {classes[inputs.config.target]}"
        reads = f"{'still reads' if now == before else 'reads'} {now}{wanted} ({sure})"
        st.info(f"**Not fooled{within}:** {title} {reads}. Try {ADVICE[inputs.method]}.")


def _describe_strength(attack: AttackRun) -> str:
    """Say when a network was fooled first, and how large the last step's change is, by three norms."""
    assert attack.last is not None
    last = attack.last
    change, length = float(last.perturbation.abs().max()), float(last.perturbation.norm())
    noise = "At the end, the noise" if attack.fooled not in (None, last) else "The noise"
    return (
        f"{_describe_first(attack)}{noise} changes {int(last.changed_pixels)} of 784 pixels (L0), each by at most "
        f"{format_both_scales(change)} (L∞); its total change (L2) is {format_both_scales(length)}. "
    )


def _describe_first(attack: AttackRun) -> str:
    """Say at which step before the last a network that stays fooled was fooled first, and by what; else return ""."""
    step, last = attack.fooled, attack.last
    if step is None or last is None or step is last or not bool(last.fooled):
        return ""
    largest = format_both_scales(float(step.perturbation.abs().max()))
    return f"First fooled at step {step.step} of {step.steps}, with at most {largest} per pixel. "


def _show_readings(attack: AttackRun, settings: AttackSettings, mask: Mask, data: Dataset, zoo: Zoo) -> None:
    """Show every network's probabilities for the attacked digit; before the attack for the unchanged one."""
    inputs = attack.inputs
    _, restoring = form.split_readers(settings.readers, zoo, data)
    hole = WHOLE if inputs.mask is not None else mask  # restoring networks that know the mask are told it
    image = inputs.digit if attack.last is None else attack.last.images[0, 0].numpy()
    before, now = (
        {
            **caches.readings(inputs.names, data.name, one, WHOLE),
            **caches.readings(tuple(restoring), data.name, one, hole),
        }
        for one in (inputs.digit, image)
    )
    notes = dict.fromkeys(restoring, "same picture") | {inputs.names[0]: "attacked"} if attack.last is not None else {}
    readings = [
        Reading(zoo[name].title, color_of(name), now[name], before[name], notes.get(name, ""))
        for name in (*inputs.names, *restoring)
    ]
    show_readings(readings, data.classes)
    if restoring and attack.last is not None:
        st.caption(
            "*Same picture*: restoring networks have no gradient, so they cannot be attacked directly. They read the "
            f"picture that was made for {attack.titles[inputs.names[0]]}."
        )
