"""Studies as records: what the finished seeds say, as the JSON that the command prints and the project ships."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.digits import datasets
from core.digits.datasets import Dataset
from core.networks.evaluation import TALK_ACCURACY, TALK_GAIN
from core.studies import paired_differences
from core.studies.arms import ARMS, COLUMNS, PUBLISHED_LOG, PUBLISHED_LOG_COLUMNS
from core.studies.missing_features import NETWORKS, StudyConfig, load_seed, shared_settings
from core.zoo.recipes import SEED

RECORDED = Path(__file__).parents[0] / "recorded_results"
STUDY = "missing-features"


def summarize(config: StudyConfig, dataset: Dataset, out: Path) -> dict[str, Any]:
    """Return the study as its finished seeds have it: rows, differences, and what they say."""
    seeds = [(network, SEED + seed) for network in config.networks for seed in range(config.seeds)]
    finished = [load_seed(config, dataset, out, network, seed) for network, seed in seeds]
    figures = paired_differences.collect_accuracies([part for part in finished if part], first=SEED)
    rows = [row for network, arms in figures.items() for row in paired_differences.to_rows(network, arms)]
    return {
        "study": STUDY,
        "dataset": {
            "name": dataset.name,
            "source": dataset.source,
            "images": len(dataset.test),
            "sha256": dataset.sha256,
        },
        "seeds": max((row["seeds"] for row in rows), default=0),
        "first_seed": SEED,
        "command": to_command(config),
        "epochs": config.epochs,
        "training": shared_settings(config, dataset)["training"],
        "columns": list(COLUMNS),
        "rows": rows,
        "conclusions": {network: paired_differences.conclude(network, arms) for network, arms in figures.items()},
        "published": {"talk": {"accuracy": TALK_ACCURACY, "gain": TALK_GAIN}, "log": _log()},
        "versions": {"torch": version("torch")},
    }


def _log() -> dict[str, dict[str, float]]:
    return {arm: dict(zip(PUBLISHED_LOG_COLUMNS, values, strict=True)) for arm, values in PUBLISHED_LOG.items()}


def to_command(config: StudyConfig) -> str:
    """Return the command that runs this study."""
    words = [f"python -m core study {STUDY} --seeds {config.seeds} --epochs {config.epochs}"]
    if config.costly < config.seeds:
        words.append(f"--costly-seeds {config.costly}")
    if config.networks != NETWORKS:
        words.append(f"--networks {','.join(config.networks)}")
    if config.arms != tuple(ARMS):
        words.append(f"--arms {','.join(config.arms)}")
    if config.dataset != "MNIST":
        words.append(f'--dataset "{config.dataset}"')
    return " ".join(words)


def to_json(record: dict[str, Any]) -> bytes:
    """Return a record as a file's content, a row to a line."""
    rows = record.get("rows", [])
    text = json.dumps({**record, "rows": []} if rows else record, indent=1)
    lines = ",\n".join(json.dumps(row) for row in rows)
    return (text.replace('"rows": []', f'"rows": [\n{lines}\n ]') + "\n").encode()


def load_recorded(name: str = STUDY, dataset: str = "MNIST", folder: Path = RECORDED) -> dict[str, Any]:
    """Return a recorded study. Raises ValueError with a sentence when there is none, or it cannot be read."""
    ending = {"MNIST": "", datasets.OFFLINE: "-offline"}.get(dataset)
    try:
        if ending is None:
            raise FileNotFoundError
        recorded: dict[str, Any] = json.loads((folder / f"{name}{ending}.json").read_text("utf-8"))
        return recorded if recorded["rows"] else {}
    except FileNotFoundError:
        raise ValueError(f"No study {name!r} is recorded on {dataset}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"The recorded study {name!r} on {dataset} cannot be read.") from None
