"""The benchmarks' names and their JSON, which others rely on. How fast anything is, is never asserted here."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

from tests import ROOT
from tests.benchmarks import BENCHMARKS, Benchmark, Better, Measured

NAMES = """standard-accuracy restoring-hcut restoring-vcut restoring-dcut restoring-tcut
    restoring-alone restoring-batch blind-whole blind-hcut blind-vcut blind-dcut blind-tcut blind-alone blind-batch
    pmnist-speed
    epoch-float32 epoch-bfloat16 cuda-epoch cuda-epoch-ratio cuda-ten-epochs cuda-seeds
    cuda-restoring cuda-blind cuda-universal cuda-maximize cuda-speedrun cuda-speedrun-accuracy cuda-study
    speedrun-cpu speedrun-cpu-seconds speedrun-cpu-accuracy
    epoch-small epoch-assignment record-cost killed-trainings killed-servers
    bfloat16-accuracy flops-share
    keras-small-accuracy head-epoch head-ten-epochs
    stroke-median stroke-p95 stroke-erase-median stroke-erase-p95
    frame-median frame-p95 frame-phone-median frame-phone-p95 hover-frame hover-frame-slow-p95
    first-answer stroke-server-time photo-to-digit
    class-train class-train-result class-stroke class-follow class-game class-game-lost stroke-training
    room-median room-p95 host-memory first-visitor stranger-p95 stranger-memory
    attack-fgsm-ratio attack-pgd-ratio universal-speed universal-fooled
    attack-first-frame attack-frames stroke-attack
    maximize-confidence maximize-costs maximize-flat maximize-sheet-ratio maximize-lucent-ratio
    maximize-first-frame maximize-frames maps-browser switch-p95 switch-server-p95
    why-captum why-robustness
    similarity-lookup-ratio similarity-time transfer-pairs robust-clean robust-pgd
    photographs-read photographs-worst-kind doubts-raised doubts-false
    made-read made-teach""".split()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_the_promised_figures_are_there() -> None:
    assert list(BENCHMARKS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_measured_by_a_function_of_its_name(name: str) -> None:
    module = import_module(f"tests.benchmarks.{BENCHMARKS[name].module}")
    assert callable(getattr(module, name.replace("-", "_")))


@pytest.mark.parametrize(
    ("goal", "better", "figure", "holds"),
    [
        (4, "higher", 4.0, True),
        (4, "higher", 3.99, False),
        (300, "lower", 299.9, True),
        (300, "lower", 300.0, False),
        (-0.1, "higher", 98.5 - 98.6, True),  # not quite -0.1 in binary
        (None, "higher", 0.7, None),
    ],
)
def test_a_figure_is_held_against_its_goal(goal: float | None, better: Better, figure: float, holds: bool) -> None:
    judged = Benchmark("training", "What it is.", goal, better).judge(Measured(figure, [figure]))
    assert judged.holds is holds


def test_what_cannot_be_measured_says_why_and_fails_nothing() -> None:
    given_up = Benchmark("training", "What it is.", 2).give_up("there is no such processor.")
    assert (given_up.figure, given_up.holds, given_up.runs) == (None, None, [])
    assert given_up.what == "What it is. Not measured: there is no such processor."


@pytest.mark.mnist
def test_json_is_all_there_is_on_stdout() -> None:
    done = run("standard-accuracy", "pmnist-speed", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures) == ["standard-accuracy", "pmnist-speed"]
    for name, figure in figures.items():
        assert list(figure) == ["figure", "goal", "better", "holds", "runs", "what"]
        assert (figure["goal"], figure["better"]) == (BENCHMARKS[name].goal, "higher")
        assert figure["holds"] == (figure["figure"] >= figure["goal"])
        assert figure["runs"] and min(figure["runs"]) <= figure["figure"] <= max(figure["runs"])
        assert figure["what"].startswith(BENCHMARKS[name].what)


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine measures them")
def test_a_pattern_names_many_and_all_figures_are_in_one_file(tmp_path: Path) -> None:
    done = run("cuda-*", "--out", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_bytes())
    assert list(figures) == [name for name in NAMES if name.startswith("cuda-")]
    assert all("Not measured: this machine has no CUDA device." in figure["what"] for figure in figures.values())


@pytest.mark.slow
def test_cuda_s_figures_need_only_what_core_needs() -> None:
    modules = {f"tests.benchmarks.{one.module}" for name, one in BENCHMARKS.items() if name.startswith("cuda-")}
    blocked = ("streamlit", "foolbox", "playwright")
    code = f"import importlib, sys; sys.modules.update(dict.fromkeys({blocked}))\n"
    code += f"for name in {sorted(modules)}: importlib.import_module(name)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)


@pytest.mark.slow
def test_people_get_a_table() -> None:
    done = run("pmnist-speed")
    assert done.returncode == 0, done.stderr
    assert "pmnist-speed" in done.stdout and ">= 200" in done.stdout


def test_an_unknown_name_is_refused_in_one_sentence() -> None:
    done = run("standard-accuracy", "nonsense")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "There is no benchmark called 'nonsense'; --list names them all.\n"


def test_the_list_names_them_all() -> None:
    assert [line.split()[0] for line in run("--list").stdout.splitlines()] == NAMES
