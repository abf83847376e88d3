"""The codes of rooms: short enough to be read out, and no words."""

import re
import secrets

from core.classroom.room_database import RoomError

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no code is a word; no letter that looks like a digit
LENGTH = 4
CODE_PATTERN = re.compile(f"[{LETTERS}]{{{LENGTH}}}")


def draw_code() -> str:
    """Return a random code, which another room may have."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read_code(text: str) -> str:
    """Return the code that somebody typed, in upper or lower case. Raises RoomError."""
    code = text.strip().upper()
    if not CODE_PATTERN.fullmatch(code):
        raise RoomError("The code of a room is four letters, as its board shows them.")
    return code
