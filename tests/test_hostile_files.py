"""Whole kinds of hostile files and addresses, made by chance, and networks that once cost too much."""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import safetensors.torch
import torch

from core.classroom.lessons import read_lesson
from core.digits import isolated_decoder, pictures
from core.digits.pictures import read_picture
from core.jobs import network_files
from core.networks.architectures import Architecture
from core.networks.classifier import Classifier, build
from core.networks.cost import check_size
from core.transfer import uploaded_pictures
from core.transfer.tasks import TaskError
from core.transfer.uploaded_pictures import read_uploads
from core.zoo import checkpoints
from dashboard.address import kinds
from dashboard.server.scene import DEFAULT_NETWORKS, read_scene
from dashboard.shell import lesson_bar
from tests.hostile_files import (
    SMALL,
    Found,
    card_of,
    hostile_addresses,
    hostile_archives,
    hostile_lessons,
    hostile_networks,
    pack,
    slow_svg,
)
from tests.transfer_page import photograph
from tests.zip_files import zipped

NETWORKS, LESSONS, ARCHIVES, ADDRESSES = 300, 200, 200, 1_000
GOOD_WEIGHTS = safetensors.torch.save(build(SMALL).state_dict())


def assert_plain(refusal: Exception) -> None:
    """Fail unless the message is one short line for people, without the words of a programmer."""
    sentence = str(refusal)
    assert sentence.endswith(".") and "\n" not in sentence and 15 < len(sentence) < 300, sentence
    assert not re.search(r"Traceback|Error\b|NoneType|object at|<[a-z]+ |\]\(", sentence), sentence


def refused(found: Found, read: Callable[[bytes], object]) -> Counter[str]:
    """Read each file; return how many of each kind were refused, each with a sentence. What must be refused is."""
    counts: Counter[str] = Counter()
    for kind, content, must in found:
        try:
            read(content)
        except ValueError as refusal:
            assert_plain(refusal)
            counts[kind] += 1
        else:
            assert not must, f"{kind} was taken: {content[:300]!r}"
    return counts


@pytest.mark.slow
def test_hostile_networks_are_refused_before_they_are_built_or_read_a_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Architecture] = []

    def note_and_build(architecture: Architecture) -> Classifier:
        built.append(architecture)
        return build(architecture)

    def read(content: bytes) -> None:
        _, network = network_files.read_network(content)
        with torch.no_grad():
            assert network(torch.rand(4, 1, 28, 28)).isfinite().all()

    monkeypatch.setattr(checkpoints, "build", note_and_build)
    counts = refused(hostile_networks(NETWORKS), read)
    assert counts["architecture"] == counts["weights"] == counts["parts"] == NETWORKS / 6
    assert min(counts[kind] for kind in ("types", "json", "bits")) > NETWORKS / 30
    assert len(built) > NETWORKS / 6 and all(map(check_size, built))
    assert network_files.read_network(pack(json.dumps(card_of(SMALL.to_dict())), GOOD_WEIGHTS))[0].epochs == 1


TWO_MAPS = {"name": "a", "features": [{"kind": "conv", "filters": 2, "size": 5}, {"kind": "pool", "size": 4}]}


@pytest.mark.parametrize(
    ("card", "says"),
    [
        ({"features": [{"kind": "shuffle"}] * 10_000}, "The card of 'net' cannot be read: it "),
        ({"features": [{"kind": "relu"}] * 50_000}, "The card of 'net' cannot be read: it is larger than 200 kB."),
        ({"features": [{"kind": "relu"}] * 31}, "A network has at most 30 stages, not 31."),
        ({"inversion": "both"}, "The network in this file cannot read a digit: its parts do not fit."),
        ({"weights": 3e38}, "The weights in this file are too large: some scores would not be numbers."),
        ({"weights": float("nan")}, "Some weights in this file are not numbers."),
        ({"title": "JUNK" + "[" * 50_000}, "The card of 'net' cannot be read: it holds more than 10,000 values."),
        ({"epochs": "JUNK1e4000"}, "The card of 'net' cannot be read: a number is not finite."),
        ({"epochs": "JUNK" + "9" * 5000}, "The card of 'net' cannot be read: a number has more than 40 digits."),
    ],
)
def test_networks_that_once_cost_the_class_seconds_are_refused(card: dict[str, Any], says: str) -> None:
    architecture = {**TWO_MAPS, "hidden": [8], **{name: card[name] for name in card if name == "features"}}
    weights = build(Architecture.from_dict({**TWO_MAPS, "hidden": [8]})).state_dict()
    if "weights" in card:
        weights["head.fc1.weight"].fill_(card["weights"])
    changes = {name: value for name, value in card.items() if name not in ("features", "weights")}
    text = re.sub(r'"JUNK([^"]*)"', r"\1", json.dumps(card_of(architecture, **changes)))
    with pytest.raises(ValueError, match=f"^{re.escape(says)}"):
        network_files.read_network(pack(text, safetensors.torch.save(weights)))


def test_hostile_lessons_are_refused_with_a_sentence() -> None:
    counts = refused(hostile_lessons(LESSONS), lambda content: read_lesson(content, lesson_bar.find_fault))
    assert min(counts[kind] for kind in ("bomb", "value", "many", "other")) == LESSONS / 5 and counts["bits"]


@pytest.mark.slow
def test_hostile_archives_are_refused_with_a_sentence_or_a_note() -> None:
    def read(content: bytes) -> None:
        for note in read_uploads([("a.zip", content)]).notes:
            assert_plain(ValueError(note))

    counts = refused(hostile_archives(ARCHIVES), read)
    assert min(counts[kind] for kind in ("path", "many", "bomb", "header")) >= ARCHIVES // 6 and counts["bits"]


def test_pixels_of_all_pictures_are_counted_before_one_of_them_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploaded_pictures, "MAX_PIXELS", 3 * 1600)
    files = [(f"{number}.png", photograph(number, "across")) for number in range(4)]
    assert len(read_uploads(files[:3]).names) == 3
    opened: list[bytes] = []
    monkeypatch.setattr(uploaded_pictures, "read_picture", lambda one: opened.append(one) or read_picture(one))
    with pytest.raises(TaskError, match="^These pictures have more than .* million pixels together.$"):
        read_uploads([("all.zip", zipped(*files))])
    assert not opened


def test_after_a_picture_that_takes_too_long_the_rest_of_an_upload_is_not_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolated_decoder, "MAX_SECONDS", 1.0)
    started: list[object] = []
    run = isolated_decoder._run
    monkeypatch.setattr(isolated_decoder, "_run", lambda *given: started.append(1) or run(*given))
    slow = [(f"{number}.svg", slow_svg()) for number in range(20)]
    found = read_uploads([("a.png", photograph(0, "across")), ("all.zip", zipped(*slow))])
    assert found.names == ("a.png",) and len(started) == 1
    assert found.notes == (f"'0.svg' was left out: {pictures.TOO_COSTLY} Files after it that were not opened: 19.",)


def test_hostile_addresses_open_the_page_with_sentences() -> None:
    readers = (kinds.whole(), kinds.number(), kinds.one_of(("a", 0.5)), kinds.many_of(("a", "b")), kinds.FLAG)
    for params in hostile_addresses(ADDRESSES):
        scene, problems = read_scene(params, DEFAULT_NETWORKS)
        assert scene.mask.shape == (28, 28) and scene.networks
        for problem in problems:
            assert_plain(ValueError(problem))
        for text in params.values():
            for kind in (*readers, kinds.TEXT, kinds.PLACE, kinds.TILE):
                with suppress(ValueError):
                    kind.read(text)
