"""Everything that `core` computes also runs on another device than the CPU: seen on a stand-in that any machine has."""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import core
from tests import device_cases, device_training_cases
from tests.device_tools import leaves
from tests.stand_in_device import stand_in_device

CASES = device_cases.CASES | device_training_cases.CASES
ROOMS = set(core.ROOMS) - {"system", "visualization", "jobs", "commands"}  # these compute on no tensors
COMPUTED_ON = re.compile(
    r"\b(Tensor|Digits|Dataset|Classifier|Network|Module|Generator|Gan|TrainedGenerator|ReferenceVectors|Shortcut|Lookup"
    r"|Comparison|Backbone|Filter|Filters|StageTrace|StageMaps|MapAtlas|Evidence)\b"
)
NOT_RUN = {  # and why
    "core.digits.likeness.reference.make_reference": "scikit-learn computes it, once, on the CPU",
    "core.similarity.digit_map.arrange_by_tsne": "scikit-learn computes it, once, on the CPU",
    "core.studies.recorded_map.record": "t-SNE on the CPU around measure_map",
    "core.studies.recorded_map.read_layouts": "reads a file",
    "core.studies.recorded_map.write": "writes a file",
    "core.digits.orientation.is_transposed": "looks at a file that was just read, on the CPU",
    "core.digits.orientation.look_like_digits": "looks at a file that was just read, on the CPU",
    "core.digits.own_sets.storage.save": "writes a file",
    "core.digits.own_sets.storage.to_file": "writes a file, from the CPU",
    "core.music.audio.to_flac": "writes a file",
    "core.music.library.maps_of_pieces": "the pieces and their network stay on the CPU",
    "core.studies.music.find_same_kind": "the pieces and their network stay on the CPU",
    "core.zoo.pytorch_code.write_program": "writes text",
    "core.zoo.fit.choose_readers": "reads no tensors",
    "core.zoo.fit.check_fit": "reads no tensors",
    "core.zoo.fit.fits": "reads no tensors",
    "core.transfer.backbones.vgg_backbone": "only makes a record; VGG16 is a Classifier like the others",
    "core.transfer.vgg16.to_state": "renames the tensors of a file",
    "core.studies.corruptions.run_corruptions": "files and workers around measure_corruption",
    "core.studies.corruptions.summarize": "reads rows",
    "core.studies.explanations.run_explanations": "files and workers around judge_network",
    "core.studies.explanations.summarize": "reads rows",
    "core.studies.seed_networks.describe_parts": "reads no tensors",
    "core.studies.recorded.to_network_record": "reads rows",
    "core.studies.finished_parts.run_parts": "files; what a worker computes is run by itself",
    "core.studies.prediction_sets.run_prediction_sets": "files and workers around measure_network",
    "core.studies.prediction_sets.summarize": "reads rows",
    "core.studies.needed_maps.run_needed_maps": "files and workers around measure_silence",
    "core.studies.needed_maps.summarize": "reads rows",
    "core.studies.amplified_features.run_amplified": "files and workers around measure_amplified",
    "core.studies.amplified_features.summarize": "reads rows",
    "core.studies.handmade_features.run_features": "files and workers around measure_features",
    "core.studies.handmade_features.summarize": "reads rows",
    "core.studies.missing_features.load_seed": "reads a file",
    "core.studies.missing_features.run_study": "files and workers around run_seeds",
    "core.studies.missing_features.seeds_at_once": "reads the free memory of a GPU; elsewhere it is 1",
    "core.studies.missing_features.shared_settings": "reads no tensors",
    "core.studies.missing_features_record.summarize": "reads files",
    "core.studies.noise_transfer.run_transfer": "files and workers around evaluate_source",
    "core.studies.noise_transfer_record.summarize": "reads rows",
    "core.studies.preset_training.run_presets": "files and workers around train_preset",
    "core.studies.preset_training.summarize": "reads rows",
    "core.studies.pretraining.run_pretraining": "files, workers, and train_gan, around compare_starts",
    "core.studies.pretraining_record.summarize": "reads rows",
    "core.studies.recorded.to_record": "reads no tensors",
    "core.studies.second_model.run_pairs": "files and workers around measure_pair",
    "core.studies.second_model.summarize": "reads rows",
    "core.studies.similarity.run_similarity": "files and workers around measure_network",
    "core.studies.similarity_record.summarize": "reads rows",
}
# The CPU compares partial digits with bytes, other devices with floats: another rounding may choose another reference.
ROUNDED = {"reading_one_digit": 1e-6, "many_holes_of_one_digit": 0.01, "holes_everywhere": 0.01}
called: set[CodeType] = set()  # by the cases that ran so far


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function of `core` that takes a network, digits or a tensor, with its dotted name."""
    for found in pkgutil.walk_packages(core.__path__, "core."):
        if found.name.split(".")[1] in ROOMS:
            module = importlib.import_module(found.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                given = " ".join(str(one.annotation) for one in inspect.signature(function).parameters.values())
                if function.__module__ == found.name and name[0] != "_" and COMPUTED_ON.search(given):
                    yield f"{found.name}.{name}", function


def note(frame: Any, event: str, argument: object) -> None:
    if event == "call":
        called.add(frame.f_code)


def run_far(case: Callable[[str], Any]) -> list[Any]:
    """Run a case on the stand-in device, noting the functions that it calls; return its results."""
    with stand_in_device() as far:
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            return [to_plain(one) for one in leaves(case(far))]
        finally:
            sys.setprofile(before)


def to_plain(found: Any) -> Any:
    return found.detach().cpu().numpy() if isinstance(found, Tensor) else found


@pytest.mark.parametrize("name", CASES)
def test_it_runs_there_and_gives_what_the_cpu_gives(name: str) -> None:
    there, here = run_far(CASES[name]), [to_plain(one) for one in leaves(CASES[name]("cpu"))]
    assert len(there) == len(here) > 0
    for one, other in zip(there, here, strict=True):
        if name in ROUNDED and np.asarray(one).dtype.kind == "f":
            np.testing.assert_allclose(one, other, atol=ROUNDED[name])
        else:
            np.testing.assert_array_equal(one, other)


def test_every_public_function_runs_there_or_is_named_with_its_reason() -> None:
    """Runs after the cases, and runs none again."""
    functions = dict(public_functions())
    missing = {name for name, function in functions.items() if inspect.unwrap(function).__code__ not in called}
    if not called:
        pytest.skip("the cases did not run in this process")
    assert missing == set(NOT_RUN)


def test_a_tensor_that_was_left_on_the_cpu_is_an_error() -> None:
    with stand_in_device() as far:
        there = torch.ones(3).to(far)
        assert there.device.type == far and (there + 1).device.type == far
        with pytest.raises(RuntimeError, match="left on the CPU"):
            there + torch.ones(3)
        with pytest.raises(RuntimeError, match="left on the CPU"):
            torch.cat([there, torch.zeros(1)])
        with pytest.raises(RuntimeError, match="generator of the CPU"):
            torch.empty_like(there).uniform_(generator=torch.Generator())
        assert (there * torch.tensor(2.0) + there[torch.tensor([0, 1, 2])]).cpu().tolist() == [3.0, 3.0, 3.0]
