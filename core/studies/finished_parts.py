"""Finished parts of a study, a file for each: whoever interrupts it loses at most the parts that are worked on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from core.digits.datasets import Dataset
from core.studies.workers import WorkerPool
from core.system.files import write_atomically

Row = TypeVar("Row")
Task = TypeVar("Task", str, tuple[int, int])


def part_path(out: Path, name: str) -> Path:
    """Return the file that keeps one part of the study that is written to `out`: it lies in a folder beside it."""
    return out.with_suffix("") / f"{name}.json"


def save_part(path: Path, settings: Any, **values: Any) -> None:
    """Keep a finished part: what it was made with, which parts must have in common to stand in one table, and it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"settings": settings, **values}, indent=1).encode())


def load_part(path: Path, settings: Any) -> dict[str, Any] | None:
    """Return a kept part; None when it is not there, damaged, or of other settings."""
    try:
        part: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return part if part["settings"] == json.loads(json.dumps(settings)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def run_parts(
    work: Callable[[Dataset, Task], Sequence[Row]],
    tasks: Sequence[Task],
    kind: type[Row],
    settings: Any,
    *,
    dataset: Dataset,
    out: Path,
    pool: WorkerPool,
) -> Iterator[tuple[Task, tuple[Row, ...], bool]]:
    """Yield each task, its rows, and whether an earlier run had finished it: those first, others once kept."""
    paths = {task: part_path(out, task if isinstance(task, str) else "-".join(map(str, task))) for task in tasks}
    kept = {task: rows for task in tasks if (rows := load_rows(paths[task], settings, kind))}
    for task, rows in kept.items():
        yield task, rows, True
    for task, found in pool.map(work, dataset, [task for task in tasks if task not in kept]):
        save_rows(paths[task], settings, found)
        yield task, tuple(found), False


def save_rows(path: Path, settings: Any, rows: Sequence[Any]) -> None:
    """Keep a finished part that is nothing but records."""
    save_part(path, settings, rows=[asdict(row) for row in rows])


def load_rows(path: Path, settings: Any, kind: type[Row]) -> tuple[Row, ...]:
    """Return a kept part's records; none when it is not there, damaged, or of other settings."""
    try:
        return tuple(kind(**row) for row in (load_part(path, settings) or {"rows": ()})["rows"])
    except (KeyError, TypeError):
        return ()
