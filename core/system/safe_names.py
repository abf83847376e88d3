"""Names from uploaded files, made safe to show on a page."""

import re

MAX_NAME_LENGTH = 40  # characters, also of a network's title


def to_safe_name(name: str, longest: int = MAX_NAME_LENGTH) -> str:
    """Return the end of a name without characters that Markdown or HTML would turn into links, pictures or tags."""
    return " ".join(re.sub(r"[^\w .,:()+·%-]", " ", name).split())[-longest:]


def to_safe_cell(text: str) -> str:
    """Return a text for a CSV cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
