"""A checkpoint is written whole or not at all, whatever happens meanwhile."""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.system import files
from core.zoo.checkpoints import list_cards, load_network, save_network
from tests import ROOT
from tests.saved_networks import IMAGES, MISSING, STANDARD, card_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good checkpoint, "mine"."""
    save_network(card_of(STANDARD), STANDARD, tmp_path)
    return tmp_path


def fail_at(call: int, real: Callable[..., None]) -> Callable[..., None]:
    """Return a function like `real` whose n-th call finds the disk full."""
    calls = itertools.count(1)

    def function(*arguments: Any) -> None:
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        real(*arguments)

    return function


@pytest.mark.parametrize("call", [1, 2])
def test_a_full_disk_leaves_the_old_checkpoint_whole(monkeypatch, folder, call):
    monkeypatch.setattr(files.os, "fsync", fail_at(call, os.fsync))
    with pytest.raises(OSError, match="No space left"):
        save_network(card_of(MISSING, inversion="complement"), MISSING, folder)
    assert torch.equal(load_network("mine", folder=folder)(IMAGES), STANDARD(IMAGES))
    assert {path.name for path in folder.iterdir()} == {"mine.json", "mine.safetensors"}


@pytest.mark.parametrize(("call", "whole"), [(1, STANDARD), (2, STANDARD), (3, MISSING)])
def test_a_crash_between_two_renames_leaves_the_old_checkpoint_or_the_new_one(monkeypatch, folder, call, whole):
    with monkeypatch.context() as crash:
        crash.setattr(files.os, "replace", fail_at(call, os.replace))
        with pytest.raises(OSError, match="No space left"):
            save_network(card_of(MISSING, inversion="complement"), MISSING, folder)
    assert torch.equal(load_network("mine", folder=folder)(IMAGES), whole(IMAGES))
    save_network(card_of(STANDARD), STANDARD, folder)  # and the next one is saved as ever
    assert torch.equal(load_network("mine", folder=folder)(IMAGES), STANDARD(IMAGES))
    assert {path.name for path in folder.iterdir()} == {"mine.json", "mine.safetensors"}


def test_a_checkpoint_that_is_replaced_all_the_time_can_be_read_all_the_time(folder):
    pairs = [(card_of(MISSING, inversion="complement"), MISSING), (card_of(STANDARD), STANDARD)]
    writer = threading.Thread(target=lambda: [save_network(*pair, folder) for pair in pairs * 40])
    writer.start()
    answers = []
    while writer.is_alive():
        answers.append(load_network("mine", folder=folder)(IMAGES))
    assert all(torch.equal(one, STANDARD(IMAGES)) or torch.equal(one, MISSING(IMAGES)) for one in answers)
    assert len({float(one.sum()) for one in answers}) == 2


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.saved_networks", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_a_process_killed_at_fifty_moments_while_saving_leaves_a_whole_checkpoint(saver, tmp_path):
    chance = random.Random(0)
    save_network(card_of(STANDARD, "killed"), STANDARD, tmp_path)
    for _ in range(50):
        print(file=saver.stdin, flush=True)
        child = int(saver.stdout.readline())
        time.sleep(chance.uniform(0.005, 0.08))
        os.kill(child, signal.SIGKILL)
        assert saver.stdout.readline() == "dead\n"
        cards, problems = list_cards(tmp_path)
        assert problems == [] and [card.name for card in cards] == ["killed"]
        answer = load_network("killed", folder=tmp_path)(IMAGES)
        assert torch.equal(answer, STANDARD(IMAGES)) or torch.equal(answer, MISSING(IMAGES))
