"""Parts of networks for the components that compute in the browser."""

from core.zoo.browser_layers import LayerList
from dashboard.components.instant import BrowserPart
from dashboard.server.weights import offer_weights


def offer_part(part: LayerList) -> BrowserPart:
    """Offer the weights of features or of a head, and return what a component is told of them."""
    return BrowserPart(path=offer_weights(part), layers=part.layers)
