"""The page "Attack": every view and method, what it says about failed attacks, and its drawings."""

import re
from itertools import islice

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from core.adversarial.config import DEFAULTS, PRESETS, AttackConfig
from core.adversarial.gradient_attacks import make_adversarial
from core.inversion.functions import features_hash
from core.pmnist.masks import cut_mask
from core.visualization.adversarial import (
    draw_accuracy_matrix,
    draw_attack,
    draw_comparison,
    draw_noise_table,
)
from core.zoo import checkpoints
from dashboard.attack.defence_runs import FRAMES, KINDS, Sweep, SweepInputs
from dashboard.attack.defence_views import conclude
from dashboard.attack.digit_runs import AttackInputs, AttackRun, every_nth, start_attack
from dashboard.attack.form import EPSILON_SLIDERS, Steps
from dashboard.server.scene import Scene
from tests.attack_page import CLASSES, SEVEN, open_view, run_to_the_end
from tests.browser import settle
from tests.job_runs import until
from tests.pages import captions, html, rerun, text_of
from tests.sample_digits import real_set

HARD = "18"  # a three that is nearly an eight
FEW = {"attack watched": []}
QUICK = {**FEW, "attack steps": 5, "attack linf": 0.3}


@pytest.mark.mnist
@pytest.mark.parametrize("view", ["One digit", "Noise for all"])
@pytest.mark.parametrize("scene", ["sample", "no digit"])
def test_every_view_opens(view: str, scene: str) -> None:
    app = open_view(view, keys={"source": "Draw"}, networks="standard") if scene == "no digit" else open_view(view)
    assert not app.error and not app.warning


def test_v12_the_sentence_speaks_of_the_epsilon_that_is_chosen() -> None:
    app = open_view("Whose noise fools whom")
    for option in app.segmented_control(key="falls noise").options:
        app.segmented_control(key="falls noise").set_value(option)
        assert option.split(", ")[1] in next(one.value for one in rerun(app).markdown if one.value.startswith("**With"))


@pytest.mark.parametrize("view", ["Whose noise fools whom", "Defence"])
def test_v9_v12_what_has_been_recorded_and_trained_can_be_looked_at(view: str) -> None:
    app = open_view()
    if view not in app.segmented_control(key="attack view").options:
        pytest.skip(f"{view} is not offered: nothing is recorded, or the network is not there")
    app.segmented_control(key="attack view").set_value(view)
    rerun(app)
    assert not app.error and not app.warning
    assert ("ns-matrix" in html(app)) == (view == "Whose noise fools whom") and ("not** protect" in text_of(app)) == (
        view == "Defence"
    )


@pytest.mark.mnist
def test_v6_an_attack_is_played_and_its_success_is_said() -> None:
    app = run_to_the_end(open_view(keys=QUICK), "attack")
    assert "**Fooled:** Standard read 7, and now reads **" in text_of(app)
    assert re.search(r"First fooled at step \d of 5, with at most 0\.\d+ = [\d.]+/255 per pixel\.", text_of(app))
    assert len(app.session_state["attack/run"].frames) == 6
    assert "was 7<" in html(app) and "ns-photo" in html(app)
    assert app.button(key="attack/start").label == "Attack again"
    assert "each by at most 0.3 = 76.5/255 (L∞)" in text_of(app)  # both scales


@pytest.mark.mnist
@pytest.mark.parametrize(
    ("method", "told"), [("fgsm", "a panda (57.7 %) as a gibbon"), ("sticker", "*speed limit 45 mph*")]
)
def test_v5_v7_what_a_paper_reports_stands_beside_ones_own_try(method: str, told: str) -> None:
    app = open_view(keys={**FEW, "attack method": method, "attack steps": 3})
    assert told in captions(app)
    assert re.search(r"\*\*Your try\*\*: Standard reads 7 \(\d", captions(run_to_the_end(app, "attack")))


@pytest.mark.mnist
def test_v8_the_ostrich_is_told_with_its_source() -> None:
    app = open_view(keys={**FEW, "attack method": "lbfgs"})
    assert "as an ostrich ([Szegedy 2013](https://arxiv.org/abs/1312.6199))" in captions(app)
    assert "Your try" not in captions(app)


@pytest.mark.mnist
def test_v5_the_panda_s_epsilon_fails_on_a_clear_digit_and_the_page_says_so() -> None:
    app = open_view(keys=FEW)
    app.segmented_control(key="attack method").set_value("fgsm")
    rerun(app)
    app.session_state["attack preset"] = "panda, 0.007"
    app = run_to_the_end(rerun(app), "attack")
    assert "**Not fooled within epsilon 0.007:** Standard still reads 7" in text_of(app)
    assert "Try a larger epsilon" in text_of(app)
    assert len(app.session_state["attack/run"].frames) == 2


