"""What learns, the whole network or only its head, and the inputs that it learns from.

Frozen features are computed once and the head is trained on the cached vectors: the same result, several times faster.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.digits.datasets import Digits
from core.inversion.functions import is_frozen
from core.networks.classifier import Classifier
from core.system import interrupts

EVALUATION_BATCH = 125  # small enough for the activations to stay in the processor's cache
EVALUATION_BATCH_GPU = 5000  # large enough for a GPU to be busy


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs of the learner: pictures, attacked or not, or the feature vectors of a frozen network."""

    inputs: Callable[[Tensor], Tensor]
    labels: Tensor


def make_learner(network: Classifier, digits: Digits, validation: Digits) -> tuple[nn.Module, Samples, Samples]:
    """Return the learner and its inputs: the whole network, or only its head on cached vectors."""
    if is_frozen(network):
        head = nn.Sequential(network.inversion, network.head)
        return head, _cached(network, digits), _cached(network, validation)
    return network, Samples(digits.images, digits.labels), Samples(validation.images, validation.labels)


@torch.no_grad()
def feature_vectors(network: Classifier, digits: Digits) -> Tensor:
    """Return the features `(N, F)` of all digits, before inversion."""
    network.features.eval()
    return torch.cat([network.extract(digits.images(index)) for index in evaluation_batches(digits.labels)])


def _cached(network: Classifier, digits: Digits) -> Samples:
    return Samples(feature_vectors(network, digits).__getitem__, digits.labels)


@torch.no_grad()
def measure(learner: nn.Module, samples: Samples) -> tuple[float, float]:
    """Return the learner's mean loss and its accuracy in percent."""
    losses, correct = [], []
    for index in evaluation_batches(samples.labels):
        logits, labels = learner(samples.inputs(index)), samples.labels[index]
        losses.append(cross_entropy(logits, labels, reduction="sum"))
        correct.append((logits.argmax(1) == labels).sum())
    count = len(samples.labels)  # read at the end alone: on a GPU each reading waits for all that was computed before
    return sum(torch.stack(losses).tolist()) / count, 100 * sum(torch.stack(correct).tolist()) / count


def evaluation_batches(labels: Tensor) -> Iterator[Tensor]:
    """Yield the indices of all digits `(N,)` in parts that suit the device; the work may end before each."""
    size = EVALUATION_BATCH if labels.device.type == "cpu" else EVALUATION_BATCH_GPU
    for index in torch.arange(len(labels), device=labels.device).split(size):
        interrupts.check()
        yield index
