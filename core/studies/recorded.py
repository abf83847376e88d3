"""Recorded studies: the JSON that the command `study` prints and that ships with the project."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.digits import datasets
from core.digits.datasets import Dataset
from core.system.device import describe_environment
from core.zoo.checkpoints import Card

RECORDED = Path(__file__).parent / "recorded_results"
Record = dict[str, Any]


@dataclass(frozen=True)
class StudyStep:
    """A part of a study is finished."""

    share: float
    """Of the whole study, 0 to 1."""
    text: str
    """Which part."""
    record: Record
    """The finished parts, as they are written, printed and shipped."""


def to_record(study: str, dataset: Dataset, rows: list[Record], *, images: int | None = None, **fields: Any) -> Record:
    """Return the record of a study over `images` test digits (default: all of them)."""
    images = len(dataset.test) if images is None else images
    made = describe_environment(dataset.device)
    versions = {"torch": made["torch"], "device": made["device"]}
    about = {"name": dataset.name, "source": dataset.source, "images": images, "sha256": dataset.sha256}
    return {"study": study, "dataset": about, **fields, "rows": rows, "versions": versions}


def to_network_record(study: str, rows: Sequence[Any], dataset: Dataset, cards: Mapping[str, Card]) -> Record:
    """Return the record of a study without options that measures shipped networks; `rows` are dataclasses."""
    networks = {name: card.title for name, card in cards.items()}
    command = to_command(study, dataset.name)
    return to_record(study, dataset, [asdict(row) for row in rows], seeds=1, command=command, networks=networks)


def to_command(study: str, dataset: str, **options: object) -> str:
    """Return the command that repeats a study; options that are None are left out."""
    given = {name.replace("_", "-"): value for name, value in options.items() if value is not None}
    words = ["python -m core study", study, *(f"--{name} {value}" for name, value in given.items())]
    return " ".join([*words, f'--dataset "{dataset}"'] if dataset != "MNIST" else words)


def find_rows(record: Record, **asked: Any) -> list[dict[str, Any]]:
    """Return the rows with these values."""
    return [row for row in record["rows"] if all(row[name] == value for name, value in asked.items())]


def find_row(record: Record, **asked: Any) -> dict[str, Any] | None:
    """Return the first row with these values; None if there is none."""
    return next(iter(find_rows(record, **asked)), None)


def to_json(record: Record) -> bytes:
    """Return a record as the content of a file, one row per line."""
    rows = record.get("rows", [])
    text = json.dumps({**record, "rows": []} if rows else record, indent=1)
    lines = ",\n".join(json.dumps(row) for row in rows)
    return (text.replace('"rows": []', f'"rows": [\n{lines}\n ]') + "\n").encode()


def load_recorded(name: str = "missing-features", dataset: str = "MNIST", folder: Path = RECORDED) -> Record:
    """Return a recorded study. Raises ValueError with a sentence when there is none, or it cannot be read."""
    ending = {"MNIST": "", datasets.OFFLINE: "-offline"}.get(dataset)
    try:
        if ending is None:
            raise FileNotFoundError
        recorded: Record = json.loads((folder / f"{name}{ending}.json").read_text("utf-8"))
        return recorded if recorded["rows"] else {}
    except FileNotFoundError:
        raise ValueError(f"No study {name!r} is recorded on {dataset}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"The recorded study {name!r} on {dataset} cannot be read.") from None