@pytest.mark.mnist
def test_epsilon_0_changes_nothing_and_says_so() -> None:
    app = run_to_the_end(open_view(keys={**QUICK, "attack linf": 0.0}), "attack")
    assert "Epsilon is 0, so nothing was changed" in text_of(app)


@pytest.mark.mnist
def test_restoring_networks_are_carried_over_to() -> None:
    app = run_to_the_end(open_view(keys={**QUICK, "attack watched": ["restoring", "synergy"]}), "attack")
    assert "*Same picture*: restoring networks have no gradient" in text_of(app)
    assert html(app).count('class="ns-row"') == 3 and "same picture" in html(app)


@pytest.mark.mnist
def test_v8_the_least_change_needs_a_class_and_reaches_it() -> None:
    app = open_view(keys={**FEW, "attack method": "lbfgs", "attack target lbfgs": "9", "attack steps": 15})
    assert "anything else" not in app.selectbox(key="attack target lbfgs").options
    assert "now reads **9**" in text_of(run_to_the_end(app, "attack"))


@pytest.mark.mnist
@pytest.mark.parametrize("method", ["cw", "jsma"])
def test_carlini_wagner_and_jsma_reach_a_class_and_say_how_many_pixels_changed(method: str) -> None:
    app = open_view(keys={**FEW, "attack method": method, f"attack target {method}": "3", "attack steps": 50})
    said = text_of(run_to_the_end(app, "attack"))
    assert "now reads **3**" in said and re.search(r"changes \d+ of 784 pixels \(L0\), each by at most", said)
    config = app.session_state["attack run"].inputs.config
    assert config.step_size == DEFAULTS[method].step_size and config.epsilon == 1


@pytest.mark.mnist
def test_what_only_cw_and_jsma_have_reaches_the_attack() -> None:
    app = open_view(keys={**FEW, "attack method": "cw", "attack confidence": 5.0, "attack weight": 10.0})
    config = app.session_state["attack run"].inputs.config
    assert (config.confidence, config.weight, config.theta) == (5.0, 10.0, 1.0)
    app = open_view(keys={**FEW, "attack method": "jsma", "attack theta": -0.5})
    assert app.session_state["attack run"].inputs.config.theta == -0.5
    assert "anything else" not in app.selectbox(key="attack target jsma").options


@pytest.mark.mnist
def test_a_class_that_is_read_already_is_no_target() -> None:
    app = open_view(keys={**QUICK, "attack target pgd": "7"})
    assert "reads a 7 already: choose another target" in app.warning[0].value


@pytest.mark.mnist
def test_v7_a_sticker_stays_where_it_was_drawn_and_is_seen_from_elsewhere() -> None:
    keys = {**QUICK, "attack method": "sticker"}
    app = run_to_the_end(open_view(keys=keys), "attack")  # in the corner until another area is marked
    assert not app.session_state["attack run"].last.perturbation[0, 0][14:].any()
    app = run_to_the_end(open_view(keys=keys, sample=HARD, erased="HCUT"), "attack")
    change = app.session_state["attack run"].last.perturbation[0, 0]
    assert change[:14].abs().max() > 0 and not change[14:].any()
    assert "The sticker fools Standard in" in text_of(app) and "ns-views" in html(app)


@pytest.mark.mnist
@pytest.mark.parametrize(("ink", "sentence"), [(0.0, "blank"), (1.0, "nothing but ink")])
def test_what_is_no_digit_is_refused_with_a_sentence(ink: float, sentence: str) -> None:
    drawn = np.full((28, 28), ink, np.float32)
    app = open_view(keys=FEW, **Scene(drawn=drawn, networks=("standard",)).to_params())
    assert sentence in app.warning[0].value and len(app.warning) == 1


@pytest.mark.mnist
def test_an_erased_digit_is_attacked_as_it_is_left() -> None:
    app = run_to_the_end(open_view(keys=QUICK, sample=SEVEN, erased="VCUT"), "attack")
    step = app.session_state["attack run"].last
    assert not step.originals[..., :14].any() and step.originals.any()


