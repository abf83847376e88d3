"""The small GAN (V11): it learns, the same way every time, goes on where it stopped, and makes what is asked for."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.digits import datasets
from core.digits.datasets import MADE_DIGITS, Digits
from core.generation import generator_checkpoint, training_pictures
from core.generation.config import GanConfig
from core.generation.dcgan import Discriminator, Gan, build_generator, make_images
from core.generation.generator_checkpoint import TrainedGenerator
from core.generation.loop import SAMPLES_PER_CLASS, GanFigures, GanStep, train_gan
from core.generation.quality import find_nearest_digits, measure_quality
from core.generation.real_or_made import discriminator_verdicts, draw_round
from core.generation.sampling import draw_latents, interpolate, make_digits, slerp
from core.generation.training_pictures import PictureSchedule
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import build
from core.system.checkpoint_files import GENERATOR, CheckpointError
from core.training.loop import DivergedError
from core.training.state import TrainState, load_state, save_state
from core.zoo import checkpoints
from core.zoo.checkpoints import load_classifier
from core.zoo.recipes import list_zoo
from tests.sample_digits import made_dataset, made_digits, real_digits

SMALL = GanConfig(epochs=2, batch=20, latent=4, width=4, discriminator="small", report_every=3)
DIGITS = made_digits(205)  # the last five of an epoch make no batch


def learn(config: GanConfig = SMALL, digits: Digits = DIGITS) -> tuple[Gan, list[GanStep]]:
    pair = Gan(config)
    return pair, list(train_gan(pair, digits, config))


@cache
def learned() -> tuple[Gan, list[GanStep]]:
    """The usual training, made once."""
    return learn()


def same(one: Gan, other: Gan) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(first, second) for first, second in pairs)


@pytest.fixture(scope="module")
def shipped() -> TrainedGenerator:
    return generator_checkpoint.load()


# Learning


@pytest.mark.slow
def test_v11_the_average_of_what_it_makes_comes_to_look_like_the_average_digit():
    config = replace(SMALL, epochs=12, width=8, report_every=10)
    pair, steps = learn(config)
    real = DIGITS.images().mean(0)

    def distance(step: GanStep) -> float:
        return float((step.samples.mean(0) - real).square().mean())

    assert distance(steps[-1]) < distance(steps[0]) / 2
    assert [step.epoch for step in steps] == sorted(step.epoch for step in steps) and steps[-1].epoch == 12


def test_every_record_has_finite_figures_and_pictures_by_class_that_stay_as_they_were():
    pair = Gan(SMALL)
    steps = train_gan(pair, DIGITS, SMALL)
    first = next(steps)
    kept = first.samples.clone()
    others = list(steps)
    assert torch.equal(first.samples, kept) and not torch.equal(others[-1].samples, kept)
    for step in (first, *others):
        assert (
            step.samples.shape == (10 * SAMPLES_PER_CLASS, 1, 28, 28)
            and 0 <= step.samples.min() <= step.samples.max() <= 1
        )
        assert all(torch.tensor(float(value)).isfinite() for value in asdict(step.figures()).values())
        assert 0 <= step.found_real <= 100 and 0 <= step.found_made <= 100
    assert {step.batches for step in others} == {10} and [step.batch for step in others] == [6, 9, 10, 3, 6, 9, 10]


def test_the_same_seed_learns_the_same_and_another_seed_something_else():
    one, other, third = learned()[0], learn()[0], learn(replace(SMALL, seed=7))[0]
    assert same(one, other) and not same(one, third)


def test_what_is_learned_does_not_depend_on_how_often_it_reports():
    assert same(learned()[0], learn(replace(SMALL, report_every=1))[0])


def test_the_consumer_s_own_chance_is_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    learn()
    assert torch.equal(torch.rand(3), expected)


def test_an_interrupted_training_goes_on_bit_by_bit(tmp_path: Path):
    whole, steps = learned()
    first, state = Gan(SMALL), TrainState()
    for step in train_gan(first, DIGITS, SMALL, state=state):
        if (step.epoch, step.batch) == (2, 3):
            break  # in the middle of the second epoch
    save_state(state, tmp_path / "state.safetensors")
    again = Gan(SMALL)
    later = list(train_gan(again, DIGITS, SMALL, state=load_state(tmp_path / "state.safetensors")))
    assert state.epoch == 1 and [step.epoch for step in later] == [2] * 4
    assert same(whole, again) and torch.equal(later[-1].samples, steps[-1].samples)


def test_making_images_keeps_nothing_for_gradients():
    generator, latents = build_generator(SMALL), torch.zeros(2, SMALL.latent)
    assert all(weights.requires_grad for weights in generator.parameters())
    assert not make_images(generator, latents, torch.tensor([3, 4])).requires_grad


def test_v10_without_labels_neither_of_the_two_learns_anything_from_them():
    config = replace(SMALL, labelled=False)
    shuffled = Digits(DIGITS.pixels, DIGITS.labels.flip(0))
    assert same(learn(config)[0], learn(config, shuffled)[0])
    assert not same(learned()[0], learn(digits=shuffled)[0]), "with them they do"


@pytest.mark.parametrize("name", ["published", "assignment"])
def test_v10_the_discriminator_s_convolutions_are_those_of_a_classifier(name: str):
    features = Discriminator(name).features
    classifier = build(ARCHITECTURES[name])
    classifier.features.load_state_dict(features.state_dict())
    assert torch.equal(classifier.features.conv1.weight, features.conv1.weight)
    assert list(dict(features.named_children()))[:2] == ["normalize", "conv1"]


def test_losses_out_of_all_bounds_end_it_with_what_the_last_good_epoch_had():
    config = replace(SMALL, epochs=40, learning_rate=1e4, penalty=0.0)
    pair, state = Gan(config), TrainState()
    with pytest.raises(DivergedError, match="smaller learning rate"):
        list(train_gan(pair, DIGITS, config, state=state))
    stored = state.tensors["network.generator.stages.fc1.weight"]
    assert torch.equal(pair.generator.stages.fc1.weight, stored) and bool(stored.isfinite().all())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epochs": 0}, "Epochs must be at least 1"),
        ({"epochs": 1.5}, "must be a whole number"),
        ({"batch": 1}, "at least 2 digits"),
        ({"latent": 1000}, "Latent must be at most"),
        ({"width": 9999}, "Width must be at most"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"learning_rate": float("nan")}, "above 0"),
        ({"penalty": -1.0}, "0 or more"),
        ({"averaged": 1.0}, "from 0 up to 1"),
        ({"discriminator": "none"}, "no architecture"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence(changes: dict[str, object], says: str):
    with pytest.raises(ValueError, match=says):
        replace(SMALL, **changes)


def test_too_few_digits_and_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="larger than the 10 training digits"):
        learn(digits=DIGITS.first(10))
    with pytest.raises(ValueError, match="more than 10 classes"):
        learn(digits=Digits(DIGITS.pixels, DIGITS.labels + 5))


# Keeping


def moments_of(steps: list[GanStep]) -> list[training_pictures.TrainingPicture]:
    due = PictureSchedule(SMALL.epochs)
    return [training_pictures.to_training_picture(step) for step in steps if due.is_due(step)]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a small generator."""
    pair, steps = learned()
    moments = moments_of(steps)
    card = generator_checkpoint.new_card(SMALL, made_dataset(), title="small", command="none")
    card = generator_checkpoint.finish_card(card, [moment.figures for moment in moments])
    generator_checkpoint.save(card, pair, training_pictures.stack_samples(moments), tmp_path)
    return tmp_path


