"""Following a class: the visitor's page goes where the teacher's goes, unless they look around on their own."""

import time
from typing import NoReturn

import streamlit as st

import dashboard
from core.classroom.led_rooms import LedRoom
from core.classroom.room_codes import read_code
from core.classroom.room_database import RoomError
from dashboard.address import get_address
from dashboard.address.links import FOLLOW
from dashboard.server import rooms
from dashboard.server.session import Following, get_session
from dashboard.server.streamlit_internals.script_runs import is_fragment_run
from dashboard.shell import answering, giving
from dashboard.widgets.texts import read_note

POLL, REPORT_EVERY = 1.0, 10.0  # seconds between two looks at the class, and until it counts this visitor again
MAX_TRIES = 5  # to open the class's place
FROZEN = """<i class="ns-frozen"></i><style>
.stApp :is(button, input, textarea, canvas, summary, [role="slider"],
  [data-baseweb="select"]):not(.st-key-class-bar *) { opacity: .55; cursor: not-allowed; }
</style>"""  # not a rule for what contains the sign: browsers would style all again at each stroke
SAID = "class said"  # key of the sentence that is shown once
PLAYED = "quiz"  # a page whose other views are for whoever leads a game: those who follow play


def join(text: str) -> None:
    """Go where the class of this code is, and follow it; return if nobody leads a room of the code.

    Raises RoomError.
    """
    code = read_code(text)
    room = rooms.board().led.read(code)
    if room is not None:
        held = Following(code)
        _report(held)
        get_session().following, get_session().leading = held, None
        _go(held, room)


def arrive(page: str) -> None:
    """Notice that the visitor has left the class's page; a frozen one is brought back."""
    held = get_session().following
    if held is None:
        return
    held.whole = False
    if held.target is not None:
        _check_arrival(held, page)
    elif page != held.page and not held.frozen:
        _look_around(held)


def finish() -> None:
    """Notice that the page was drawn to its end."""
    if (held := get_session().following) is not None:
        held.whole, held.repairs = True, 0


def _repair(held: Following) -> None:
    """Draw the page again where a look came in between on a busy server, and it was not drawn to its end."""
    if is_fragment_run() and not held.whole and held.repairs < MAX_TRIES:
        held.repairs += 1
        st.rerun()


def _check_arrival(held: Following, page: str) -> None:
    """Let the next look try again if another page was opened than the class's.

    What the browser asks while Streamlit changes the page can win: it then runs the page that the browser still shows.
    """
    if (page, get_address().params) != (held.page, held.target) and held.tries < MAX_TRIES:
        held.moves = -1
        return
    held.target, held.tries = None, 0
    if page != held.page and not held.frozen:
        _look_around(held)


def show_bar(held: Following) -> None:
    """Show which class the visitor follows, with a button to leave its page or to come back to it."""
    with st.container(key="class-bar", border=True):
        st.fragment(_show, run_every=POLL)(held)
        giving.show_giving(held)


def _show(held: Following) -> None:
    if get_session().following is not held:  # the visitor has left; only a run of the whole page takes the bar away
        st.rerun()
    try:
        room = rooms.board().led.read(held.code)
        if room is None:
            _end()
        _report(held)
        _keep_up(held, room)
        _learn_released(held)
        _repair(held)
        _show_state(held)
        answering.show_question(held, room.question)
    except RoomError as error:  # meanwhile the page works as it does alone
        st.markdown(f"Class **{held.code}**: {error}")


def _keep_up(held: Following, room: LedRoom) -> None:
    """Go where the class is now, if this visitor is elsewhere and should be there."""
    away = held.page != get_address().page or held.on_own
    if room.frozen and (away or not held.frozen) or not held.on_own and room.moves != held.moves:
        _go(held, room)
    if held.frozen and not room.frozen or room.wanted != held.wanted:
        held.frozen, held.wanted = room.frozen, room.wanted
        st.rerun()


def _learn_released(held: Following) -> None:
    """Notice that the teacher has released the answer of a lesson's step; the lesson's bar is drawn after this one."""
    position = get_session().lesson_position
    if position is None or not position.lesson.steps[position.step].answer:
        return
    if (position.name, position.step) not in held.released:
        known, held.released = held.released, rooms.board().led.released(held.code)
        if known != held.released and is_fragment_run():
            st.rerun()


def _go(held: Following, room: LedRoom) -> NoReturn:
    """Open the class's place exactly as a link to it does: the address is checked there."""
    if held.on_own:
        held.next_report = 0.0
    held.moves, held.page, held.on_own, held.frozen = room.moves, room.place.page, False, room.frozen
    held.wanted = room.wanted
    params = dict(room.place.params)
    if room.place.page == PLAYED:
        params.pop("view", None)
    if "lesson" not in params:
        get_session().lesson_position = None
    held.target, held.tries = params | {FOLLOW: held.code}, held.tries + 1
    get_address().fresh = True
    st.switch_page(dashboard.file_of(room.place.page), query_params=held.target)


def _report(held: Following) -> None:
    """Tell the room now and then that this visitor is here. Raises RoomError."""
    if time.monotonic() >= held.next_report:
        rooms.board().led.report(held.code, held.player, following=not held.on_own)
        held.next_report = time.monotonic() + REPORT_EVERY


def _show_state(held: Following) -> None:
    if held.frozen:
        frozen = read_note("shell", "Frozen")
        st.markdown(f"Class **{held.code}**: {frozen}")
        st.html(FROZEN)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if held.on_own:
            st.markdown(f"Class **{held.code}**: you look around on your own.")
            st.button("Back to the class", key="class back", type="primary", on_click=_come_back, args=(held,))
            st.button("Leave", key="class leave", on_click=_leave, args=(held,))
        else:
            st.markdown(f"You follow the class **{held.code}**.")
            st.button("Look around on my own", key="class own", on_click=_look_around, args=(held,))


def _look_around(held: Following) -> None:
    if not held.on_own:
        held.on_own, held.next_report = True, 0.0


def _come_back(held: Following) -> None:
    held.on_own, held.moves, held.next_report = False, -1, 0.0


def _leave(held: Following) -> None:
    """Follow the class no longer; the room forgets the visitor soon in any case."""
    get_session().following = None
    try:
        rooms.board().led.leave(held.code, held.player)
    except RoomError:
        pass


def _end() -> NoReturn:
    get_session().following = None
    st.session_state[SAID] = "The class has ended. You can go on by yourself."
    st.rerun()
