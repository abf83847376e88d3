"""The view "One digit" of the page "Attack": noise for the digit of now, step by step, and whether it worked."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.adversarial.attack import AttackStep
from core.digits.datasets import Dataset
from core.visualization.network_colors import color_of
from core.visualization.readings import Reading
from dashboard.attack import photo_views, settings
from dashboard.attack.digit_runs import Asked, Take, start
from dashboard.attack.settings import Attacked
from dashboard.components.player import Look
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets import playing
from dashboard.widgets.readings import WHOLE, label_of, show_readings
from dashboard.widgets.scene import choose_beside

KEY = "attack"
TAKE = "attack take"
TRY = {
    "fgsm": "a larger epsilon, or many steps instead of one",
    "pgd": "a larger epsilon, more steps, or another class",
    "lbfgs": "more steps in each round (*More*)",
    "sticker": "a larger region, or one across the digit's ink",
}


def show_digit(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show an attack on the digit of now; what evolves is played, what became of it stands below."""
    scene, right = choose_beside(
        "Try: press *Attack*. Then a smaller epsilon: how little is enough? Then *Shall be read as*: a 3.",
        session,
        data,
    )
    with right:
        method = settings.choose_method()
        attacked = settings.choose_attack(method, data, zoo)
        photo_views.choose_strength(shown=False)  # drawn below, once there is an attacked digit
        if attacked is None or scene is None:
            return
        take = _prepare(attacked, scene, session, data, zoo)
        if take is not None:
            _show_take(take, attacked, scene[1], data, zoo)


def _prepare(attacked: Attacked, scene: tuple[Digit, Mask], session: Session, data: Dataset, zoo: Zoo) -> Take | None:
    """Return the attack that is asked for now; None, after a sentence, when it cannot be made."""
    names, _ = settings.watchers(attacked.watched, zoo, data)
    if attacked.network not in names:
        return None  # why was said when it could not be loaded
    digit, mask = scene
    is_sticker = attacked.method == "sticker"
    pixels = np.ascontiguousarray(digit if is_sticker else digit * mask, np.float32)
    asked = Asked(
        attacked.method,
        tuple(names),
        attacked.config,
        label_of(session, attacked.network, pixels, data),
        pixels.tobytes(),
        np.ascontiguousarray(mask).tobytes() if is_sticker else b"",
    )
    take: Take | None = st.session_state.get(TAKE)
    if take is None or take.asked != asked:
        networks = {name: caches.classifier(name, data.name) for name in names}
        try:
            first = next(start(asked, networks[attacked.network]))
        except ValueError as error:
            st.warning(str(error))
            return None
        titles, colors = {name: zoo[name].title for name in names}, {name: color_of(name) for name in names}
        take = Take(asked, networks, titles, colors, data.classes, misread=_misread(first, asked, data))
        st.session_state[TAKE] = take
    if take.misread:
        st.info(take.misread)
    return take


def _misread(first: AttackStep, asked: Asked, data: Dataset) -> str:
    """Return a sentence when there is nothing left to win."""
    if asked.config.target is not None or not bool(first.fooled_at_start):
        return ""
    label, read = data.classes[asked.label], data.classes[int(first.predicted)]
    return (
        f"It is a {label}, and is read as {read} before anything is added: there is nothing left to win, but the "
        "noise can still be watched."
    )


def _show_take(take: Take, attacked: Attacked, mask: Mask, data: Dataset, zoo: Zoo) -> None:
    """Show the player, and below what each network makes of the picture."""
    asked = take.asked
    goal = "still read as" if asked.config.target is None else "read as"
    look = Look(
        f"How sure each network is: {goal} {data.classes[asked.goal]}",
        {take.titles[name]: take.colors[name] for name in asked.names},
        unit=" %",
        limits=(0, 100),
    )
    total = None if asked.method == "lbfgs" else 2 if asked.method == "fgsm" else asked.config.steps + 1
    playing.play(take.steps, take.to_frame, key=KEY, look=look, total=total, about=asked, start="Attack")
    run = st.session_state.get(f"{KEY}/run")
    done = run is not None and run.finished and take.last is not None
    if done:
        _show_verdict(take, data)
    elif run is None:
        st.caption("Below: what they read now, before anything is added.")
    if done or run is None:
        _show_readings(take, attacked, mask, data, zoo)
    if done:
        photo_views.show_aftermath(take, data)


def _show_verdict(take: Take, data: Dataset) -> None:
    """Say whether it worked, also when it did not."""
    assert take.first is not None and take.last is not None
    asked, classes, last = take.asked, data.classes, take.last
    title = take.titles[asked.names[0]]
    now, before = classes[int(last.predicted)], classes[int(take.first.predicted)]
    sure = f"{100 * float(last.probabilities.max()):.0f} % sure"
    change, length = float(last.perturbation.abs().max()), float(last.perturbation.norm())
    cost = f"No pixel changed by more than {change:.3f} of 1; all changes together are {length:.2f} long."
    if asked.config.epsilon == 0 and not bool(last.fooled_at_start):
        st.info(f"Epsilon is 0, so nothing was changed: {title} still reads {now} ({sure}).")
    elif bool(last.fooled) and not bool(last.fooled_at_start):
        first = "" if take.fooled_at is None else f" First fooled at step {take.fooled_at} of {last.steps}."
        st.success(f"**Fooled:** {title} read {before}, and now reads **{now}** ({sure}).{first} {cost}")
    elif bool(last.fooled):
        st.info(f"It was misread from the beginning: {title} read {before}, and now reads {now} ({sure}). {cost}")
    else:
        within = f" within epsilon {asked.config.epsilon:.3g}" if asked.method in ("fgsm", "pgd") else ""
        wanted = "" if asked.config.target is None else f", not {classes[asked.config.target]}"
        reads = f"{'still reads' if now == before else 'reads'} {now}{wanted} ({sure})"
        st.warning(f"**Not fooled{within}:** {title} {reads}. Try {TRY[asked.method]}. {cost}")


def _show_readings(take: Take, attacked: Attacked, mask: Mask, data: Dataset, zoo: Zoo) -> None:
    """Show every network's bars: of the digit as it is, or of what the attack has made of it."""
    asked = take.asked
    _, restoring = settings.watchers(attacked.watched, zoo, data)
    hole = WHOLE if asked.mask is not None else mask  # what is missing is known to those who ask for it
    image = asked.digit if take.last is None else take.last.images[0, 0].numpy()
    before, now = (
        {
            **caches.readings(asked.names, data.name, one, WHOLE),
            **caches.readings(tuple(restoring), data.name, one, hole),
        }
        for one in (asked.digit, image)
    )
    notes = dict.fromkeys(restoring, "carried over") | {asked.names[0]: "attacked"} if take.last is not None else {}
    readings = [
        Reading(zoo[name].title, color_of(name), now[name], before[name], notes.get(name, ""))
        for name in (*asked.names, *restoring)
    ]
    show_readings(readings, data.classes)
    if restoring and take.last is not None:
        st.caption(
            "*Carried over*: restoring networks cannot be attacked directly, because no gradient leads back "
            "through their comparison with whole digits. They are given the picture that was made for "
            f"{take.titles[asked.names[0]]}."
        )
