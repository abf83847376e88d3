"""What core trains and studies, in small, on any device, as in tests/device_cases.py."""

import dataclasses
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from core.generation import config as gan_config
from core.generation import dcgan, generator_checkpoint, loop, quality, real_or_made, sampling
from core.inversion import functions
from core.jobs import watched_digits, watched_stages
from core.networks import evaluation
from core.networks.architectures import NORM
from core.networks.classifier import build
from core.second_model import training as second_model
from core.studies import seed_networks
from core.training import loop as training
from core.training import many_seeds
from core.training.changes import TrainingChanges
from core.zoo import checkpoints, recipes
from tests.device_tools import MASK, TINY, TRAINING, Case, add_case, networks_on, records, tiny, tiny_set
from tests.sample_digits import made_digits
from tests.short_trainings import lookup

CASES: dict[str, Case] = {}
case = partial(add_case, CASES)


@case
def a_gan(device: str) -> Any:
    config = gan_config.GanConfig(epochs=1, batch=16, latent=4, width=4, discriminator="small", report_every=3)
    pair, dataset = dcgan.Gan(config).to(device), tiny_set(device)
    steps = records(loop.train_gan(pair, dataset.train, config))
    card = generator_checkpoint.new_card(config, dataset, title="tiny", command="")
    made = generator_checkpoint.TrainedGenerator(card, pair.average, pair.discriminator.eval(), steps[-1].samples)
    with TemporaryDirectory() as folder:
        generator_checkpoint.save(card, pair, generator_checkpoint.to_bytes(steps[-1].samples), Path(folder))
    digits = sampling.make_digits(pair.average, 12)
    latents = sampling.draw_latents(2, 4, 0)
    way = records(sampling.interpolate(pair.average, list(latents), [3, 8], steps=2))
    questions = records(real_or_made.draw_round(made, dataset.test, seed=0))
    verdicts = real_or_made.discriminator_verdicts(made, questions)
    near = quality.find_nearest_digits(digits.images(), dataset.train)
    measured = quality.measure_generator(pair.average, tiny(device), count=20)
    return steps, digits, way, questions, verdicts, near, measured, quality.measure_quality(tiny(device), digits)


@case
def networks_of_a_seed(device: str) -> Any:
    return list(seed_networks.load_or_train(tiny_set(device), "43"))


@case
def training_all(device: str) -> Any:
    digits, network = made_digits(70).to(device), build(dataclasses.replace(TINY, features=(NORM, *TINY.features)))
    config = dataclasses.replace(TRAINING, device=device, penalty=1e-4)
    return records(training.train(network, digits, digits.first(20), config)), network


@case
def training_that_is_changed(device: str) -> Any:
    digits, network = made_digits(70).to(device), build(dataclasses.replace(TINY, dropout=0.5))
    config = dataclasses.replace(TRAINING, device=device, epochs=3, report_every=2)
    changed = {
        (1, 0): TrainingChanges(dropout=0.0),
        (1, 2): TrainingChanges(momentum=0.9, l2=0.01, dropout=0.0),
        (2, 0): TrainingChanges(penalty=0.001, dropout=0.0, batch=10, frozen=("features",)),
        (3, 0): TrainingChanges(momentum=0.9, dropout=0.0, batch=20, frozen=("conv1",)),
    }
    return records(training.train(network, digits, digits.first(20), config, changes=lookup(changed))), network


@case
def training_a_head(device: str) -> Any:
    digits, network = made_digits(70).to(device), build(TINY)
    functions.freeze(network)
    config = dataclasses.replace(TRAINING, device=device, optimizer="adam", learning_rate=0.003)
    return records(training.train(network, digits, digits.first(20), config)), network


@case
def digits_that_are_read_while_a_network_learns(device: str) -> Any:
    digits, network = made_digits(70), build(TINY)
    with TemporaryDirectory() as folder:
        reader = watched_digits.DigitReader(Path(folder), digits, epochs=1)
        steps = training.train(network, digits, digits.first(20), dataclasses.replace(TRAINING, device=device))
        return [reader.read(network, step).answers for step in steps]


@case
def stages_that_are_measured_while_a_network_learns(device: str) -> Any:
    digits, network = made_digits(70), build(TINY)
    steps = training.train(network, digits, digits.first(20), dataclasses.replace(TRAINING, device=device))
    return [[dataclasses.astuple(one) for one in watched_stages.measure_stages(network, digits)] for _ in steps]