@pytest.mark.mnist
def test_what_is_misread_from_the_beginning_is_reported_as_such() -> None:
    data = real_set()
    network = checkpoints.load_classifier("standard")
    with torch.no_grad():
        read = network(data.test.first(1000).images()).argmax(1)
        half = network(data.test.first(1000).images() * cut_mask("HCUT")).argmax(1)
    wrong, right = read != data.test.labels[:1000], read == data.test.labels[:1000]
    erased = int((right & (half != read)).nonzero()[0])
    check_misread(open_view(keys=QUICK, sample=str(int(wrong.nonzero()[0]))), "Choose another digit.")
    check_misread(open_view(keys=QUICK, sample=str(erased), erased="HCUT"), "Choose a whole digit.")


def check_misread(app: AppTest, advice: str) -> None:
    """Check that one sentence says so, and that nothing speaks of fooling or of noise that survives."""
    assert [one.value.endswith(advice) for one in run_to_the_end(app, "attack").info] == [True]
    assert app.info[0].value.startswith("Standard already misreads this ") and not app.success
    assert "survive" not in text_of(app) and "fooled" not in text_of(app) and "ns-photo" not in html(app)


@pytest.mark.mnist
@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_presets_are_those_of_the_papers(preset: str) -> None:
    app = open_view(keys=FEW)
    pills = next(one for one in app.get("button_group") if one.key == "attack preset")
    pills.set_value(preset)
    rerun(app)
    first = rerun(app).session_state["attack run"].inputs.config
    assert first == PRESETS[preset]


def make_attack(**changes: object) -> AttackRun:
    digits = real_set().test.first(1)
    pixels = digits.images()[0, 0].numpy().tobytes()
    inputs = AttackInputs("pgd", ("standard",), AttackConfig(epsilon=0.3, steps=4, **changes), 7, pixels, b"")
    return AttackRun(
        inputs,
        {"standard": checkpoints.load_classifier("standard")},
        {"standard": "Standard"},
        {"standard": "#3B82C4"},
        CLASSES,
    )


@pytest.mark.mnist
def test_the_frames_begin_with_the_untouched_digit_and_the_network_stays_as_it_is() -> None:
    attack = make_attack()
    network = attack.networks["standard"]
    before = features_hash(network)
    frames = [attack.to_frame(step) for step in attack.steps()]
    begins = [frame.text.split(":")[0] for frame in frames]
    assert begins == ["Before the attack", *(f"Step {step}" for step in range(1, 5))]
    assert frames[0].values["Standard"] > 99 > frames[-1].values["Standard"]
    noise = slice(24, None), slice(196, 392)
    assert not frames[0].picture[noise].any() and frames[-1].picture[noise].any()
    assert features_hash(network) == before and all(one.grad is None for one in network.parameters())


def test_the_last_step_is_always_played() -> None:
    assert list(every_nth(range(11), 3)) == [0, 3, 6, 9, 10]
    assert list(every_nth(range(10), 3)) == [0, 3, 6, 9]


@pytest.mark.mnist
def test_an_attack_of_many_steps_fits_into_the_player_and_the_step_that_fooled_is_exact() -> None:
    app = run_to_the_end(open_view(keys={**FEW, "attack steps": 100, "attack stride": 0.01}), "attack")
    run, attack = app.session_state["attack/run"], app.session_state["attack run"]
    assert [frame.at for frame in run.frames] == list(range(0, 101, 2)) and len(run.frames) == attack.inputs.frame_count
    steps = list(start_attack(attack.inputs, attack.networks["standard"]))
    assert attack.fooled.step == next(step.step for step in steps if step.fooled)


@pytest.mark.mnist
@pytest.mark.parametrize("kind", list(KINDS))
def test_v9_both_networks_are_attacked_harder_and_harder(kind: str) -> None:
    digits = real_set().test.first(1)
    names = ("standard", "assignment")
    networks = {name: checkpoints.load_classifier(name) for name in names}
    sweep = Sweep(
        SweepInputs(kind, names, 7, digits.images()[0, 0].numpy().tobytes()),
        networks,
        {name: name for name in names},
        CLASSES,
    )
    steps = list(sweep.steps() if kind == "erase" else islice(sweep.steps(), 8))
    frames = [sweep.to_frame(step) for step in (steps[0], steps[-1])]
    strengths = [step.strength for step in steps]
    assert strengths == sorted(strengths) and torch.equal(steps[0].images["standard"], sweep.digit)
    assert min(frames[0].values.values()) > 99 > frames[-1].values["standard"]
    assert kind != "erase" or len(steps) == FRAMES and not steps[-1].images["standard"].any()


