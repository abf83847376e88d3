"""After which records of a training something is read."""

from core.training.loop import TrainStep


class ReadingTimes:
    """Says when to read: more often in the first epoch, when networks change most, and about `most` times in all."""

    def __init__(self, first_epoch: int, most: int, *, epochs: int) -> None:
        self.first, self.later = first_epoch, max(1, (most - first_epoch) // epochs)  # readings of an epoch
        self._last: tuple[int, int] | None = None

    def is_due(self, step: TrainStep) -> bool:
        """Say whether to read after this record; each is asked for once, in order."""
        parts = self.first if step.epoch == 1 else self.later
        now = step.epoch, step.batch * parts // step.batches
        due, self._last = now != self._last, now
        return due
