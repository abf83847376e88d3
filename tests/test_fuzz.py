"""Bad uploads by the thousand, and whatever else can be made up: a sentence, never a traceback."""

import base64
import json
import re
import string
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.digits.photographs.finding import to_digit
from core.digits.pictures import PictureError
from core.pmnist import masks as pmnist
from core.system.checkpoint_files import CheckpointError
from core.zoo.checkpoints import load_card
from dashboard.server.scene import DEFAULT_NETWORKS, Scene, read_scene
from tests import ROOT
from tests.bad_uploads import WAYS
from tests.sentences import assert_one_sentence

UPLOADS = 7 * 720
MAX_MEMORY = 10**9
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True, database=None)
WORDS = st.text(st.sampled_from(string.printable + "äß\0\u202e"), max_size=40)
MASKS = arrays.arrays(np.bool_, (28, 28))
DIGITS = arrays.arrays(np.uint8, (28, 28))


@pytest.mark.slow
def test_bad_uploads_by_the_thousand_give_a_digit_or_a_sentence_in_little_memory():
    command = [sys.executable, "-m", "tests.bad_uploads", str(UPLOADS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert sum(found["fates"].values()) == UPLOADS
    for way in WAYS:  # each of them is really refused, at least at times
        assert found["fates"].get(f"{way.__name__}: refused", 0) > 100
    for sentence in found["said"]:
        assert_one_sentence(ValueError(sentence))
    assert found["bytes"] < MAX_MEMORY


@EXAMPLES
@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, max_side=60)))
def test_any_array_of_bytes_gives_a_digit_or_a_sentence(pixels):
    try:
        digit = to_digit(pixels)
    except PictureError as refusal:
        return assert_one_sentence(refusal)
    assert digit.shape == (28, 28) and digit.dtype == np.float32 and 0 <= digit.min() <= digit.max() <= 1


@EXAMPLES
@given(DIGITS, MASKS)
def test_erasing_takes_exactly_what_the_mask_says_and_doing_it_twice_changes_nothing(pixels, mask):
    image = torch.from_numpy(pixels / 255).float()[None, None]
    erased = pmnist.erase(image, torch.from_numpy(mask))
    assert torch.equal(erased[0, 0][torch.from_numpy(mask)], image[0, 0][torch.from_numpy(mask)])
    assert not erased[0, 0][~torch.from_numpy(mask)].any()
    assert torch.equal(pmnist.erase(erased, torch.from_numpy(mask)), erased)


@EXAMPLES
@given(st.integers(1, 9), st.integers(1, 3), st.integers(0, 2**31))
def test_squares_never_overlap_and_erase_what_they_say_d3(size, squares, seed):
    masks = pmnist.random_squares(4, squares=squares, size=size, seed=seed)
    assert [int((~mask).sum()) for mask in masks] == [squares * size**2] * 4


@EXAMPLES
@given(DIGITS, MASKS, st.lists(st.sampled_from(DEFAULT_NETWORKS), min_size=1, unique=True))
def test_any_scene_comes_back_from_its_own_link(pixels, mask, networks):
    scene = Scene(drawn=(pixels / 255).astype(np.float32), mask=mask, networks=tuple(networks))
    opened, problems = read_scene(scene.to_params(), DEFAULT_NETWORKS)
    assert not problems and opened.networks == scene.networks
    assert np.array_equal(opened.mask, mask) and np.abs(opened.drawn - scene.drawn).max() < 1e-6


@EXAMPLES
@given(st.dictionaries(st.sampled_from(("sample", "digit", "erased", "networks")), WORDS))
def test_any_address_opens_the_page(params):
    scene, problems = read_scene(params, DEFAULT_NETWORKS)
    assert scene.mask.shape == (28, 28) and scene.networks
    assert all(re.fullmatch("[A-Za-z0-9',:. -]+[.]", problem) for problem in problems)  # no link, picture or new line


@EXAMPLES
@given(st.sampled_from(("digit", "erased")), st.binary(max_size=2000))
def test_whatever_is_packed_into_an_address_opens_the_page(part, content):
    text = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    scene, _ = read_scene({part: text}, DEFAULT_NETWORKS)
    assert scene.mask.shape == (28, 28)
    assert scene.drawn is None or 0 <= scene.drawn.min() <= scene.drawn.max() <= 1


@EXAMPLES
@given(name=WORDS)
def test_no_name_leaves_the_folder_of_the_networks(name, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "networks"
    folder.mkdir(exist_ok=True)
    (folder.parent / "outside.json").write_text("{}")
    for asked in (name, f"../{name}", "../outside"):
        try:
            load_card(asked, folder)
        except CheckpointError as refusal:
            assert str(refusal).endswith(".")
        else:
            raise AssertionError(f"{asked!r} was found")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@EXAMPLES
@given(changes=st.dictionaries(st.sampled_from(("architecture", "inversion", "recipe", "measured", "x")), JSON))
def test_a_card_of_any_content_is_read_or_refused_in_a_sentence(changes, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    card = json.loads((ROOT / "checkpoints" / "standard.json").read_text())
    (folder / "odd.json").write_text(json.dumps({**card, **changes}))
    try:
        load_card("odd", folder)
    except CheckpointError as refusal:
        assert str(refusal).endswith(".") and "\n" not in str(refusal)
