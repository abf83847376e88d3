"""Words put together as a sentence has them."""

from collections.abc import Sequence


def join_words(words: Sequence[str]) -> str:
    """Return the words as they are listed in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
