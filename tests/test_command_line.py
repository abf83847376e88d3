"""The command line as people and machines use it: what a verb answers, and, in a real process each way, how it ends."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.__main__ import VERBS, main
from core.digits import datasets
from core.networks.evaluation import COLUMNS
from core.system import checkpoint_files
from core.zoo import checkpoints
from tests import ROOT
from tests.sample_digits import made_digits

COMMAND = [sys.executable, "-m", "core"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@dataclass
class Shell:
    """The same within this process, which need not load PyTorch first."""

    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        status = main([str(argument) for argument in arguments])
        heard = self.capture.readouterr()
        return subprocess.CompletedProcess(arguments, status, heard.out, heard.err)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def standard() -> str:
    if not (checkpoint_files.SHIPPED / "standard.json").is_file():
        pytest.skip("there is no standard network yet: run `python -m core train standard`")
    return "standard"


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """A scanned-looking seven, dark on white, and a file that is no picture."""
    seven = np.full((120, 100), 255, np.uint8)
    seven[20:32, 25:75] = 0
    for row in range(32, 100):
        column = 67 - (row - 32) // 2
        seven[row, column - 6 : column + 6] = 0
    good, bad = tmp_path / "seven.png", tmp_path / "bad.png"
    Image.fromarray(seven).save(good)
    bad.write_text("this is no picture")
    return good, bad


# Help


def test_help_lists_every_verb():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(f"\n    {verb}" in done.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_speaks_json(capsys, verb):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"usage: python -m core {verb}" in said and "--json" in said and "show this help" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["train"],
        ["train", "nobody"],
        ["predict"],
        ["evaluate", "--images", "many"],
        ["evaluate", "--images", "9" * 5000],
        ["attack", "--seed", "9" * 30],
        ["maximize", "--seed", "-1"],
    ],
)
def test_a_command_that_is_none_is_bad_input(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == "" and "usage:" not in said.err
    assert said.err.count("\n") == 1 and said.err.endswith(" --help`.\n") and len(said.err) < 500


def test_a_network_for_another_set_does_not_take_the_place_of_a_shipped_one(shell):
    done = shell.run("train", "fast", "--dataset", datasets.OFFLINE)
    assert done.returncode == 2 and done.stdout == ""
    assert "trained on MNIST, not on " in done.stderr and "Name a folder with --out." in done.stderr


def test_an_interruption_during_the_imports_ends_with_130_and_one_sentence(capsys, monkeypatch):
    program = "import sys, core.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60).returncode == 0

    def interrupt(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.__main__.import_module", interrupt)
    assert main(["predict", "x.png"]) == 130
    assert capsys.readouterr().err == "Interrupted; what was finished is kept.\n"


# data, evaluate


def test_d8_data_describes_the_offline_digits(shell):
    done = shell.run("data", datasets.OFFLINE, "--json")
    assert done.returncode == 0 and done.stderr == ""
    described = json.loads(done.stdout)
    assert described == datasets.load(datasets.OFFLINE).describe()
    assert described["sizes"] == {"train": 1197, "validation": 200, "test": 400}


@pytest.mark.slow
def test_m12_evaluate_answers_in_the_promised_shape(standard):
    done = run("evaluate", "--images", "200", standard, "--json")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    answer = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1 and set(answer) == {"dataset", "networks", "loss"}
    here = datasets.load_or_offline()
    assert answer["dataset"] == {"name": here.name, "source": here.source, "images": 200}
    assert list(answer["networks"]) == [standard]
    accuracies = answer["networks"][standard]
    assert tuple(accuracies) == COLUMNS and all(0 <= value <= 100 for value in accuracies.values())
    assert accuracies["whole"] > 80 and accuracies["whole"] > accuracies["HCUT"]
    assert list(answer["loss"]) == [standard] and 0 < answer["loss"][standard] < 1


@pytest.mark.slow
def test_evaluate_of_an_unknown_network_is_one_sentence():
    done = run("evaluate", "nobody", "--dataset", datasets.OFFLINE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[1:] == ["There is no network called 'nobody'."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate"], "Name the networks to evaluate, or give --all."),
        (["evaluate", "../standard"], "'../standard' is no name of a network"),
        (["evaluate", "standard", "--images", "0"], "--images must be between 1 and"),
        (["evaluate", "standard", "--images", "-3"], "--images must be between 1 and"),
        (["predict", "x.png", "--erase", "XCUT"], "--erase takes a cut (HCUT, VCUT, DCUT, TCUT) or"),
        (["predict", "x.png", "--erase", "²,0,3,3"], "--erase takes a cut (HCUT, VCUT, DCUT, TCUT) or x0,y0,x1,y1"),
        (["predict", "x.png", "--erase", "1,2,3"], "--erase takes a cut (HCUT, VCUT, DCUT, TCUT) or x0,y0,x1,y1"),
        (["predict", "x.png", "--erase", "5,5,5,9"], "5,5,5,9 is no rectangle x0,y0,x1,y1 within 0 to 28."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(capsys, arguments, said):
    assert main(arguments) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and said in heard.err and "Traceback" not in heard.err


# predict


@pytest.mark.slow
def test_predict_reads_good_files_and_says_which_are_bad(pictures, standard):
    good, bad = pictures
    lost = bad.with_name("lost.png")
    done = run("predict", bad, good, lost, "--erase", "VCUT", "--json")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    files = json.loads(done.stdout)["files"]
    assert list(files) == [str(bad), str(good), str(lost)]
    for path in (bad, lost):
        assert set(files[str(path)]) == {"error"} and files[str(path)]["error"].endswith(".")
    for reading in files[str(good)]["networks"].values():
        assert set(reading) == {"label", "confidence", "probabilities"} and len(reading["probabilities"]) == 10
        assert sum(reading["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert reading["confidence"] == max(reading["probabilities"]) == reading["probabilities"][reading["label"]]


def test_predict_loads_no_network_for_files_that_hold_no_digit(pictures, shell, monkeypatch):
    monkeypatch.setattr("core.commands.predict.load_shipped", None)
    done = shell.run("predict", pictures[1], "--json")
    assert done.returncode == 2 and "error" in json.loads(done.stdout)["files"][str(pictures[1])]


def test_predict_reads_a_drawn_seven_until_it_is_erased(pictures, standard, shell):
    asked = "predict", pictures[0], "--json"
    whole, erased = shell.run(*asked), shell.run(*asked, "--erase", "0,0,28,28")
    assert (whole.returncode, erased.returncode) == (0, 0)
    readings = [json.loads(done.stdout)["files"][str(pictures[0])]["networks"] for done in (whole, erased)]
    assert set(readings[0]) == {card.name for card in checkpoints.list_cards()[0]}
    assert readings[0][standard]["label"] == 7
    assert readings[0] != readings[1]


# train, pmnist


def test_train_makes_a_checkpoint_that_loads(tmp_path, shell):
    done = shell.run("train", "standard", "--epochs", "1", "--dataset", datasets.OFFLINE, "--out", tmp_path, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    (card,), problems = checkpoints.list_cards(tmp_path)
    assert problems == [] and answer["networks"] == {"standard": card.accuracies()}
    assert answer["loss"] == {"standard": card.find_measurement("text").loss}
    assert answer["dataset"] == {"name": datasets.OFFLINE, "source": "scikit-learn", "images": 400}
    assert (card.epochs, card.dataset["name"]) == (1, datasets.OFFLINE)
    images = made_digits(4).images()
    assert torch.equal(
        checkpoints.load_network("standard", folder=tmp_path)(images).isfinite().all(), torch.tensor(True)
    )
    assert "These are the offline digits, not MNIST" in done.stderr


@pytest.mark.slow
def test_an_interrupted_training_ends_with_130_and_one_sentence(tmp_path):
    arguments = ["train", "standard", "--epochs", "9999", "--dataset", datasets.OFFLINE, "--out", str(tmp_path)]
    with subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        heard = next(line for line in process.stderr if "epoch 1:" in line)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.stdout.read() == "" and "on validation digits" in heard
    assert process.returncode == 130
    assert rest.endswith("Interrupted; what was finished is kept.\n") and "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []


def test_d3_pmnist_writes_every_cut(tmp_path, shell):
    done = shell.run("pmnist", "--out", tmp_path / "set", "--variant", "code", "--dataset", datasets.OFFLINE, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer == {
        "dataset": {"name": datasets.OFFLINE, "source": "scikit-learn", "images": 400},
        "folder": str(tmp_path / "set"),
    }
    assert len(list((tmp_path / "set").glob("?CUT-*-ubyte"))) == 8
    with np.load(tmp_path / "set" / "pmnist.npz", allow_pickle=False) as stored:
        assert stored["HCUT"].shape == (400, 28, 28) and not stored["HCUT"][:, :14].any()
