"""The outputs of a network's stages as maps. Later stages than needed are never computed."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks.classifier import Classifier
from core.pmnist.masks import SIDE
from core.system import interrupts

LOGITS = "logits"  # the name of the last stage, whatever it is called in a network


Shape = tuple[int, int, int]
"""Maps, rows and columns of a stage; a stage of units has maps of one place."""


@torch.no_grad()
def stage_shapes(network: Classifier) -> dict[str, Shape]:
    """Return the shape of every stage's output; the last stage is also there as `logits`."""
    blank = torch.zeros(1, 1, SIDE, SIDE, device=network.device)
    found = {name: (output.shape[1], output.shape[2], output.shape[3]) for name, output in _walk(network, blank, 0.0)}
    return {**found, LOGITS: found[list(found)[-1]]}


def stage_outputs(
    network: Classifier, images: Tensor, stages: Iterable[str], *, leak: float = 0.0
) -> dict[str, Tensor]:
    """Return the outputs of the named stages for images, as maps `(N, maps, rows, columns)`.

    With a `leak`, ReLUs become leaky ReLUs of that negative slope.
    """
    wanted = set(stages)
    found: dict[str, Tensor] = {}
    for name, output in _walk(network, images, leak):
        if name in wanted:
            found[name] = output
            if len(found) == len(wanted):
                return found
    return found | {LOGITS: output}


def _walk(network: Classifier, images: Tensor, leak: float) -> Iterator[tuple[str, Tensor]]:
    """Yield every stage's output as maps; flattened and inverted features get their rows and columns back."""
    interrupts.check()
    output, places = images, images.shape[2:]
    for name, stage in network.stages():
        output = functional.leaky_relu(output, leak) if leak and isinstance(stage, nn.ReLU) else stage(output)
        if output.ndim == 4:
            places = output.shape[2:]
        has_places = output.ndim == 4 or name in ("flatten", "inverted")
        yield name, output.unflatten(1, (-1, *places)) if has_places and output.ndim == 2 else _as_maps(output)


def _as_maps(output: Tensor) -> Tensor:
    return output if output.ndim == 4 else output[..., None, None]
