"""Teaching texts, sentences about problems, and conclusions of studies."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import yaml

from dashboard.server.data_sets import name_drawing
from dashboard.widgets.glossary import explain

DRAWING = "{digit}"  # in a text: what one draws for the chosen set, a digit or a picture of another class
TEXTS = Path(__file__).parents[1] / "texts"
MARKUP = re.compile(r"[\\`_\[\]<>!$:#|~&@.]")  # of Markdown, without the stars of emphasis


def read_text(name: str) -> str:
    """Return a text of `dashboard/texts` as Markdown that explains its terms; "" if there is none of this name."""
    path = TEXTS / f"{name}.md"
    return explain(_name_drawings(path.read_text("utf-8"))) if path.exists() else ""


def show_text(name: str) -> None:
    """Show a text that teaches; its terms are explained."""
    st.markdown(read_text(name), unsafe_allow_html=True)


def read_tip(page: str, view: str) -> str:
    """Return what `tips.yaml` suggests to try in a view."""
    return _name_drawings(_read_yaml("tips")[page][view])


def show_tip(page: str, view: str) -> None:
    """Show what `tips.yaml` suggests to try in a view."""
    suggest(read_tip(page, view))


def suggest(tip: str) -> None:
    """Show what to try with the controls; projector mode folds it away with them."""
    if tip:
        with st.container(key="tip"):
            st.caption(tip)


def read_questions(page: str, view: str) -> list[str]:
    """Return the questions that a view answers, of `questions.yaml`."""
    found = _read_yaml("questions")[page][view]
    return list(map(str, found)) if isinstance(found, list) else [str(found)]


def show_caption(page: str, figure: str) -> None:
    """Show what `captions.yaml` says about a figure, below it."""
    st.caption(_name_drawings(_read_yaml("captions")[page][figure]))


def read_note(page: str, subject: str) -> str:
    """Return what `notes.yaml` says about a subject of a page."""
    return _name_drawings(_read_yaml("notes")[page][subject])


def _name_drawings(text: str) -> str:
    return text.replace(DRAWING, name_drawing()) if DRAWING in text else text


@cache
def _read_yaml(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts of a file by page, and by view, figure or subject."""
    texts: dict[str, dict[str, str]] = yaml.safe_load((TEXTS / f"{name}.yaml").read_text("utf-8"))
    return texts


def only_emphasis(text: str) -> str:
    """Return a text by somebody else as Markdown that shows no pictures, links or HTML, only emphasis."""
    return MARKUP.sub(r"\\\g<0>", text)


def show_problems(sentences: Sequence[str]) -> None:
    """Show what could not be read, a sentence each."""
    for sentence in sentences:
        st.warning(sentence)


def show_conclusions(record: Mapping[str, Any]) -> None:
    """Show a recorded study's conclusions, its data set and the command that repeats it."""
    for sentence in record["conclusions"]:
        st.markdown(f"- {sentence}")
    about = record["dataset"]
    st.caption(f"Measured on {about['images']:,} test digits of {about['name']}; again with `{record['command']}`.")
