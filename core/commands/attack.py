"""The verb `attack`: noise for one digit, or universal noise for all classes."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.adversarial.config import DEFAULTS, NORMS, default_config
from core.adversarial.methods import STICKER, start_attack
from core.adversarial.universal import DEFAULT_EPSILONS, UniversalConfig, measure_noise, nine_examples, universal_noise
from core.commands import tables
from core.commands.options import add_dataset, add_device, load_dataset, load_network, parse_mask, read_seed
from core.commands.predict import to_reading
from core.commands.terminal import answer, progress
from core.digits import pictures
from core.digits.datasets import Dataset
from core.digits.photographs import finding
from core.networks import evaluation
from core.system import files
from core.system.npz import arrays_to_npz
from core.visualization.arrays import contact_sheet, to_png

ENDINGS = {"one digit": (".png",), "universal noise": (".png", ".npz")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--method", choices=DEFAULTS, default="pgd", help="default: pgd")
    parser.add_argument("--universal", action="store_true", help="one noise per class for all digits")
    parser.add_argument("--network", default="standard", metavar="NAME", help="a shipped network; default: standard")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--image", type=Path, metavar="FILE", help="a picture of a digit")
    which.add_argument("--digit", type=int, default=0, metavar="N", help="a test digit by its number; default: 0")
    parser.add_argument("--label", type=int, metavar="C", help="the true class; default: what the network reads")
    parser.add_argument("--target", type=int, metavar="C", help="the target class; default: any other class")
    parser.add_argument("--norm", choices=NORMS, help="default: linf; for universal noise: no limit")
    parser.add_argument("--epsilon", type=float, help="the limit of the change; default: the norm's own")
    parser.add_argument("--step-size", type=float)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--confidence", type=float, metavar="K", help="cw: how far the new class's logit must lead")
    parser.add_argument("--weight", type=float, metavar="C", help="cw: the first weight c of misreading the digit")
    parser.add_argument("--theta", type=float, help="jsma: the change of each chosen pixel; below 0 it removes ink")
    parser.add_argument("--random-start", action="store_true", default=None, help="start at random within epsilon")
    parser.add_argument("--region", metavar="CUT|x0,y0,x1,y1", help="where the sticker is")
    parser.add_argument("--digits", type=int, help="training digits for universal noise")
    parser.add_argument("--batch", type=int, help="how many of them each step uses")
    parser.add_argument("--images", type=int, metavar="N", help="measure universal noise on the first N test digits")
    parser.add_argument("--seed", type=read_seed)
    add_dataset(parser)
    add_device(parser)
    out = "a PNG of the digit, the noise and their sum; with --universal all noises, or an .npz of all steps"
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)


def run(options: argparse.Namespace) -> None:
    """Attack one digit, or make universal noise; print the result and write `--out`."""
    dataset, region = load_dataset(options), parse_mask("--region", options.region)
    _check_out(options.out, ENDINGS["universal noise" if options.universal else "one digit"])
    network: Any = load_network(options.network, dataset)  # attacks check its type
    found = _universal(options, network, dataset) if options.universal else _single(options, network, dataset, region)
    result = {"network": options.network, "dataset": dataset.name, **found}
    answer(options, result, _table(result) if options.universal else _sentences(result))


def _check_out(path: Path | None, endings: tuple[str, ...]) -> None:
    """Raise ValueError for a file that could not be written, before anything is computed."""
    if path is not None and path.suffix not in endings:
        raise ValueError(f"--out takes a name that ends in {' or '.join(endings)}.")
    if path is not None and not path.parent.is_dir():
        raise ValueError(f"There is no folder {str(path.parent)!r} to write into.")


def _given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _write(path: Path, images: Tensor, *, columns: int) -> None:
    """Write pictures `(N, 1, 28, 28)` in [0, 1] as one sheet."""
    files.write_atomically(path, to_png(contact_sheet(list(images[:, 0].numpy()), columns, factor=6, gap=6)))


# One digit


def _single(options: argparse.Namespace, network: Any, dataset: Dataset, region: Tensor | None) -> dict[str, Any]:
    image, label = _digit(options, network, dataset)
    settings = ("epsilon", "step_size", "steps", "random_start", "target", "seed", "confidence", "weight", "theta")
    given = _given(options, *settings)
    config = replace(default_config(options.method, options.norm), **given)
    if options.method == STICKER and region is None:
        raise ValueError("Give the place of the sticker with --region.")
    first = last = None
    for last in start_attack(options.method, network, image, label, config, region):
        first = first or last
        progress(last.step / last.steps, f"{options.method}, step {last.step}")
    assert first and last  # the first step is the unchanged digit
    if options.out is not None:
        noise = (last.perturbation + 1) / 2  # gray: no change
        _write(options.out, torch.cat([last.originals, noise, last.images]), columns=3)
    return {
        "method": options.method,
        **asdict(config),
        "label": int(label),
        "already": bool(last.fooled_at_start),
        "succeeded": last.succeeded,
        "before": to_reading(first.probabilities[0]),
        "after": to_reading(last.probabilities[0]),
        "changed_pixels": int(last.changed_pixels),
        "largest_change": round(float(last.perturbation.abs().max()), 6),
        "length": round(float(last.perturbation.norm()), 6),
    }


def _digit(options: argparse.Namespace, network: Any, dataset: Dataset) -> tuple[Tensor, Tensor]:
    """Return the digit `(1, 1, 28, 28)` and its label `(1,)`: of `--label`, else the true one, else the prediction."""
    if options.image is not None:
        image = _read(options.image).to(dataset.device)
        label = evaluation.predict(network, image).argmax(1)
    elif 0 <= options.digit < len(dataset.test):
        one = slice(options.digit, options.digit + 1)
        image, label = dataset.test.images(one), dataset.test.labels[one]
    else:
        raise ValueError(f"--digit must be between 0 and {len(dataset.test) - 1}.")
    return image, label if options.label is None else torch.tensor([options.label], device=dataset.device)


def _read(path: Path) -> Tensor:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"The file cannot be opened: {error.strerror}.") from None
    return torch.from_numpy(finding.to_digit(pictures.read_picture(content)))[None, None]


def _sentences(result: dict[str, Any]) -> Iterator[str]:
    before, after = (
        f"{reading['label']} ({100 * reading['confidence']:.1f} % sure)"
        for reading in (result["before"], result["after"])
    )
    yield f"{result['network']} read {before}, and reads {after} after {result['method']}."
    yield (
        f"{result['changed_pixels']} of 784 pixels changed (L0), each by at most {result['largest_change']:.3f} (L∞); "
        f"total change (L2): {result['length']:.2f}."
    )
    if result["already"]:
        yield "It was misread before anything was changed."
    elif not result["succeeded"]:
        yield "The attack failed."


# Universal noise


def _universal(options: argparse.Namespace, network: Any, dataset: Dataset) -> dict[str, Any]:
    limit = {} if options.norm is None else {"norm": options.norm, "epsilon": DEFAULT_EPSILONS[options.norm]}
    config = UniversalConfig(**limit | _given(options, "epsilon", "step_size", "steps", "digits", "batch", "seed"))
    if options.images is not None and not 0 < options.images <= len(dataset.test):
        raise ValueError(f"--images must be between 1 and {len(dataset.test)}.")
    examples, test = nine_examples(dataset.test), dataset.test.first(options.images or len(dataset.test))
    steps, noises = universal_noise(network, dataset.train, dataset.validation, examples, config), []
    for step in steps:
        noises.append(step.noises)
        progress(step.step / step.steps, f"step {step.step}: {step.shares.mean():.0f} % are read as the target class")
    if options.out is not None:
        _save_noises(options.out, noises)
    result = measure_noise(network, test, step.noises)
    return {
        **asdict(config),
        "test_digits": len(test),
        "read_as_class": _percent(result.shares),
        "accuracy": _percent(result.accuracies),
        "examples": {"labels": examples.labels.tolist(), "read_as": step.readings.tolist()},
    }


def _percent(shares: Tensor) -> list[float]:
    return [round(float(share), 2) for share in shares]


def _save_noises(path: Path, noises: list[Tensor]) -> None:
    """Write the last noises as a sheet, or all steps' as an array `noises` `(steps + 1, classes, 28, 28)`."""
    if path.suffix == ".png":
        return _write(path, (noises[-1] + 1) / 2, columns=5)
    files.write_atomically(path, arrays_to_npz({"noises": torch.stack(noises)[:, :, 0].numpy()}))


def _table(result: dict[str, Any]) -> Iterator[str]:
    yield f"{result['network']}, {result['test_digits']:,} test digits, {result['dataset']}; percent"
    shares = zip(result["read_as_class"], result["accuracy"], strict=True)
    rows = [(str(target), *(f"{share:.2f}" for share in pair)) for target, pair in enumerate(shares)]
    yield from tables.to_lines(("target class", "read as it", "read correctly"), rows)
