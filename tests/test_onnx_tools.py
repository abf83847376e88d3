"""What looks into our networks looks into one from an ONNX file too, or says in a sentence why it cannot."""

from functools import cache

import numpy as np
import pytest
import torch

from core.adversarial.config import DEFAULTS
from core.adversarial.methods import ATTACKS
from core.attribution.deconvnet import map_stages, project_strongest
from core.attribution.methods import METHODS, AttributionError, attribute
from core.convolution.explanations import explain_value
from core.convolution.paths import trace_back, trace_forward
from core.convolution.trace import trace_stages
from core.digits import datasets
from core.feature_maps.filters import list_filters
from core.feature_maps.stage_maps import compute_stage_maps
from core.inversion.map_atlas import build_atlas, receptive_field
from core.maximization.loop import PRESETS, maximize
from core.maximization.objective_parser import parse_objective
from core.networks.classifier import Classifier
from core.onnx.importing import import_onnx
from core.similarity.feature_vectors import list_stages
from core.transfer.backbones import compute_features, own_backbone
from tests import onnx_files

FILES = {"residual": onnx_files.residual_file, "keras": onnx_files.keras_file, "dense": onnx_files.dense_file}
IMAGE = datasets.load("offline digits").test.images()[0]


@cache
def network_of(file: str) -> Classifier:
    return import_onnx(FILES[file]()).network


@pytest.mark.parametrize("file", FILES)
def test_maps_filters_and_every_number_of_every_stage_are_shown(file: str) -> None:
    network = network_of(file)
    assert all(one.maps.ndim == 3 for one in compute_stage_maps(network, IMAGE))
    assert len(list_filters(network)) == {"residual": 1, "keras": 1, "dense": 0}[file]
    traces = trace_stages(network, IMAGE)
    for number, trace in enumerate(traces):
        place = tuple(size - 1 for size in (*trace.outputs.shape, 1, 1)[:3])
        found = explain_value(trace, place)
        assert found.value == pytest.approx(float(trace.outputs[place[: trace.outputs.ndim]]), abs=1e-5)
        trace_back(traces, number, place)
        trace_forward(traces, number, place)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("method", METHODS)
def test_attribution_is_computed_or_refused_in_a_sentence(file: str, method: str) -> None:
    network, refused = network_of(file), {("residual", "deconvnet"), ("dense", "grad-cam")}
    if (file, method) in refused:
        with pytest.raises(AttributionError):
            attribute(network, IMAGE, 3, method)
    else:
        assert attribute(network, IMAGE, 3, method).isfinite().all()


def test_single_maps_are_projected_where_all_activations_are_relus() -> None:
    network = network_of("keras")
    assert map_stages(network) == ["conv1", "relu1", "pool1"]
    assert project_strongest(network, IMAGE, "pool1")


@pytest.mark.parametrize("file", FILES)
def test_it_is_attacked_and_activated(file: str) -> None:
    network, labels = network_of(file), torch.tensor([3])
    *_, last = ATTACKS["fgsm"](network, IMAGE[None], labels, DEFAULTS["fgsm"])
    assert last is not None
    question = parse_objective("class:3", network)
    settings = PRESETS[next(iter(PRESETS))]
    first = next(iter(maximize(network, question.objective, settings)))
    assert first.costs.isfinite().all()


@pytest.mark.parametrize("file", FILES)
def test_what_its_maps_see_and_its_features_of_other_pictures_are_found(file: str) -> None:
    network = network_of(file)
    atlas = build_atlas(network, datasets.load("offline digits").test.first(20))
    assert atlas.patches.shape[-1] == receptive_field(network).size
    assert "flatten" in list_stages(network)
    backbone = own_backbone("mine", network)
    pixels = np.zeros((2, 60, 60, 3), np.uint8)
    assert all(len(compute_features(backbone, pixels, layer)) == 2 for layer in backbone.layers())