@case
def training_many_seeds(device: str) -> Any:
    networks, digits = [build(TINY, seed=seed) for seed in (1, 2)], made_digits(40).to(device)
    steps = list(many_seeds.train_many(networks, digits, dataclasses.replace(TRAINING, device=device), seeds=(1, 2)))
    return [dataclasses.replace(step, seconds=0.0) for step in steps], networks


@case
def training_against_attacks(device: str) -> Any:
    digits, network = made_digits(70).to(device), build(TINY)
    config = dataclasses.replace(TRAINING, device=device, attack="fgsm")
    return records(training.train(network, digits, digits.first(20), config)), network


@case
def recipes_and_files(device: str) -> Any:
    dataset = tiny_set(device)
    config = dataclasses.replace(TRAINING, device=device)
    recipe = recipes.Recipe(title="tiny", architecture="small", config=config)
    network = recipes.prepare_network(recipe)
    *_, last = recipes.train_recipe(recipe, network, dataset)
    card = recipes.write_card("tiny", recipe, network, dataset, last)
    with TemporaryDirectory() as folder:
        checkpoints.save_network(card, network, Path(folder))
        loaded = checkpoints.load_network("tiny", references=dataset.train, folder=Path(folder))
    restoring = checkpoints.to_restorer(loaded, dataset.train, neighbours=3, finds_holes=False)
    return card.measured, evaluation.predict_labels(restoring, dataset.test.first(2), MASK)


@case
def onnx_file(device: str) -> Any:
    pytest.importorskip("onnx")
    from core.onnx.export import to_onnx

    return to_onnx(tiny(device))


@case
def the_study_of_missing_features(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import missing_features

    arms = ("synergy", "missing-equal-start", "missing-free-biases", "partial-samples")
    steps = missing_features.run_seeds(tiny_set(device), "small", [42, 43], arms, epochs=1)
    return [dataclasses.replace(step, seconds=0.0) for step in steps]


@case
def the_study_of_noise(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import noise_transfer

    config = noise_transfer.TransferConfig(
        digits=2, slow_digits=1, epsilons=(0.1,), crossed=(0.1,), steps=2, universal_steps=2
    )
    networks, dataset = networks_on(device), tiny_set(device)
    sources = (noise_transfer.CLEAN, noise_transfer.RANDOM_SIGNS, *noise_transfer.attackable_networks(networks))
    return [list(noise_transfer.evaluate_source(source, networks, dataset, config)) for source in sources]


@case
def the_study_of_first_weights(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import pretraining

    config = pretraining.PretrainingConfig(labelled=(20,), seeds=1, batches=2, epochs=1)
    weights = dict(pretraining.shipped_weights())
    return list(pretraining.compare_starts(tiny_set(device), weights, config, labelled=20, seed=1))


@case
def the_study_of_similarity(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import similarity

    config = similarity.SimilarityConfig(
        seen=(0.9,), shares=(0.2,), timed_shares=(0.2,), second=10, timed=4, alone=2, epochs=1
    )
    dataset = tiny_set(device)
    rows = similarity.measure_network("half", similarity.train_on_half(dataset, config), dataset, config)
    return [dataclasses.replace(row, ratios=[], times={}) for row in rows]


@case
def the_study_of_second_models(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import second_model as pairs

    config = second_model.SecondModelConfig(learned=8, tested=4, tested_maps=2, epochs=1, batch=8)
    return pairs.measure_pair(tiny_set(device), config)


@case
def saturating_sigmoids(device: str) -> Any:
    from core.training import saturation

    dataset, config = tiny_set(device), saturation.SaturationConfig(epochs=1, digits=100, seeds=1)
    return records(saturation.compare_batch_norm(dataset.train, dataset.validation, config))


@case
def hand_made_features(device: str) -> Any:
    pytest.importorskip("sklearn")
    from core.studies import handmade_features

    config = handmade_features.FeatureStudy(learned=100, validated=100, seeds=1)
    found = handmade_features.measure_features(tiny(device), tiny_set(device), "hand-made features", 1, config)
    return [row.accuracy for row in found]


@case
def a_preset(device: str) -> Any:
    pytest.importorskip("joblib")
    from core.studies import preset_training

    return preset_training.train_preset("talk: step 1", tiny_set(device), seed=1, epochs=1)
