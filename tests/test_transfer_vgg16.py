"""VGG16 for transfer: its table, its weights from a file or a download, its features (A11, X4, X5, F2, F3).

The weights are made here, of the right shapes and drawn at random; so nothing here is ever called pretrained.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.vgg import VGG16_Weights, cfgs, make_layers

from core.digits.downloads import DownloadError
from core.transfer.backbones import (
    CONTROLS,
    LAST_DENSE,
    LAST_MAPS,
    LAYERS,
    SECOND_TO_LAST_DENSE,
    compute_features,
    extract_features,
    pooled_maps,
    vgg_backbone,
)
from core.transfer.classification import fit_classifier
from core.transfer.example_tasks import crops_task
from core.transfer.fine_tuning import TuneConfig, fine_tune
from core.transfer.vgg16 import MEAN, STD, build_vgg16, summarize_vgg16
from core.transfer.vgg16_weights import (
    WEIGHTS_FILE,
    WEIGHTS_VARIABLE,
    WeightsError,
    download_weights,
    find_weights,
    load_vgg16,
)
from tests import ROOT
from tests.mirror import NOBODY
from tests.vgg16_weights import made_features, make_weights, make_whole


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_whole(tmp_path_factory.mktemp("weights"))


# The table


def test_a11_the_table_of_vgg16_without_top():
    table = summarize_vgg16()
    counts = [row.parameters for row in table if row.parameters]
    assert counts == [1792, 36928, 73856, 147584, 295168, 590080, 590080, 1180160] + [2359808] * 5
    assert sum(counts) == 14_714_688 and len([row for row in table if not row.parameters]) == 5
    assert [row.stage for row in table[:4]] == ["block1_conv1", "block1_conv2", "block1_pool", "block2_conv1"]
    assert table[0].shape == (64, 224, 224) and table[-1].stage == "block5_pool" and table[-1].shape == (512, 7, 7)


def test_x5_two_hundred_pictures_become_vectors_of_25088():
    pictures = torch.zeros(200, 3, 224, 224, device="meta")
    shapes = {name: tuple(output.shape) for name, output in build_vgg16().walk(pictures)}
    maps, rows, columns = shapes["block5_pool"][1:]
    assert (200, rows, columns, maps) == (200, 7, 7, 512) and shapes["flatten"] == (200, 25088)


def test_torchvision_is_not_imported_for_it_nor_for_a_look_at_its_weights():
    code = "import sys; from core.transfer import vgg16, vgg16_weights as weights; vgg16.build_vgg16(top=True)"
    code += "; weights.find_weights(); assert not {'torchvision', 'sympy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_the_file_that_is_looked_for_is_torchvision_s():
    assert VGG16_Weights.IMAGENET1K_V1.url.endswith(f"/{WEIGHTS_FILE}")


# Weights


def test_x5_weights_of_a_file_are_read_and_do_what_torchvision_s_own_vgg16_does(made: Path):
    network, checked = load_vgg16(made)
    assert not checked and not network.training and not any(p.requires_grad for p in network.parameters())
    theirs = make_layers(cfgs["D"]).eval()
    theirs.load_state_dict({name.removeprefix("features."): weight for name, weight in made_features().items()})
    images = torch.rand(2, 3, 64, 64)
    colors = (images - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    with torch.no_grad():
        assert torch.allclose(network(images), theirs(colors).flatten(1), atol=1e-5)


def test_weights_that_are_not_torchvision_s_are_never_called_pretrained(made: Path):
    network, checked = load_vgg16(made)
    told = vgg_backbone(network, checked=checked, file=made.name)
    assert "pretrained" not in f"{told.title} {told.origin}".lower() and "cannot be checked" in told.origin
    assert "pretrained" in vgg_backbone(network, checked=True, file=made.name).title


def test_x4_a_whole_file_has_both_dense_layers_and_one_without_top_has_none(made: Path, whole: Path):
    small = vgg_backbone(load_vgg16(made)[0], checked=False, file=made.name)
    large = vgg_backbone(load_vgg16(whole)[0], checked=False, file=whole.name)
    assert small.layers() == (LAST_MAPS, *CONTROLS) and large.layers() == LAYERS
    picture = crops_task(4).pixels[:1]
    assert compute_features(large, picture, SECOND_TO_LAST_DENSE).shape == (1, 4096)
    assert compute_features(large, picture, LAST_DENSE).shape == (1, 1000)


def foreign(path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)


def other_shapes(path: Path) -> None:
    torch.save({name: torch.zeros(2).expand(*weight.shape, 2) for name, weight in made_features().items()}, path)


def whole_module(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


@pytest.mark.parametrize(
    ("name", "write", "sentence"),
    [
        ("other.pth", foreign, "holds other weights than those of a VGG16"),
        ("shapes.pth", other_shapes, "holds other weights than those of a VGG16"),
        ("module.pth", whole_module, "holds no weights that can be read safely"),
        ("text.pth", lambda path: path.write_text("hello"), "holds no weights that can be read safely"),
        ("text.safetensors", lambda path: path.write_text("hello"), "holds no weights that can be read safely"),
        ("empty.pth", lambda path: path.write_bytes(b""), "holds no weights that can be read safely"),
    ],
)
def test_a_file_that_is_no_vgg16_costs_one_sentence(name, write, sentence, tmp_path: Path):
    write(tmp_path / name)
    with pytest.raises(WeightsError) as refused:
        load_vgg16(tmp_path / name)
    assert sentence in str(refused.value) and name in str(refused.value) and str(tmp_path) not in str(refused.value)


def test_a_truncated_file_costs_one_sentence(made: Path, tmp_path: Path):
    (tmp_path / "cut.safetensors").write_bytes(made.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="cut.safetensors"):
        load_vgg16(tmp_path / "cut.safetensors")


def test_the_setting_names_the_file_and_without_it_torchvision_s_own_place_is_looked_at(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    assert find_weights() is None
    place = tmp_path / "hub" / "checkpoints" / "vgg16-397923af.pth"
    place.parent.mkdir(parents=True)
    place.touch()
    assert find_weights() == place
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(made))
    assert find_weights() == made
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "nowhere.pth"))
    with pytest.raises(WeightsError, match="'nowhere.pth' that does not exist"):
        find_weights()


def test_what_is_fetched_is_checked_and_then_put_in_place(tmp_path: Path, mirrors):
    content = b"weights" * 100_000
    name = f"vgg16-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    target = tmp_path / "checkpoints" / name
    address = mirrors({name: content}).address
    *_, last = download_weights(f"{address}/{name}", target)
    assert target.read_bytes() == content and last.share == 1
    assert [path.name for path in target.parent.iterdir()] == [name]


def test_what_is_fetched_wrong_or_not_at_all_costs_a_sentence_and_leaves_nothing(tmp_path: Path, mirrors):
    target = tmp_path / "checkpoints" / "vgg16-00000000.pth"
    wrong = mirrors({target.name: b"something else"}).address
    for address in (f"{wrong}/{target.name}", f"{wrong}/missing.pth", f"{NOBODY}/{target.name}"):
        with pytest.raises(DownloadError, match="VGG16's weights could not be fetched: 127.0.0.1"):
            list(download_weights(address, target))
    assert not list(target.parent.iterdir())


# Features


def test_x5_features_of_224_pixels_are_512_maps_of_7x7_and_are_learned_from(made: Path):
    task = crops_task(4)
    vgg = vgg_backbone(load_vgg16(made)[0], checked=False, file=made.name)
    steps = list(extract_features(vgg, task.pixels[:5]))
    assert [step.done for step in steps] == [4, 5] and steps[0].features.shape == (4, 512, 7, 7)
    vectors = torch.cat([step.features for step in steps])
    outcome = fit_classifier(torch.cat([vectors, vectors[:3] + 1]), task)
    assert outcome.features == 25088 and outcome.confusion.sum() == 2


def test_f2_f3_the_first_filters_and_the_maps_after_two_poolings(made: Path):
    vgg = vgg_backbone(load_vgg16(made)[0], checked=False, file=made.name)
    assert vgg.network.features.get_submodule("block1_conv1").weight.shape == (64, 3, 3, 3)
    maps = pooled_maps(vgg, torch.rand(1, 3, 600, 384))  # the seed's own picture: (1, 300, 192, 64), (1, 150, 96, 128)
    assert {name: tuple(one.shape) for name, one in maps.items()} == {
        "block1_pool": (1, 64, 300, 192),
        "block2_pool": (1, 128, 150, 96),
    }
    assert all(float(one.min()) >= 0 and one.isfinite().all() for one in maps.values())


@pytest.mark.slow
def test_x7_vgg16_is_tuned_too(made: Path):
    vgg = vgg_backbone(load_vgg16(made)[0], checked=False, file=made.name, side=32)
    before = vgg.network.features.get_submodule("block5_conv3").weight.clone()
    *_, last = fine_tune(vgg, crops_task(4), TuneConfig(epochs=2, first=1))
    assert last.phase == "all layers" and all(np.isfinite(loss) for loss in last.losses.values())
    assert torch.equal(before, vgg.network.features.get_submodule("block5_conv3").weight)
