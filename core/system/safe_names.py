"""Names that strangers' files bring along, and how much of them a page may repeat."""

from __future__ import annotations

import re


def to_safe_name(name: str, longest: int = 40) -> str:
    """Return the end of a name without what Markdown or HTML would make a link, a picture or a tag of."""
    return " ".join(re.sub(r"[^\w .,:()+·%-]", " ", name).split())[-longest:]
