"""`python -m core attack`: noise for one digit and for all of them, for people and for machines."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.__main__ import main
from core.adversarial.universal import add_noise, nine_examples
from core.networks import evaluation
from core.zoo import checkpoints
from tests.sample_digits import real_set

ONE = ["attack", "--digit", "0", "--steps", "5"]
ALL = ["attack", "--universal", "--steps", "2", "--digits", "20", "--batch", "10", "--images", "50"]


@pytest.fixture
def attack(capsys):
    """Run `attack` with these words; return the JSON answer, which is all there is on stdout."""

    def run(*words: str) -> dict:
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def refuse(capsys, *words: str) -> str:
    """Return the sentence that bad input gets."""
    assert main([*words, "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    sentence = said.err.splitlines()[-1]
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("fgsm", ["--epsilon", "0.3"]),
        ("pgd", ["--epsilon", "0.3", "--random-start"]),
        ("pgd", ["--norm", "l2", "--epsilon", "4"]),
        ("lbfgs", ["--target", "3"]),
        ("cw", ["--confidence", "1", "--weight", "10", "--steps", "30"]),
        ("jsma", ["--target", "3", "--theta", "1"]),
        ("sticker", ["--region", "4,4,24,24", "--step-size", "0.3"]),
    ],
)
def test_v5_v6_v7_v8_every_method_answers_in_the_same_shape(attack, method, more):
    answer = attack(*ONE, "--method", method, *more)
    expected = {"network", "dataset", "method", "norm", "epsilon", "step_size", "steps", "random_start", "target"}
    expected |= {"seed", "label", "already", "succeeded", "before", "after", "largest_change", "length"}
    expected |= {"changed_pixels", "confidence", "weight", "theta"}
    assert set(answer) == expected
    assert answer["network"] == "standard" and answer["method"] == method and not answer["already"]
    assert answer["before"]["label"] == answer["label"] == int(real_set().test.labels[0])
    assert sum(answer["after"]["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert 0 < answer["largest_change"] <= max(1, answer["epsilon"])
    assert answer["succeeded"] == (answer["after"]["label"] != answer["label"])


def test_v5_v6_l2_has_an_epsilon_of_its_own(attack):
    one = attack("attack", "--digit", "0", "--method", "fgsm", "--norm", "l2")
    assert one["epsilon"] == 2.0 and one["length"] > 0.5
    assert attack(*ALL, "--norm", "l2")["epsilon"] == 5.0
    assert attack("attack", "--digit", "0", "--norm", "l2", "--steps", "1", "--epsilon", "0.5")["epsilon"] == 0.5


def test_v6_the_sheet_shows_the_digit_what_was_added_and_both(attack, tmp_path):
    attack(*ONE, "--epsilon", "0.2", "--out", str(tmp_path / "sheet.png"))
    sheet = np.asarray(Image.open(tmp_path / "sheet.png")).astype(float) / 255
    assert sheet.shape == (2 * 6 + 6 * 28, 4 * 6 + 3 * 6 * 28)
    digit, added, both = (sheet[9 : 6 + 6 * 28 : 6, 6 + place + 3 :: 6][:, :28] for place in (0, 174, 348))
    assert np.abs(digit - real_set().test.images(slice(0, 1))[0, 0].numpy()).max() < 0.01
    assert np.abs(digit + (2 * added - 1) - both).max() < 0.02
    assert 0.15 < np.abs(both - digit).max() < 0.21


def test_v6_a_picture_is_attacked_with_what_is_read_as_its_label_or_with_the_given_one(attack, tmp_path):
    pixels = 255 - 255 * real_set().test.images(slice(0, 1))[0, 0].numpy()
    path = tmp_path / "digit.png"
    Image.fromarray(pixels.astype(np.uint8)).resize((140, 140)).save(path)
    answer = attack("attack", "--image", str(path), "--steps", "2", "--epsilon", "0.1")
    assert answer["label"] == answer["before"]["label"] and not answer["already"]
    wrong = (answer["label"] + 1) % 10
    assert attack("attack", "--image", str(path), "--steps", "2", "--label", str(wrong))["already"]


def test_v1_v4_universal_noise_answers_for_every_class_and_keeps_its_steps(attack, tmp_path):
    answer = attack(*ALL, "--out", str(tmp_path / "noises.npz"), "--seed", "3")
    noises = np.load(tmp_path / "noises.npz")["noises"]
    assert noises.shape == (3, 10, 28, 28) and not noises[0].any() and noises[-1].any()
    assert answer["test_digits"] == 50 and answer["seed"] == 3
    assert len(answer["read_as_class"]) == len(answer["accuracy"]) == 10
    examples = nine_examples(real_set().test)
    noisy = add_noise(examples.images(), torch.from_numpy(noises[-1])[:, None])
    read_as = evaluation.predict(checkpoints.load_classifier("standard"), noisy.flatten(0, 1)).argmax(1)
    assert answer["examples"] == {"labels": examples.labels.tolist(), "read_as": read_as.view(10, 9).T.tolist()}


def test_v3_universal_noise_is_written_as_a_sheet_of_ten(attack, tmp_path):
    attack(*ALL, "--out", str(tmp_path / "noises.png"))
    assert Image.open(io.BytesIO((tmp_path / "noises.png").read_bytes())).size == (6 + 5 * 174, 6 + 2 * 174)


def test_people_get_sentences_and_a_table(capsys):
    assert main([*ONE, "--epsilon", "0.001"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("standard read ") and said[0].endswith("after pgd.")
    assert said[-1] == "The attack failed."
    assert main(ALL) == 0
    assert len(capsys.readouterr().out.splitlines()) == 12


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*ONE, "--target", "12"], "classes 0 to 9, not 12"),
        ([*ONE, "--epsilon", "-1"], "Epsilon must be a number of at least 0"),
        ([*ONE, "--epsilon", "nan"], "Epsilon must be a number of at least 0"),
        (["attack", "--steps", "0"], "at least 1 step"),
        (["attack", "--steps", "99999999999"], "at most 10,000 steps, not 99,999,999,999"),
        (["attack", "--digit", "-1"], "--digit must be between 0 and"),
        (["attack", "--image", "nowhere.png"], "cannot be opened: No such file"),
        (["attack", "--method", "sticker"], "Give the place of the sticker with --region"),
        (["attack", "--method", "lbfgs"], "choose a target"),
        (["attack", "--method", "jsma"], "choose a target"),
        (["attack", "--method", "jsma", "--target", "3", "--theta", "0"], "Theta must be between -1 and 1"),
        (["attack", "--method", "cw", "--confidence", "-1"], "The confidence must be a number of at least 0"),
        (["attack", "--method", "cw", "--norm", "l2"], "minimises the total change already"),
        (["attack", "--network", "restoring"], "carry the digits over"),
        (["attack", "--universal", "--network", "restoring"], "carry the digits over"),
        (["attack", "--network", "nobody"], "no network called 'nobody'"),
        (["attack", "--out", "sheet.jpg"], "ends in .png"),
        (["attack", "--universal", "--batch", "0"], "A step uses 1 to"),
        (["attack", "--universal", "--images", "0"], "--images must be between 1 and"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(capsys, words, sentence):
    assert sentence in refuse(capsys, *words)


def test_a_failed_attack_leaves_an_old_sheet_alone_and_a_missing_folder_is_said(capsys, tmp_path: Path):
    assert "There is no folder" in refuse(capsys, *ONE, "--out", str(tmp_path / "nowhere" / "sheet.png"))
    old = tmp_path / "old.png"
    old.write_bytes(b"kept")
    refuse(capsys, *ONE, "--target", "12", "--out", str(old))
    assert old.read_bytes() == b"kept"
