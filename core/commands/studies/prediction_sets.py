"""Prediction sets: how often they hold the true class of whole and partial digits, and how many classes they need."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands import tables
from core.commands.studies.by_network import run_by_network
from core.digits.datasets import Dataset
from core.networks.prediction_sets import ERROR_RATES
from core.studies.prediction_sets import NETWORKS, STUDY, run_prediction_sets, summarize
from core.studies.recorded import Record, StudyStep
from core.studies.workers import WorkerPool

NAME = STUDY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no options: every network is measured at every error rate."""


def run(options: argparse.Namespace, dataset: Dataset, out: Path, pool: WorkerPool) -> Iterator[StudyStep]:
    """Yield the study after each network."""
    yield from run_by_network(
        NETWORKS, dataset, lambda cards: run_prediction_sets(dataset, cards, out, pool=pool), summarize
    )


def lines(record: Record) -> Iterator[str]:
    """Yield a table for each error rate, and the conclusions."""
    yield f"{record['dataset']['name']}: thresholds chosen on validation digits, sets measured on test digits"
    for error in ERROR_RATES:
        yield f"\nAt most {100 * error:g} % of sets may miss the true class"
        cells = [_cells(record, row) for row in record["rows"] if row["error"] == error]
        header = ("", "digits are", "chosen on", "hold it, %", "classes", "empty, %", "digits")
        yield from tables.to_lines(header, cells)
    yield from ("", *record["conclusions"], f"\n{record['command']}")


def _cells(record: Record, row: Record) -> tuple[str, ...]:
    quality = (f"{row['coverage']:.1f}", f"{row['size']:.2f}", f"{row['empty']:.1f}", f"{row['digits']:,}")
    return (record["networks"][row["network"]], row["column"], row["chosen_on"], *quality)
