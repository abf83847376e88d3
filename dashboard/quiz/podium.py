"""The three first places of a room's round."""

import streamlit as st

from core.classroom.game_kinds import GameKind
from core.classroom.room_board import Room
from core.classroom.room_database import RoomError
from core.classroom.room_players import Standing, best_places
from core.visualization.classroom import Place, draw_podium
from dashboard.server import rooms


def show_podium(
    room: Room, round: int, questions: int, *, number: int | None = None, kind: GameKind = GameKind.PARTIAL
) -> None:
    """Show the nicknames of the best of a round with so many questions, or of those who answered one of them."""
    try:
        places = best_places(rooms.board().players.standings(room.code, round=round, number=number, kind=kind))
    except RoomError as error:
        st.warning(str(error))
        return
    if not places:
        st.caption("Nobody has answered correctly.")
        return
    notes = [_describe(same[0], questions, number) for same in places]
    names = [[one.name for one in same] for same in places]
    st.html(draw_podium([Place(*place) for place in zip(names, notes, strict=True)]))


def _describe(best: Standing, questions: int, number: int | None) -> str:
    """Return what those on a place have reached."""
    right = f"{best.right} of {questions}" if number is None else ""
    return " · ".join(filter(None, (right, f"noise {best.noise} %" if best.noise else "")))
