"""JSON and YAML from outside: size, depth, nodes and numbers are counted before anything is built.

Whatever is not read raises ParseError, and nothing else.
"""

import json
import math
import re
from itertools import accumulate
from typing import Any

import yaml

MAX_BYTES = 200_000  # a network's card takes 10,000
MAX_DEPTH, MAX_NODES = 20, 10_000
MAX_NUMBER_LENGTH = 40  # characters; a float of 64 bits needs 24
TOO_LONG = f"a number has more than {MAX_NUMBER_LENGTH} digits"
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it reads 100 kB in milliseconds
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
LONG_NUMBER = re.compile(rf"[-+.\d][\w.:+-]{{{MAX_NUMBER_LENGTH},}}")


class ParseError(ValueError):
    """A text that is not read; the message is the reason, to be put after a colon."""


def parse_json(content: bytes) -> Any:
    """Return what the JSON text holds; all numbers are finite. Raises ParseError."""
    _check_size(content)
    _check_json(content)
    try:
        found = json.loads(
            content.decode("utf-8-sig"), parse_int=_read_int, parse_float=_read_float, parse_constant=_read_float
        )
        if b"\\u" in content:  # half a character can be neither shown nor written
            json.dumps(found, ensure_ascii=False).encode()
    except ParseError:
        raise
    except (ValueError, RecursionError):
        raise ParseError("it is no valid JSON") from None
    return found


def parse_yaml(content: bytes) -> Any:
    """Return what the YAML text holds; anchors, aliases and merge keys are refused. Raises ParseError."""
    _check_size(content)
    try:
        _check_yaml(content)
        return yaml.load(content, YAML_LOADER)
    except ParseError:
        raise
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise ParseError(f"something is wrong{line}") from None
    except Exception:  # PyYAML's constructors raise ValueError, TypeError, KeyError, AttributeError and more
        raise ParseError("it cannot be read") from None


def _check_size(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise ParseError(f"it is larger than {MAX_BYTES // 1000} kB")


def _check_json(content: bytes) -> None:
    """Raise ParseError for too many nodes, counted with those that only seem so inside strings, and too much depth."""
    opening = content.count(b"[") + content.count(b"{")
    _check_nodes(opening + content.count(b","))
    if opening > MAX_DEPTH:  # otherwise it cannot be deeper
        brackets = re.findall(rb"[\[\]{}]", STRING.sub(b"", content))
        _check_depth(max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0))


def _check_yaml(content: bytes) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(content, YAML_LOADER)):
        _check_nodes(number)
        if isinstance(event, yaml.CollectionStartEvent | yaml.CollectionEndEvent):
            depth += 1 if isinstance(event, yaml.CollectionStartEvent) else -1
            _check_depth(depth)
        elif isinstance(event, yaml.ScalarEvent):
            _check_scalar(event)
        if getattr(event, "anchor", None) is not None:  # also of an alias
            raise ParseError(f"anchors and aliases are refused (line {event.start_mark.line + 1})")


def _check_scalar(event: yaml.ScalarEvent) -> None:
    plain = event.implicit[0]
    if plain and event.value == "<<":
        raise ParseError(f"merge keys are refused (line {event.start_mark.line + 1})")
    if len(event.value) > MAX_NUMBER_LENGTH and (event.tag or plain and LONG_NUMBER.fullmatch(event.value)):
        raise ParseError(f"{TOO_LONG} (line {event.start_mark.line + 1})")


def _check_nodes(count: int) -> None:
    if count > MAX_NODES:
        raise ParseError(f"it holds more than {MAX_NODES:,} values")


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(f"it is nested more than {MAX_DEPTH} levels deep")


def _read_int(digits: str) -> int:
    return int(_check_length(digits))


def _read_float(digits: str) -> float:
    if not math.isfinite(number := float(_check_length(digits))):
        raise ParseError("a number is not finite")
    return number


def _check_length(digits: str) -> str:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise ParseError(TOO_LONG)
    return digits
