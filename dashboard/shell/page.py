"""One page: its address, its head, the lesson bar, what it needs, the choice of a view, the view, and Share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.digits.datasets import Dataset
from dashboard import address
from dashboard.address.links import close_address, open_address
from dashboard.server import caches, data_sets, visitors
from dashboard.server.caches import Zoo
from dashboard.server.session import Session, get_session
from dashboard.shell import (
    class_bar,
    following,
    head,
    help,
    leading,
    lesson_bar,
    running,
    set_choice,
    set_fetching,
    share,
)
from dashboard.widgets.current_digit import CURRENT_DIGIT, show_current_digit
from dashboard.widgets.data_set import show_data_notice
from dashboard.widgets.strokes import acknowledgements
from dashboard.widgets.texts import show_problems

Show = Callable[[Session, Dataset, Zoo], None]


@dataclass(frozen=True)
class View:
    """One view of a page."""

    title: str
    """Its name on the page and in the address."""
    show: Callable[..., None]
    exists: Callable[[Dataset, Zoo], bool] = lambda data, zoo: True
    """Whether there is anything to show with these digits and networks."""
    any_classes: bool = False
    """Whether networks with other classes than the set's can be shown: the view compares no answer with a label."""
    below: Show | None = None
    """What stands below the bench: strokes and clicks in the view do not change it."""


def show_page(
    name: str,
    views: Sequence[View],
    *,
    networks: Callable[[], tuple[Zoo, list[str]]] | None = caches.zoo,
    digits: bool = False,
    scene: bool = False,
    bench: bool = False,
    above: Show | None = None,
    below: Callable[[], None] | None = None,
) -> None:
    """Show a page whose views are given the session, the data set and the networks.

    `networks` loads the latter; `digits`: the page is about digits, whichever set is chosen; `scene`: the page shows a
    digit, part of which can be erased; `bench`: clicks and strokes in a view rerun only that; `above` and `below` are
    shown with every view.
    """
    with _frame(name, scene=scene, data=not digits, bench=bench):
        gone = data_sets.leave_missing()
        used = data_sets.default_name() if digits else ""
        session, (data, problem) = get_session(), caches.current_dataset(used)
        show_data_notice(data, problem)
        set_fetching.show_fetching()
        load = partial(caches.zoo, used) if digits else networks
        zoo, problems = load() if load is not None else ({}, [])
        show_problems([*filter(None, [gone]), *problems])
        zoo, data = set_choice.fit_readers(zoo, data)
        if above is not None:
            above(session, data, zoo)
        view = choose_view([view for view in views if view.exists(data, zoo)])
        if data.labelled or view.any_classes:
            set_choice.show_readers(zoo, data)
            (_show_bench if bench else _show)(view.show, session, data, zoo)
            if view.below is not None:
                view.below(session, data, zoo)
        else:
            set_choice.show_no_readers(data)
        if below is not None:
            below()


def show_plain_page(
    name: str,
    views: Sequence[View],
    *,
    prepare: Callable[[], tuple[Any, ...] | None] = tuple,
    below: Callable[..., None] | None = None,
) -> None:
    """Show a page without digits or networks; its views are given what `prepare` returns, None ends the page."""
    with _frame(name):
        prepared = prepare()
        if prepared is None:
            return
        choose_view(views).show(*prepared)
        if below is not None:
            below(*prepared)


@contextmanager
def _frame(name: str, *, scene: bool = False, data: bool = False, bench: bool = False) -> Iterator[None]:
    """Open the address before a page and write it afterwards; show what all pages have in common."""
    visitors.recognise_visitor()  # first: a link may name a network of theirs
    linked = open_address(name, scene=scene, data=data)
    if linked:
        lesson_bar.open_linked()
    class_bar.enter(name, linked)
    visitors.rerun_after_reconnect()
    share_place = head.show_head(name)
    class_bar.show_bar()
    lesson_bar.show_bar()
    running.show_running(name)
    problems = st.container()
    yield
    close_address()
    if scene and not bench:
        st.fragment(show_current_digit, key=CURRENT_DIGIT)()
    with problems:
        show_problems(address.get_address().problems)
    head.show_neighbours(name)
    with share_place:
        share.show_share(leading.show_offer)
    help.show_surroundings(name)
    following.finish()


def choose_view(views: Sequence[View]) -> View:
    """Draw the titles of the views, if there are several; return the chosen view."""
    if len(views) == 1:
        return views[0]
    titles = [view.title for view in views]
    title = address.segmented_control("view", "View", titles, group="view", wrap=True, label_visibility="collapsed")
    return views[titles.index(title)]


def _show(show: Callable[..., None], *scene: Any) -> None:
    show(*scene)


@st.fragment
def _show_bench(show: Callable[..., None], *scene: Any) -> None:
    """Show a view in which a click or a stroke reruns only this, and not the page."""
    show(*scene)
    address.write_address()
    if address.get_address().scene:
        show_current_digit()
    st.html(acknowledgements())  # last: now the canvas may send again
