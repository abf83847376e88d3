"""The class that this visitor leads: its place is stored whenever the address of their page changes."""

from core.classroom.led_rooms import Place
from core.classroom.room_database import RoomError
from dashboard.server import rooms, visitors
from dashboard.server.session import get_session

TEACHER_PAGE, DRAWING_PAGE = "class_drawings", "compare"  # phones stay where they are while the first one is shown


def place_for_phones(place: Place) -> Place:
    """Return where a class begins that is opened at this place: where everybody can draw, if it is the teacher's."""
    return Place(DRAWING_PAGE) if place.page == TEACHER_PAGE else place


def move(place: Place) -> None:
    """Lead the class to this place, if the visitor leads one and it is elsewhere; what fails is tried again later."""
    leading = get_session().leading
    if leading is None or place.page == TEACHER_PAGE:
        return
    if place == leading.place:
        leading.problem = ""
        return
    try:
        rooms.board().led.move(leading.code, place, *visitors.get_openers())
        leading.place, leading.problem = place, ""
    except RoomError as error:
        leading.problem = str(error)
