"""What training in bfloat16 costs in accuracy, where the processor computes in it at all."""

from dataclasses import replace
from statistics import median
from typing import Literal

import torch

from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.training.loop import train
from core.zoo.recipes import CONFIG
from tests.benchmarks import Measured, NotMeasurable, mnist

SEEDS, EPOCHS = (1, 2, 3), 2
Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("bfloat16", "float32")


def bfloat16_accuracy() -> Measured:
    """Train the standard network as its recipe says, but shorter, from the same start and in the same order."""
    need_bfloat16()
    pairs = [[_accuracy(seed, precision) for precision in PRECISIONS] for seed in SEEDS]
    figures = [rough - exact for rough, exact in pairs]
    exact = median(pair[1] for pair in pairs)
    note = f"Median of {len(SEEDS)} seeds, {EPOCHS} epochs of all digits; float32 reads {exact:.2f} %."
    return Measured(median(figures), figures, note)


def _accuracy(seed: int, precision: Precision) -> float:
    network, data = build(ARCHITECTURES["published"], seed=seed), mnist.dataset()
    config = replace(CONFIG, epochs=EPOCHS, seed=seed, precision=precision)
    *_, last = train(network, data.train, data.validation, config)
    assert last.validation_accuracy is not None
    return last.validation_accuracy


def need_bfloat16() -> None:
    """Raise NotMeasurable where the processor lacks it."""
    if not has_bfloat16():
        raise NotMeasurable("this processor does not compute in bfloat16 (neither avx512_bf16 nor amx_bf16).")


def has_bfloat16() -> bool:
    """Say whether the processor has it; elsewhere torch imitates it slowly."""
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))
