"""Which layers of a network learn, and how much its dropout removes: changed while it learns, and put back."""

from collections.abc import Sequence

from torch import nn

from core.inversion.functions import find_stage, freeze_stage
from core.networks.classifier import Classifier


class LayerSettings:
    """The layers of one network in training; remembers how they were set up."""

    def __init__(self, network: Classifier) -> None:
        self._network = network
        self._learning = {parameter: parameter.requires_grad for parameter in network.parameters()}
        self._rates = {one: one.p for one in network.modules() if isinstance(one, nn.Dropout | nn.Dropout2d)}

    def freeze(self, stages: Sequence[str] | None) -> None:
        """Freeze these stages and no others; None: as they were set up. Raises ValueError for an unknown stage."""
        found = [find_stage(self._network, name) for name in stages or ()]
        for parameter, learned in self._learning.items():
            parameter.requires_grad_(learned if stages is None else True)
        for stage in found:
            freeze_stage(stage)

    def set_dropout(self, rate: float | None) -> None:
        """Let every dropout layer remove this share; None: as they were set up."""
        for layer, first in self._rates.items():
            layer.p = first if rate is None else rate

    def restore(self) -> None:
        """Put back what was changed."""
        self.freeze(None)
        self.set_dropout(None)
