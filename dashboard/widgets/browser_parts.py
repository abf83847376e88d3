"""Networks, and parts of them, for the components that compute in the browser."""

from collections.abc import Iterable
from typing import Any

from core.digits.datasets import Dataset
from core.networks.evaluation import Network
from core.zoo.browser_layers import LayerList
from dashboard.components.instant import BrowserNetwork, BrowserPart, instant_answers
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.weights import offer_weights


def show_instant_answers(names: Iterable[str], zoo: Zoo, data: Dataset, **more: Any) -> None:
    """Let the browser answer for these networks, which must be in the visitor's own `zoo`.

    `more` is that of `instant_answers`.
    """
    networks, _ = caches.networks(tuple(name for name in names if name in zoo), data.name)
    instant_answers([_describe(name, zoo[name].title, network, data) for name, network in networks.items()], **more)


def _describe(name: str, title: str, network: Network, data: Dataset) -> BrowserNetwork:
    finds_holes = network.restores and network.blind  # even in a whole digit it may find one, and fill it
    lists = () if finds_holes else caches.browser_layers(name, data.name)
    parts = [offer_part(part) for part in lists]
    return BrowserNetwork(title=title, parts=parts, whole_only=network.restores)


def offer_part(part: LayerList) -> BrowserPart:
    """Offer the weights of features or of a head, and return what a component needs to fetch them."""
    return BrowserPart(path=offer_weights(part), bytes=len(part.weights), layers=part.layers)
