"""Finished parts of a study, a file for each: an interrupted study loses only the parts that were being computed."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.digits.datasets import Dataset
from core.studies.workers import WorkerPool
from core.system.files import write_atomically

Row = TypeVar("Row")
Task = TypeVar("Task", str, tuple[int, int])


@dataclass(frozen=True)
class PartStep(Generic[Task, Row]):
    """One part of a study is finished and saved."""

    task: Task
    rows: tuple[Row, ...]
    done: int
    parts: int
    kept: bool
    """Whether an earlier run had finished it."""

    @property
    def share(self) -> float:
        """The finished share of the study, 0 to 1."""
        return self.done / self.parts


def part_path(out: Path, name: str) -> Path:
    """Return the file of one part of the study that is written to `out`: it is in a folder beside it."""
    return out.with_suffix("") / f"{name}.json"


def save_part(path: Path, settings: Any, **values: Any) -> None:
    """Save a finished part with its settings, which all parts of one table must share."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"settings": settings, **values}, indent=1).encode())


def load_part(path: Path, settings: Any) -> dict[str, Any] | None:
    """Return a saved part; None when it is missing, damaged, or of other settings."""
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
) -> Iterator[PartStep[Task, Row]]:
    """Yield the rows of every task: first those that an earlier run finished, then each new one once it is saved."""
    paths = {task: part_path(out, task if isinstance(task, str) else "-".join(map(str, task))) for task in tasks}
    kept = {task: rows for task in tasks if (rows := load_rows(paths[task], settings, kind))}
    for done, (task, rows) in enumerate(kept.items(), 1):
        yield PartStep(task, rows, done, len(tasks), kept=True)
    found = pool.map(work, dataset, [task for task in tasks if task not in kept])
    for done, (task, new) in enumerate(found, len(kept) + 1):
        save_rows(paths[task], settings, new)
        yield PartStep(task, tuple(new), done, len(tasks), kept=False)


def save_rows(path: Path, settings: Any, rows: Sequence[Any]) -> None:
    """Save a finished part that consists of records."""
    save_part(path, settings, rows=[asdict(row) for row in rows])


def load_rows(path: Path, settings: Any, kind: type[Row]) -> tuple[Row, ...]:
    """Return the records of a saved part; none when it is missing, damaged, or of other settings."""
    try:
        return tuple(kind(**row) for row in (load_part(path, settings) or {"rows": ()})["rows"])
    except (KeyError, TypeError):
        return ()
