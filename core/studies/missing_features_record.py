"""The study of missing features as a record: what its finished seeds show."""

from pathlib import Path

from core.digits.datasets import Dataset
from core.networks.evaluation import TALK_ACCURACY, TALK_GAIN
from core.studies import paired_differences
from core.studies.arms import COLUMNS, PUBLISHED_LOG, PUBLISHED_LOG_COLUMNS, RECORDED_ARMS
from core.studies.missing_features import NETWORKS, StudyConfig, load_seed, shared_settings
from core.studies.recorded import Record, to_command, to_record
from core.zoo.recipes import SEED

STUDY = "missing-features"
SECOND_PAPER_RECORD = "missing-features-second-paper"


def summarize(config: StudyConfig, dataset: Dataset, out: Path) -> Record:
    """Return the record of the finished seeds: rows, differences, and conclusions."""
    seeds = [(network, SEED + seed) for network in config.networks for seed in range(config.seeds)]
    finished = [load_seed(config, dataset, out, network, seed) for network, seed in seeds]
    figures = paired_differences.collect_accuracies([part for part in finished if part], first=SEED)
    rows = [row for network, arms in figures.items() for row in paired_differences.to_rows(network, arms)]
    log = {arm: dict(zip(PUBLISHED_LOG_COLUMNS, values, strict=True)) for arm, values in PUBLISHED_LOG.items()}
    return to_record(
        STUDY,
        dataset,
        rows,
        seeds=max((row["seeds"] for row in rows), default=0),
        first_seed=SEED,
        command=_command(config, dataset),
        epochs=config.epochs,
        training=shared_settings(config, dataset)["training"],
        columns=list(COLUMNS),
        conclusions={network: paired_differences.conclude(network, arms) for network, arms in figures.items()},
        published={"talk": {"accuracy": TALK_ACCURACY, "gain": TALK_GAIN}, "log": log},
    )


def _command(config: StudyConfig, dataset: Dataset) -> str:
    return to_command(
        STUDY,
        config.dataset,
        seeds=config.seeds,
        epochs=config.epochs,
        costly_seeds=config.costly if config.costly < config.seeds else None,
        networks=",".join(config.networks) if config.networks != NETWORKS else None,
        arms=",".join(config.arms) if config.arms != tuple(RECORDED_ARMS) else None,
        device=None if dataset.device.type == "cpu" else dataset.device.type,
    )
