"""The views "Two digits" and "Two networks" of the page "Feature maps": the same stages side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch

from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import pgd
from core.digits.datasets import Dataset
from core.feature_maps.stage_maps import StageMaps, last_features, subtract_maps
from core.inversion.functions import INVERSIONS
from core.networks.classifier import Classifier
from core.pmnist.masks import cut_mask
from core.system.number_format import with_minus
from core.visualization.feature_maps import draw_legend
from dashboard import address
from dashboard.components.board import Row, board
from dashboard.feature_maps import map_rows, one_map
from dashboard.feature_maps.digit_views import to_pixels
from dashboard.server import caches, locks
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets import maps as map_inputs
from dashboard.widgets.data_set import class_of, sample
from dashboard.widgets.readings import WHOLE, label_of
from dashboard.widgets.scene import choose_beside
from dashboard.widgets.texts import read_tip, show_caption

ERASED, ATTACKED, OTHER = "whole and erased", "before and after an attack", "another digit"
HEAD_TILE = (28, 44)  # least and largest pixels of the screen for a map that the head reads
METHODS = {"FGSM": 1, "PGD": 20}  # steps
NETWORKS = {"first": "", "second": "missing-feature"}  # side by side: the name in the address, who is chosen at first


@dataclass(frozen=True, eq=False)
class DigitPair:
    """Two digits as networks read them, and their titles."""

    pixels: tuple[Digit, Digit]
    titles: tuple[str, str]


def show_digits(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the maps of two digits and their difference, in every stage."""
    scene, right = choose_beside(
        read_tip("feature_maps", "Two digits"),
        session,
        data,
    )
    with right:
        kind = address.segmented_control(
            "two",
            "Which two",
            [ERASED, ATTACKED, OTHER],
            key="maps pair",
            wrap=True,
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name, network = map_inputs.choose_classifier(data, zoo)
            each = map_rows.choose_scale("digits")
            if network is None or scene is None:
                return
            try:
                pair = _choose_pair(kind, scene, session, name, network, data)
            except ValueError as error:
                st.warning(str(error))
                return
        _show_pair(pair, name, data, each=each)


def _choose_pair(
    kind: str, scene: tuple[Digit, Mask], session: Session, name: str, network: Classifier, data: Dataset
) -> DigitPair:
    """Draw the choice of the second digit; return both. Raises ValueError for a digit that cannot be attacked."""
    digit, mask = scene
    now = to_pixels(digit, mask)
    last, label = len(data.test) - 1, label_of(session, name, digit, data)
    other = int(np.argmax(data.test.labels.numpy() != label))  # the first of another class
    index = address.number_input(
        "other", "Test digit", 0, last, other, key="maps other", width=130, shown=kind == OTHER
    )
    method = address.segmented_control(
        "attack", "Attack", list(METHODS), "PGD", key="maps attack", shown=kind == ATTACKED
    )
    epsilon = address.slider(
        "epsilon", "Epsilon", 0.0, 0.4, 0.15, 0.01, key="maps epsilon", width=150, shown=kind == ATTACKED
    )
    if kind == ERASED:
        if mask.all():
            st.caption("As an example, the top half is erased.")
            now = to_pixels(digit, cut_mask("HCUT").numpy())
        return DigitPair((digit, now), ("whole", "erased"))
    if kind == OTHER:
        if index == session.scene.sample and session.scene.drawn is None and mask.all():
            st.caption("Both are the same digit, so nothing differs: choose another test digit.")
        return DigitPair((now, sample(data, index)), ("yours", f"a {class_of(data, index)}"))
    attacked = _attack(network, now, label, epsilon, METHODS[method])
    return DigitPair((now, attacked), ("before", "after the attack"))


def _attack(network: Classifier, pixels: Digit, label: int, epsilon: float, steps: int) -> Digit:
    config = AttackConfig(epsilon=epsilon, steps=steps)
    with locks.LIVE:
        *_, last = pgd(network, torch.from_numpy(pixels)[None, None], torch.tensor([label]), config)
    attacked: Digit = last.images[0, 0].numpy()
    return attacked


def _show_pair(pair: DigitPair, name: str, data: Dataset, *, each: bool) -> None:
    with locks.LIVE:
        before, after = (caches.stage_maps(name, data.name, one) for one in pair.pixels)
        rows = [
            map_rows.to_trio(*stages, pair.titles, each=each)
            for stages in zip(before, after, strict=True)
            if not stages[0].repeats
        ]
        readings = [caches.readings((name,), data.name, one, WHOLE)[name] for one in pair.pixels]
    first, second = pair.titles
    _show_readings([f"{first.capitalize()}: read as", f"{second}: read as"], readings, data)
    difference = subtract_maps(before, after)
    chosen = one_map.find_chosen(difference, lambda maps: maps.maps.abs().flatten(1).amax(1).numpy())
    shown = [next(one for one in stages if one.stage == chosen.row) for stages in (before, after, difference)]
    large = map_rows.enlarge(shown, chosen.tile, (*pair.titles, "difference"), width=160)
    board([large], key="maps two enlarged", label="One map of two digits, enlarged")
    board(rows, key="maps two", label="All feature maps of two digits", chosen=chosen, on_choose=one_map.choose)
    st.html(draw_legend())
    show_caption("feature_maps", "Difference of two digits")


def _show_readings(beginnings: Sequence[str], readings: Sequence[np.ndarray], data: Dataset) -> None:
    """Show what is read in each digit, or by each network, in one line."""
    texts = [
        f"{beginning} {data.classes[int(shares.argmax())]}, {100 * shares.max():.0f} % sure"
        for beginning, shares in zip(beginnings, readings, strict=True)
    ]
    st.markdown(f"**{'; '.join(texts)}.**")


def show_networks(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show one digit's maps in two networks, first what their heads read."""
    scene, right = choose_beside(
        read_tip("feature_maps", "Two networks"),
        session,
        data,
    )
    with right:
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            chosen = [_choose_one(which, first, data, zoo) for which, first in NETWORKS.items()]
            each = map_rows.choose_scale("networks", each=True)
        names = [name for name, _ in chosen]
        networks = [network for _, network in chosen if network is not None]
        if scene is None or len(networks) < len(names):
            return
        pixels = to_pixels(*scene)
        with locks.LIVE:
            found = [caches.stage_maps(name, data.name, pixels) for name in names]
            readings = caches.readings(tuple(dict.fromkeys(names)), data.name, pixels, WHOLE)
        titles = [(zoo | caches.own_networks())[name].title for name in names]
        _show_readings([f"{title} reads" for title in titles], [readings[name] for name in names], data)
        _show_side_by_side(found, titles, [_formula(one) for one in networks], each=each)


def _choose_one(which: str, first: str, data: Dataset, zoo: Zoo) -> tuple[str, Classifier | None]:
    label, key = f"{which.capitalize()} network", f"maps {which} network"
    return map_inputs.choose_classifier(data, zoo, name=which, label=label, key=key, first=first)


def _show_side_by_side(
    found: Sequence[Sequence[StageMaps]], titles: Sequence[str], formulas: Sequence[str], *, each: bool
) -> None:
    first, second = ({one.stage: one for one in stages} for stages in found)
    common = [stage for stage in first if stage in second and torch.equal(first[stage].maps, second[stage].maps)]
    if common:
        st.caption(f"Identical in both networks: {', '.join(common)}.")
    rows = [_head_row(found, titles, formulas, each=each)]
    for stage in dict.fromkeys([*first, *second]):
        pair = [(maps[stage], title) for maps, title in zip((first, second), titles, strict=True) if stage in maps]
        if stage != "inverted" and stage not in common and not all(maps.repeats for maps, _ in pair):
            rows.append(map_rows.to_pair([maps for maps, _ in pair], [title for _, title in pair], each=each))
    board(rows, key="maps networks", label="Feature maps of two networks")
    st.html(draw_legend())


def _head_row(
    found: Sequence[Sequence[StageMaps]], titles: Sequence[str], formulas: Sequence[str], *, each: bool
) -> Row:
    """Return the row of what each network's head reads: the last features, or the inverted ones."""
    read = [next(one for one in stages if one.stage == "inverted") for stages in found]
    named = [f"{title}: {formula}" for title, formula in zip(titles, formulas, strict=True)]
    row = map_rows.to_pair(read, named, each=each)
    larger = [replace(sheet, least=HEAD_TILE[0], most=HEAD_TILE[1]) for sheet in row.sheets]
    return replace(row, name="what the head reads", note=map_rows.describe(last_features(found[0])), sheets=larger)


def _formula(network: Classifier) -> str:
    """Return the function of a feature x that a network's head reads, as text."""
    formula = with_minus(INVERSIONS[getattr(network.inversion, "name", "identity")].formula)
    return "x, what is there" if formula == "x" else f"{formula}, what is missing"
