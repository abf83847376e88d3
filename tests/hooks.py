"""Hooks that are left on a network."""

from torch import nn


def count_hooks(network: nn.Module) -> int:
    """Return how many hooks of any kind the modules of a network hold."""
    kinds = [name for name in vars(nn.Module()) if name.endswith("hooks")]
    assert len(kinds) > 5
    return sum(len(getattr(module, kind)) for module in network.modules() for kind in kinds)
