"""What studies have in common that measure one shipped network after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.digits.datasets import Dataset
from core.studies.finished_parts import PartStep
from core.studies.recorded import Record, StudyStep
from core.zoo import checkpoints
from core.zoo.checkpoints import Card
from core.zoo.fit import check_fit


def run_by_network(
    names: Sequence[str],
    dataset: Dataset,
    run: Callable[[Mapping[str, Card]], Iterable[PartStep[str, Any]]],
    summarize: Callable[[Sequence[Any], Dataset, Mapping[str, Card]], Record],
) -> Iterator[StudyStep]:
    """Yield the study after each network, its rows in the order of `names`. Raises ValueError for other classes."""
    cards = {name: checkpoints.load_card(name) for name in names}
    for card in cards.values():
        check_fit(card, dataset)
    rows: list[Any] = []
    for step in run(cards):
        rows = sorted([*rows, *step.rows], key=lambda row: names.index(row.network))
        yield StudyStep(step.share, step.task, summarize(rows, dataset, cards))
