"""The glossary: its terms, and texts in which each term is explained where it first stands."""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import yaml

FILE = Path(__file__).parents[1] / "texts" / "glossary.yaml"
SKIPPED = r"`[^`]*`|<[^>]*>|\[[^\]]*\]\([^)]*\)"  # code, tags and links stay as they are


@dataclass(frozen=True)
class Term:
    """A term and what it means, in two sentences."""

    term: str
    means: str
    also: tuple[str, ...] = ()
    """Other forms under which a text may name it."""


@cache
def terms() -> tuple[Term, ...]:
    """Return all terms, in alphabetical order."""
    entries = yaml.safe_load(FILE.read_text("utf-8"))
    found = [Term(entry["term"], entry["means"], tuple(entry.get("also", ()))) for entry in entries]
    return tuple(sorted(found, key=lambda term: term.term.removeprefix("the ").casefold()))


def explain(markdown: str) -> str:
    """Return Markdown in which the first place of each term shows what it means on hover, tap and focus."""
    seen: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        term = _by_form().get(match["form"] and match["form"].casefold())
        if term is None or term.term in seen:
            return match[0]
        seen.add(term.term)
        return f'<span class="ns-term" tabindex="0" data-tip="{escape(term.means)}">{match[0]}</span>'

    return _pattern().sub(replace, markdown)


@cache
def _by_form() -> dict[str, Term]:
    return {form.casefold(): term for term in terms() for form in (term.term, *term.also)}


@cache
def _pattern() -> re.Pattern[str]:
    """Return what finds any form of a term, longer ones first, and what must not be searched."""
    forms = "|".join(map(re.escape, sorted(_by_form(), key=len, reverse=True)))
    return re.compile(rf"{SKIPPED}|(?<![\w-])(?P<form>{forms})(?![\w-])", re.IGNORECASE)
