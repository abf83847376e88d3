"""Attacks on one digit by name, as the command line and the page Attack choose them."""

from collections.abc import Callable, Iterator

from torch import Tensor

from core.adversarial.attack import AttackStep
from core.adversarial.carlini_wagner import carlini_wagner
from core.adversarial.config import AttackConfig
from core.adversarial.gradient_attacks import fgsm, pgd
from core.adversarial.jsma import jsma
from core.adversarial.lbfgs import lbfgs
from core.adversarial.sticker import sticker
from core.networks.classifier import Classifier

AttackFunction = Callable[[Classifier, Tensor, Tensor, AttackConfig], Iterator[AttackStep]]
ATTACKS: dict[str, AttackFunction] = {
    "fgsm": fgsm,
    "pgd": pgd,
    "lbfgs": lbfgs,
    "cw": carlini_wagner,
    "jsma": jsma,
}
STICKER = "sticker"


def start_attack(
    method: str, network: Classifier, images: Tensor, labels: Tensor, config: AttackConfig, region: Tensor | None = None
) -> Iterator[AttackStep]:
    """Return the generator of an attack by its name; only the sticker needs its `region` `(28, 28)`, True = sticker.

    Raises ValueError for an unknown method or a sticker without a region.
    """
    if method == STICKER:
        if region is None:
            raise ValueError("A sticker needs a region.")
        return sticker(network, images, labels, config, mask=region)
    if method not in ATTACKS:
        raise ValueError(f"There is no attack called {method!r}: choose {', '.join((*ATTACKS, STICKER))}.")
    return ATTACKS[method](network, images, labels, config)
