"""How strongly a digit excites a map: by its strongest place, wherever that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from core.maximization.objectives import MapMean


@dataclass(frozen=True)
class MapPeak(MapMean):
    """The strongest place of each map. The mean would not do: before an activation, what is for and against cancels."""

    def measure(self, outputs: Mapping[str, Tensor]) -> Tensor:
        places = outputs[self.stage].flatten(2).amax(2)
        return places[:, [self.maps] if isinstance(self.maps, int) else list(self.maps)]
