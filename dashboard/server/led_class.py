"""The class that this visitor leads: its place is stored whenever the address of their page changes."""

from core.classroom.led_rooms import Place
from core.classroom.room_database import RoomError
from dashboard.server import rooms, visitors
from dashboard.server.session import get_session


def move(place: Place) -> None:
    """Lead the class to this place, if the visitor leads one and it is elsewhere; what fails is tried again later."""
    leading = get_session().leading
    if leading is None:
        return
    if place == leading.place:
        leading.problem = ""
        return
    try:
        rooms.board().led.move(leading.code, place, *visitors.get_openers())
        leading.place, leading.problem = place, ""
    except RoomError as error:
        leading.problem = str(error)
