"""Lessons: steps across the pages, each with the state it opens, read from a small YAML file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.system.parsing import ParseError, parse_yaml

MAX_BYTES = 100_000
MAX_STEPS, MAX_PARTS = 40, 40  # of a lesson; of a step's state
MAX_MINUTES = 180  # of a step
MAX_NAME_LENGTH, MAX_TITLE_LENGTH, MAX_TEXT_LENGTH = 40, 80, 3000  # characters
STEP_FIELDS = {
    "page": True,
    "state": False,
    "minutes": False,
    "text": True,
    "question": False,
    "answer": False,
}  # of a step; True: required

Check = Callable[[str, Mapping[str, str]], str]


class LessonError(ValueError):
    """A file that is no valid lesson; the message is one sentence that says what is wrong and where."""


@dataclass(frozen=True)
class Step:
    """One page in one state, with an explanation and perhaps a question."""

    page: str
    state: Mapping[str, str]
    """The values in the page's address, by name."""
    text: str
    """Markdown, as are the question and the answer."""
    question: str = ""
    answer: str = ""
    minutes: int = 0
    """How long a class takes for it; 0 where the author does not say."""


@dataclass(frozen=True)
class Lesson:
    """A sequence of steps across the pages."""

    title: str
    about: str
    """One sentence: for whom, and what for."""
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        return self.begin_of(len(self.steps))

    def begin_of(self, step: int) -> int:
        """Return the minute of the lesson at which a step, counted from 0, begins."""
        return sum(one.minutes for one in self.steps[:step])


def read_lesson(content: bytes, check: Check = lambda page, state: "") -> Lesson:
    """Return the lesson in a file, which is checked completely. Raises LessonError.

    `check` returns a sentence about what is wrong with the page and the state of a step, or an empty one.
    """
    if len(content) > MAX_BYTES:
        raise LessonError(f"A lesson has at most {MAX_BYTES // 1000} kB; this file is larger.")
    try:
        found = parse_yaml(content)
    except ParseError as error:
        raise LessonError(f"This is no YAML that can be read: {error}.") from None
    lesson = _read_fields(found, {"title": True, "about": False, "steps": True}, "The lesson")
    steps = lesson["steps"]
    if not isinstance(steps, list) or not 0 < len(steps) <= MAX_STEPS:
        raise LessonError(f"The lesson's steps must be a list, of {MAX_STEPS} at most.")
    title = _read_text(lesson["title"], "The lesson's title", MAX_TITLE_LENGTH)
    about = _read_text(lesson.get("about", ""), "The lesson's about", 3 * MAX_TITLE_LENGTH)
    return Lesson(title, about, tuple(_read_step(step, number, check) for number, step in enumerate(steps, 1)))


def _read_fields(found: Any, fields: Mapping[str, bool], where: str) -> dict[str, Any]:
    """Return a mapping that has these fields and no others; those that are True are required."""
    if not isinstance(found, dict):
        raise LessonError(f"{where} must have the fields {', '.join(fields)}.")
    for name in fields:
        if fields[name] and not found.get(name):
            raise LessonError(f"{where} has no {name}.")
    if unknown := [name for name in found if name not in fields]:
        raise LessonError(f"{where} has an unknown field, {_quote(unknown[0])}; there are {', '.join(fields)}.")
    return found


def _read_step(found: Any, number: int, check: Check) -> Step:
    where = f"Step {number}"
    fields = _read_fields(found, STEP_FIELDS, where)
    texts = {
        name: _read_text(fields.get(name) or "", f"{where}: its {name}", MAX_TEXT_LENGTH)
        for name in STEP_FIELDS
        if name not in ("state", "minutes")
    }
    state = fields.get("state") or {}
    if not isinstance(state, dict):
        raise LessonError(f"{where}: its state must be names with a value each.")
    if len(state) > MAX_PARTS or any(len(str(name)) > MAX_NAME_LENGTH for name in state):
        raise LessonError(f"{where}: its state has at most {MAX_PARTS} names of {MAX_NAME_LENGTH} characters.")
    words = {str(name): _to_word(value, where) for name, value in state.items()}
    step = Step(state=words, minutes=_read_minutes(fields.get("minutes"), where), **texts)
    if problem := check(step.page, step.state):
        raise LessonError(f"{where}: {problem}")
    return step


def _read_minutes(found: Any, where: str) -> int:
    if found is None:
        return 0
    if type(found) is not int or not 0 < found <= MAX_MINUTES:  # for YAML, `yes` is a number, too
        raise LessonError(f"{where}: its minutes must be a whole number from 1 to {MAX_MINUTES}.")
    return found


def _read_text(found: Any, where: str, longest: int) -> str:
    if not isinstance(found, str) or len(found) > longest:
        raise LessonError(f"{where} must be a text of {longest} characters at most.")
    return found.strip()


def _to_word(value: Any, where: str) -> str:
    """Return a value as an address writes it; YAML has numbers, booleans and lists."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ",".join(value)
    if not isinstance(value, str | int | float):
        raise LessonError(f"{where}: a value of its state must be a word, a number, yes or no, or a list of words.")
    if len(word := str(value)) > MAX_TEXT_LENGTH:
        raise LessonError(f"{where}: a value of its state is longer than {MAX_TEXT_LENGTH} characters.")
    return word


def _quote(word: Any) -> str:
    """Return a short quotation of an unknown name, without Markdown."""
    kept = "".join(letter for letter in str(word)[:30] if letter.isalnum() or letter in "-_ ")
    return f"'{kept}'"