def test_what_was_saved_makes_the_same_digits_and_shows_how_it_grew(kept: Path):
    made, (pair, steps) = generator_checkpoint.load(kept), learned()
    latents, labels = torch.randn(10, 4), torch.arange(10)
    assert torch.equal(make_images(made.generator, latents, labels), make_images(pair.average, latents, labels))
    assert made.card.epochs == 2 and made.card.steps == 20
    assert [GanFigures(**moment) for moment in made.card.moments] == [one.figures for one in moments_of(steps)]
    assert made.growth.dtype == torch.uint8 and made.growth.shape == (
        len(made.card.moments),
        10 * SAMPLES_PER_CLASS,
        28,
        28,
    )
    assert not made.generator.training and not any(p.requires_grad for p in made.generator.parameters())
    assert not made.discriminator.training and not any(p.requires_grad for p in made.discriminator.parameters())


def test_a_damaged_or_foreign_generator_gives_a_sentence(kept: Path, tmp_path: Path):
    with pytest.raises(CheckpointError, match="There is no generator"):
        generator_checkpoint.load(tmp_path / "nowhere")
    weights = kept / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(CheckpointError, match="damaged"):
        generator_checkpoint.load(kept)
    (kept / "generator.json").write_text("{}")
    with pytest.raises(CheckpointError, match="card cannot be read"):
        generator_checkpoint.load(kept)


