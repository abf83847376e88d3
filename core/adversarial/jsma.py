"""As few changed pixels as possible: the Jacobian-based saliency map attack, JSMA (Papernot 2016)."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from core.adversarial.attack import Attack, AttackStep, logits_and_gradient
from core.adversarial.config import DEFAULTS, AttackConfig


def jsma(
    network: nn.Module, images: Tensor, labels: Tensor, config: AttackConfig = DEFAULTS["jsma"]
) -> Iterator[AttackStep]:
    """Yield the digits, then each change of one pair of pixels by theta, until every digit is read as the target.

    The pair raises the target's logit and lowers the sum of the others most (the paper's saliency map). A pixel that
    cannot change further, at 0, at 1 or by epsilon, is not chosen again. It ends early where no pair does both. At most
    `config.steps` pairs change. Raises ValueError for bad input, also without a target or with the norm "l2".
    """
    _check(config)
    attack = Attack(network, images, labels, config)
    adversarial, reading = attack.originals, attack.at_start
    yield attack.record(0, config.steps, adversarial, reading)
    for step in range(1, config.steps + 1):
        before, adversarial = adversarial, _change_pairs(attack, adversarial, ~attack.is_adversarial(reading))
        reading = attack.evaluate(adversarial, gradient=False)
        ended = torch.equal(adversarial, before) or bool(attack.is_adversarial(reading).all())
        yield attack.record(step, step if ended else config.steps, adversarial, reading)
        if ended:
            return


def _check(config: AttackConfig) -> None:
    if config.target is None:
        raise ValueError("JSMA changes the pixels that lead to a class: choose a target.")
    if config.norm != "linf":
        raise ValueError("JSMA changes as few pixels as it can: limit each of them instead (linf).")


def _change_pairs(attack: Attack, images: Tensor, attacked: Tensor) -> Tensor:
    """Return the images with the best pair changed by theta in those that are `attacked` `(N,)`."""
    config, goals = attack.config, attack.config.loss_classes(attack.labels)
    low, high = (attack.originals - config.epsilon).clamp(min=0), (attack.originals + config.epsilon).clamp(max=1)
    moved = (images + config.theta).clamp(low, high)
    usable = (moved != images).flatten(1) & attacked[:, None]
    sign = 1 if config.theta > 0 else -1
    slopes = (sign * logits_and_gradient(attack.network, images, goals, score)[1] for score in (_goal, _others))
    pairs = [best_pair(*parts) for parts in zip(*(slope.flatten(1) for slope in slopes), usable, strict=True)]
    return moved.where(torch.stack(pairs).view_as(images), images)


def _goal(logits: Tensor, goals: Tensor) -> Tensor:
    return logits.gather(1, goals[:, None])[:, 0]


def _others(logits: Tensor, goals: Tensor) -> Tensor:
    return logits.sum(1) - _goal(logits, goals)


def best_pair(goal: Tensor, others: Tensor, usable: Tensor) -> Tensor:
    """Return bool `(pixels,)`: the two usable pixels with the greatest saliency, or none if no pair has any.

    `goal` and `others` `(pixels,)` are the gradients of the target's logit and of the sum of the others. A pair's
    saliency is the sum of the first times that of the second, if the first is positive and the second negative.
    """
    at = usable.nonzero()[:, 0]
    up, down = (part[at, None] + part[at] for part in (goal, others))
    saliency = (-up * down).where((up > 0) & (down < 0), 0).triu(1).flatten()
    chosen = torch.zeros_like(usable)
    if len(saliency) and saliency.max() > 0:
        best = int(saliency.argmax())
        chosen[at[[best // len(at), best % len(at)]]] = True
    return chosen
