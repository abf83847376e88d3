"""Links: the address holds the scene, and whatever somebody typed into it opens the page."""

import base64
import zlib

import numpy as np
import pytest

from core.pmnist.masks import CUTS, cut_mask
from dashboard.server.scene import DEFAULT_NETWORKS, Scene, cut_of, read_scene

KNOWN = ("standard", "missing-feature", "missing-alternating", "synergy", "restoring", "control")


def random_digit() -> np.ndarray:
    return (np.random.default_rng(3).integers(0, 256, (28, 28)) / 255).astype(np.float32)


def free_mask() -> np.ndarray:
    mask = np.ones((28, 28), bool)
    mask[3:9, 5:20] = mask[27, 27] = False
    return mask


@pytest.mark.parametrize("mask", [*(cut_mask(cut).numpy() for cut in CUTS), free_mask(), ~free_mask()])
def test_a_link_opens_the_scene_it_was_copied_from(mask: np.ndarray) -> None:
    scene = Scene(drawn=random_digit(), mask=mask, networks=("control", "standard"))
    opened, problems = read_scene(scene.to_params(), KNOWN)
    assert not problems
    assert opened.networks == scene.networks
    assert np.array_equal(opened.mask, mask)
    assert opened.drawn is not None and np.abs(opened.drawn - scene.drawn).max() < 1e-6


def test_a_sample_and_a_cut_stay_readable_words() -> None:
    scene = Scene(sample=123, mask=cut_mask("HCUT").numpy(), networks=("standard",))
    assert scene.to_params() == {"networks": "standard", "sample": "123", "erased": "HCUT"}


def test_a_drawn_scene_fits_into_an_address() -> None:
    drawn = np.zeros((28, 28), np.float32)
    drawn[4:24, 12:15] = 0.8
    params = Scene(drawn=drawn, mask=free_mask()).to_params()
    assert sum(map(len, params.values())) < 1000


BOMB = base64.urlsafe_b64encode(zlib.compress(b"\0" * 50_000_000)).decode()


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("sample", "-1"),
        ("sample", "x"),
        ("sample", "99999999999999999999"),
        ("digit", "no base64!"),
        ("digit", ""),
        ("digit", base64.urlsafe_b64encode(zlib.compress(b"short")).decode()),
        ("digit", BOMB),
        ("source", "<h1>"),
        ("erased", "ZCUT"),
        ("erased", "../../etc"),
        ("erased", BOMB),
        ("erased", "é"),
    ],
)
def test_an_address_edited_by_hand_costs_a_sentence_and_not_the_page(part: str, text: str) -> None:
    scene, problems = read_scene({part: text, "networks": "standard"}, KNOWN)
    assert len(problems) == 1 and part in problems[0]
    assert scene.sample is None and scene.drawn is None and scene.mask.all()
    assert scene.networks == ("standard",)


def test_networks_that_are_not_here_are_named_and_left_out() -> None:
    scene, problems = read_scene({"networks": "standard,nobody,standard"}, KNOWN)
    assert scene.networks == ("standard",) and "nobody" in problems[0]
    assert read_scene({"networks": "nobody"}, KNOWN)[0].networks == DEFAULT_NETWORKS


def test_only_the_named_cuts_have_names() -> None:
    assert [cut_of(cut_mask(cut).numpy()) for cut in CUTS] == list(CUTS)
    assert cut_of(free_mask()) is None and cut_of(np.ones((28, 28), bool)) is None