def test_a_generator_is_no_network_of_the_zoo(kept: Path):
    assert checkpoints.list_cards(kept) == ([], [])
    with pytest.raises(CheckpointError, match="it reads none"):
        checkpoints.load_network(GENERATOR)
    cards, problems = list_zoo()
    assert GENERATOR not in cards and not problems


def test_pictures_of_its_growth_are_taken_often_at_first_and_found_again(tmp_path: Path):
    figures = [
        GanFigures(epoch, batch, 100, 1.0, 1.0, 50.0, 50.0, 1.0) for epoch in (1, 2, 3) for batch in range(5, 101, 5)
    ]
    due = PictureSchedule(30)
    wanted = [one for one in figures if due.is_due(one)]
    assert 9 <= sum(one.epoch == 1 for one in wanted) <= 11
    assert [one.batch for one in wanted if one.epoch > 1] == [100, 100]
    few = PictureSchedule(2)
    assert sum(few.is_due(one) for one in figures) >= 25, "where there are few epochs, more of each"
    long = PictureSchedule(400)
    assert sum(long.is_due(replace(figures[-1], epoch=epoch, batch=100)) for epoch in range(1, 401)) <= 41
    samples = torch.arange(2 * 784, dtype=torch.int32).remainder(256).byte().reshape(2, 28, 28)
    for one in wanted:
        training_pictures.save_picture(tmp_path, training_pictures.TrainingPicture(one, samples))
    training_pictures.delete_after(tmp_path, 2)
    found = [training_pictures.load_picture(tmp_path, name) for name in training_pictures.list_pictures(tmp_path)]
    assert [one.figures for one in found] == wanted[:-1] and all(torch.equal(one.samples, samples) for one in found)
    (tmp_path / training_pictures.FOLDER / "0001-000005.safetensors").write_bytes(b"no")
    with pytest.raises(ValueError, match="cannot be read"):
        training_pictures.load_picture(tmp_path, "0001-000005")


# The shipped one, and what it makes


def test_v11_at_least_97_percent_of_the_shipped_generator_s_digits_are_read_as_meant_by_a3(shipped: TrainedGenerator):
    read = measure_quality(load_classifier("assignment"), make_digits(shipped.generator, 1000, seed=5))
    assert read.share >= 97 and int(read.counts.sum()) == 1000
    card = shipped.card
    assert card.measured["read_as_meant"] >= 97 and card.measured["digits"] == 10_000
    assert card.command == "python -m core train generator" and GanConfig(**card.config) == GanConfig()
    assert len(card.moments) == len(shipped.growth) and card.moments[-1]["epoch"] == card.epochs == GanConfig().epochs


