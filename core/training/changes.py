"""What may be changed while a network learns. Imports no torch: a worker that waits reads it, too."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TrainingChanges:
    """Settings of a running training that replace those it was set up with; None: not changed."""

    learning_rate: float | None = None
    """The same for every batch, whatever the schedule."""
    momentum: float | None = None
    batch: int | None = None
    """From the next epoch on."""
    l2: float | None = None
    penalty: float | None = None
    dropout: float | None = None
    """Share of values, or of feature maps, that each dropout layer removes."""
    frozen: tuple[str, ...] | None = None
    """Stages that do not learn, biases included, from the next epoch on; `features`: all convolutional stages."""

    def __post_init__(self) -> None:
        if self.learning_rate is not None and not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"The learning rate must be a number above 0, not {self.learning_rate}.")
        for name in ("momentum", "dropout"):
            share = getattr(self, name)
            if share is not None and not 0 <= share < 1:
                raise ValueError(f"The {name} must be a number from 0 up to 1, not {share}.")
        for title, strength in (("L2", self.l2), ("penalty", self.penalty)):
            if strength is not None and not 0 <= strength < float("inf"):
                raise ValueError(f"The {title} strength must be 0 or more, not {strength}.")
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"Batch must be at least 1, not {self.batch}.")

    def list_set(self) -> dict[str, Any]:
        """Return the changed settings by name."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in named.items() if value is not None}