@pytest.mark.mnist
def test_an_attack_of_a_second_starts_by_itself_and_every_method_has_its_own_target() -> None:
    app = open_view(keys={"attack method": "lbfgs"})
    assert app.selectbox(key="attack target lbfgs").value == "0" and "attack/run" not in app.session_state
    app.segmented_control(key="attack method").set_value("fgsm")
    rerun(app)
    assert app.selectbox(key="attack target fgsm").value == "anything else"
    until(lambda: app.session_state["attack/run"].finished)
    assert "ooled" in text_of(rerun(app))


@pytest.mark.mnist
def test_the_first_attack_fools_the_network_with_nearly_every_clear_digit() -> None:
    digits, network = real_set().test.first(100), checkpoints.load_classifier("standard")
    images, labels = digits.images(), digits.labels
    clear = network.predict(images).amax(1) > 0.99
    for norm, (_, _, values, first) in EPSILON_SLIDERS.items():
        assert first in values
        attacked = make_adversarial(
            network, images, labels, AttackConfig(norm=norm, epsilon=first, steps=Steps().count)
        )
        fooled = network.predict(attacked).argmax(1) != labels
        assert fooled[clear].float().mean() > 0.95


@pytest.mark.mnist
def test_a_page_with_locked_settings_gives_no_advice_to_change_them() -> None:
    assert "which one changes the digit least" in text_of(open_view())
    assert "which one changes the digit least" not in text_of(open_view(sample=SEVEN, hide="settings"))


@pytest.mark.mnist
def test_the_defence_opens_with_recorded_results_and_attacks_when_it_is_asked_to() -> None:
    app = open_view("Defence")
    assert "Under noise of epsilon 0.2, the standard network still reads 3.8 %" in text_of(app)
    assert len(app.get("plotly_chart")) == 1 and "defence/run" not in app.session_state
    rerun(app.button(key="defence/start").click())
    run = app.session_state["defence/run"]
    until(lambda: run.frames)
    run.stop()
    until(lambda: run.finished)


def test_the_defence_says_what_it_does_not_help_against() -> None:
    said = conclude({"whole": 99.0, "HCUT": 48.0}, {"whole": 98.9, "HCUT": 47.0})
    assert "no protection against missing parts: on the cuts it changes the accuracy by HCUT −1.0 points" in said


# Drawings


@pytest.mark.mnist
def test_all_frames_of_an_attack_have_one_size() -> None:
    digit = real_set().test.first(1).images()[0, 0].numpy()
    shares = np.full(10, 0.1, np.float32)
    pictures = [
        draw_attack(
            np.clip(digit + change, 0, 1), digit, shares, CLASSES, color="#3B82C4", target=7, magnify=magnify, mask=mask
        )
        for change, magnify, mask in ((0.0, 1.0, None), (0.1, 10.0, None), (0.1, 142.9, np.eye(28) < 1))
    ]
    assert {drawn.picture.shape for drawn in pictures} == {(220, 588, 3)}
    assert draw_comparison([digit, digit], digit, ["a", "b"]).picture.shape == (310, 280, 3)


def test_a_table_tells_who_was_led_astray_and_a_matrix_what_was_not_measured() -> None:
    noisy, noises = np.zeros((2, 1, 28, 28)), np.zeros((2, 28, 28))
    table = draw_noise_table(noises, noisy, np.array([[1, 1]]), [0], CLASSES[:2], limit=1)
    assert table.count('class="ns-other"') == 1 and table.count('class="ns-led"') == 1
    matrix = draw_accuracy_matrix(np.array([[12.3, np.nan]]), ["<a>"], ["b", "c"], framed=[(0, 0)])
    assert "&lt;a&gt;" in matrix and ">12</td>" in matrix and "<td>–</td>" in matrix and matrix.count("ns-framed") == 1


# In the browser


@pytest.mark.mnist
@pytest.mark.browser
def test_an_attack_plays_and_nothing_is_cut_off_on_a_phone(server: str, phone: Page) -> None:
    phone.goto(f"{server}/attack?sample={SEVEN}&networks=standard")
    phone.get_by_role("button", name=re.compile("^Attack( again)?$")).click(timeout=60_000)
    expect(phone.locator(".player .count")).to_have_text("40 / 40", timeout=60_000)
    expect(phone.locator(".ns-photo")).to_be_visible(timeout=30_000)
    for view in ("Noise for all", "One digit"):
        phone.get_by_text(view, exact=True).first.click()
        settle(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, view
    expect(phone.locator(".player .count")).to_have_text("40 / 40", timeout=30_000)  # and it is still there
    assert not [text for text in phone.complaints if "404" not in text]  # type: ignore[attr-defined]
