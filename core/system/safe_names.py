"""Names from uploaded files, made safe to show on a page."""

import re


def to_safe_name(name: str, longest: int = 40) -> str:
    """Return the end of a name without characters that Markdown or HTML would turn into links, pictures or tags."""
    return " ".join(re.sub(r"[^\w .,:()+·%-]", " ", name).split())[-longest:]
