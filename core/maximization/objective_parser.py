"""Objectives as text, for the command line and links: `class:3`, `maps:pool2`, `class:3+0.5*map:pool2:7`."""

import re
from dataclasses import dataclass

from core.maximization.objectives import ClassLogit, MapMean, Neuron, Objective, check_objective
from core.maximization.stage_outputs import LOGITS, stage_shapes
from core.networks.classifier import Classifier

SYNTAX = (
    "classes, class:3, maps:STAGE, map:STAGE:7 (its central place, or unit 7 of a dense stage), "
    "map:STAGE:7@2,3 (that row and column), map:STAGE:7@mean, and sums with weights such as class:3+0.5*map:STAGE:7"
)
MAX_TERMS = 20
_TERM = re.compile(r"(?:(?P<weight>-?\d*\.?\d+)\*)?(?P<kind>classes|class|maps|map)(?P<rest>[^+*]*)")


@dataclass(frozen=True)
class NamedObjective:
    """An objective, and a name for each of its images."""

    objective: Objective
    names: tuple[str, ...]


def parse_objective(text: str, network: Classifier) -> NamedObjective:
    """Return the objective that the text describes. Raises ValueError where there is none, or too long a sum."""
    if text.count("+") >= MAX_TERMS:
        raise ValueError(f"An objective is a sum of at most {MAX_TERMS} terms.")
    terms = [_read_term(term.strip(), network) for term in text.split("+")]
    question = terms[0]
    for term in terms[1:]:
        names = max(question.names, term.names, key=len)
        question = NamedObjective(question.objective + term.objective, names)
    check_objective(network, question.objective)
    return question if len(terms) == 1 or len(question.names) > 1 else NamedObjective(question.objective, (text,))


def _read_term(text: str, network: Classifier) -> NamedObjective:
    found = _TERM.fullmatch(text)
    question = None if found is None else _read_kind(found["kind"], found["rest"], network)
    if found is None or question is None:
        raise ValueError(f"{text!r} is no objective: there are {SYNTAX}.")
    return question if found["weight"] is None else NamedObjective(float(found["weight"]) * question.objective, (text,))


def _read_kind(kind: str, rest: str, network: Classifier) -> NamedObjective | None:
    shapes = stage_shapes(network)
    if kind == "classes":
        labels = range(shapes[LOGITS][0])
        return None if rest else NamedObjective(ClassLogit(labels), tuple(f"class {label}" for label in labels))
    if kind == "class":
        found = re.fullmatch(r":(\d+)", rest)
        return found and NamedObjective(ClassLogit(int(found[1])), (f"class {found[1]}",))
    found = re.fullmatch(r":(\w+)(?::(\d+))?(?:@(mean|(\d+),(\d+)))?", rest)
    if found is None or (kind == "maps") == (found[2] is not None):
        return None
    stage, where = found[1], found[3]
    several = tuple(range(shapes[stage][0] if stage in shapes else 1)) if kind == "maps" else (int(found[2]),)
    names = tuple(f"{stage} {number}" for number in several)
    if where == "mean":
        return NamedObjective(MapMean(stage, several), names)
    return NamedObjective(Neuron(stage, several, (int(found[4]), int(found[5])) if where else None), names)
