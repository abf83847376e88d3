"""The networks whose readings the browser can compute itself while a stroke goes on."""

from collections.abc import Sequence

from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from dashboard.components.instant import BrowserNetwork, instant_answers
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.widgets.browser_parts import offer_part


def show_instant_answers(names: Sequence[str], zoo: Zoo, data: Dataset) -> None:
    """Let the browser answer for these networks, which must be in the visitor's own `zoo`."""
    networks, _ = caches.networks(tuple(name for name in names if name in zoo), data.name)
    instant_answers([_describe(name, zoo[name].title, network, data) for name, network in networks.items()])


def _describe(name: str, title: str, network: Network, data: Dataset) -> BrowserNetwork:
    finds_holes = network.restores and network.blind  # even in a whole digit it may find one, and fill it
    lists = () if finds_holes else caches.browser_layers(name, data.name)
    parts = [offer_part(part) for part in lists]
    return BrowserNetwork(title=title, parts=parts, whole_only=network.restores)
