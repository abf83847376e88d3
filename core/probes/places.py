"""Where a network is read: its pixels, and after each layer with weights what the next such layer is given.

A probe sees at most MAX_NUMBERS numbers: larger maps are averaged over neighbouring places.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool1d, adaptive_avg_pool2d

from core.maximization.stage_outputs import stage_outputs
from core.networks.classifier import Classifier
from core.networks.evaluation import BATCH

PIXELS, ANSWER = "pixels", "answer"
MAX_NUMBERS = 1000
MAX_LAYERS = 6  # are probed, spread evenly where a network has more


def find_places(network: Classifier) -> dict[str, str]:
    """Return the layers before which a probe can read, first to last, each with the stage whose output it reads.

    The first place is PIXELS, with no stage. After the last layer there is none: its output is the answer.
    """
    found, layer, before = {}, PIXELS, ""
    for name, stage in network.stages():
        if any(isinstance(part, nn.Conv2d | nn.Linear) for part in stage.modules()):
            found[layer], layer = before, name
        before = name
    found[PIXELS] = ""
    names = list(found)
    step = max(1.0, (len(names) - 1) / MAX_LAYERS)
    kept = {PIXELS, *(names[-1 - int(step * number)] for number in range(min(MAX_LAYERS, len(names) - 1)))}
    return {name: stage for name, stage in found.items() if name in kept}


@torch.no_grad()
def read_places(network: Classifier, images: Tensor, places: Mapping[str, str]) -> dict[str, Tensor]:
    """Return the vectors `(N, F)` that probes read at these places, of `images` `(N, 1, 28, 28)` in [0, 1]."""
    found: dict[str, list[Tensor]] = {name: [] for name in places}
    for part in images.split(BATCH):
        outputs = stage_outputs(network, part, filter(None, places.values())) if any(places.values()) else {}
        for name, stage in places.items():
            found[name].append(_shrink(outputs[stage] if stage else part))
    return {name: torch.cat(parts) for name, parts in found.items()}


def _shrink(maps: Tensor) -> Tensor:
    """Return maps `(N, K, rows, columns)` as vectors, averaged over neighbours until they are short enough."""
    count, rows, columns = maps.shape[1:]
    if count * rows * columns > MAX_NUMBERS:
        side = max(1, int((MAX_NUMBERS / count) ** 0.5))
        maps = adaptive_avg_pool2d(maps, (min(rows, side), min(columns, side)))
    vectors = maps.flatten(1)
    return vectors if vectors.shape[1] <= MAX_NUMBERS else adaptive_avg_pool1d(vectors[:, None], MAX_NUMBERS)[:, 0]