def test_it_makes_the_class_it_is_asked_for_and_other_digits_from_other_numbers(shipped: TrainedGenerator):
    latents = draw_latents(20, shipped.generator.latent, 3)
    threes = make_images(shipped.generator, latents, torch.full((20,), 3))
    assert int((load_classifier("assignment")(threes).argmax(1) == 3).sum()) >= 18
    distances = torch.cdist(threes.flatten(1), threes.flatten(1)) + 100 * torch.eye(20)
    assert float(distances.min()) > 1, "no two of them are the same digit"


@pytest.mark.slow
def test_made_digits_are_a_set_of_their_own_the_same_every_time(shipped: TrainedGenerator):
    found = datasets.load(MADE_DIGITS)
    assert found.name == MADE_DIGITS and "generator" in found.source and datasets.is_available(MADE_DIGITS)
    assert [len(part) for part in (found.train, found.validation, found.test)] == [20_000, 5_000, 10_000]
    assert found.test.pixels.dtype == torch.uint8 and found.test.labels.bincount().tolist() == [1000] * 10
    again = make_digits(shipped.generator, 200)
    assert torch.equal(found.train.pixels[:200], again.pixels) and torch.equal(found.train.labels[:200], again.labels)


def test_a_walk_begins_and_ends_at_its_digits_and_never_jumps(shipped: TrainedGenerator):
    latents = draw_latents(2, shipped.generator.latent, 9)
    steps = list(interpolate(shipped.generator, list(latents), (4, 9), steps=40))
    ends = make_images(shipped.generator, latents, torch.tensor([4, 9]))
    assert torch.allclose(steps[0].image, ends[0], atol=1e-5) and torch.allclose(steps[-1].image, ends[1], atol=1e-5)
    images = torch.stack([step.image for step in steps])
    jumps = (images[1:] - images[:-1]).square().mean((1, 2, 3))
    assert float(jumps.max()) < float((ends[0] - ends[1]).square().mean()) / 4
    assert [steps[0].share, steps[20].share, steps[-1].share] == [0, 0.5, 1]


@pytest.mark.parametrize("end", [torch.tensor([0.0, 2.0]), torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 0.0])])
def test_the_arc_keeps_the_length_where_there_is_one_arc_and_its_ends_always(end: Tensor):
    start = torch.tensor([2.0, 0.0])
    assert torch.allclose(slerp(start, end, 0.0), start) and torch.allclose(slerp(start, end, 1.0), end)
    if end[1]:
        assert float(slerp(start, end, 0.3).norm()) == pytest.approx(2.0)


def test_the_nearest_of_known_digits_are_themselves():
    digits = real_digits(60)
    found = find_nearest_digits(digits.images(slice(10, 20)), digits)
    assert found.indices.tolist() == list(range(10, 20)) and float(found.distances.max()) < 0.01


def test_the_shipped_generator_has_not_learned_digits_by_heart(shipped: TrainedGenerator):
    digits = real_digits(10_000)
    made = find_nearest_digits(make_digits(shipped.generator, 50, seed=2).images(), digits)
    assert float(made.distances.min()) > 1


def test_a_round_of_the_quiz_mixes_both_and_is_the_same_for_the_same_seed(shipped: TrainedGenerator):
    real = real_digits(500)
    rounds = [draw_round(shipped, real, seed=seed) for seed in range(20)]
    share = sum(question.made for questions in rounds for question in questions) / 200
    assert 0.3 < share < 0.7 and all(len(questions) == 10 for questions in rounds)
    for question in rounds[0]:
        if not question.made:
            assert torch.equal(question.image, real.images(slice(question.number, question.number + 1))[0])
            assert question.label == int(real.labels[question.number])
        assert torch.equal((question.image * 255).round() / 255, question.image), "both in the same steps of grey"
    again = draw_round(shipped, real, seed=0)
    assert all(torch.equal(one.image, other.image) for one, other in zip(rounds[0], again, strict=True))
    assert len(discriminator_verdicts(shipped, rounds[0])) == 10
