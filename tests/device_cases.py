"""What `core` computes, in small: each case runs on any device, and its results can be compared between two.

It needs only what `core` needs. Trainings and studies stand in `device_training_cases`.
"""

import dataclasses
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch

from core.adversarial import gradient_attacks, methods, photograph, universal
from core.adversarial.config import AttackConfig
from core.classroom import class_test_set, quiz, smallest_noise
from core.classroom.collected_drawings import CollectedDrawing
from core.convolution import (
    activation,
    batch_norm,
    dimensions,
    dropout,
    examples,
    explanations,
    manual_filters,
    paths,
    pooling,
    settings,
    trace,
    window,
)
from core.corruptions import geometry, kinds
from core.digits import datasets, exploration, storage_order
from core.feature_maps import changed_maps, filters, needed_maps, stage_maps
from core.inversion import absent_features, algebra, amplified_features, bounds, functions, map_atlas, summed_heads
from core.maximization import compact_steps, objective_parser, parameterizations, stage_outputs, top_digits
from core.maximization import loop as maximization
from core.music import library, spectrograms
from core.networks import (
    accuracy_curves,
    classifier,
    dead_units,
    doubtful_labels,
    evaluation,
    growing_hole,
    prediction_sets,
)
from core.onnx import export, importing, scaling
from core.pmnist import masks, partial_set
from core.restoration import many_holes
from core.second_model import domain_gap, map_images
from core.second_model import training as second_model
from core.similarity import digit_map, reference_vectors, shortcut, thresholds, timing
from core.transfer import backbones, classification, example_tasks, fine_tuning, handmade
from core.zoo import browser_layers
from tests.device_tools import MASK, Case, add_case, digits_on, networks_on, records, tiny, tiny_set
from tests.sample_digits import made_digits

CASES: dict[str, Case] = {}
case = partial(add_case, CASES)


# Reading


@case
def evaluating(device: str) -> Any:
    digits, networks = made_digits(20).to(device), networks_on(device)
    table = records(evaluation.pmnist_table({"tiny": networks["ordinary"]}, digits))
    few = digits.first(2)
    a, b = (evaluation.predict_labels(networks[name], few, MASK) for name in ("ordinary", "restoring"))
    compared = evaluation.compare_predictions(few.labels, a, b), evaluation.confusion(few.labels, a)
    curves = records(islice(accuracy_curves.measure_curves({"tiny": networks["ordinary"]}, digits), 3))
    ordinary = networks["ordinary"].classifier
    stages = bounds.bound_values(ordinary), records(dead_units.find_dead_units(ordinary, few.images()))
    return table, compared, curves, stages, evaluation.evaluate(networks["blind"], few, masks.random_squares(2))


@case
def reading_what_a_class_drew(device: str) -> Any:
    drawn = [CollectedDrawing(f"{at}", 7, one.numpy()) for at, one in enumerate(made_digits(5).pixels)]
    return class_test_set.read_drawings(networks_on(device)["ordinary"], drawn)


@case
def a_network_from_an_onnx_file(device: str) -> Any:
    network = importing.import_onnx(export.to_onnx(tiny("cpu"))).network.to(device)
    found = scaling.find_scaling(network, made_digits(20).to(device), "made digits")
    return found.accuracies, classifier.summarize_network(network), export.find_obstacle(network)


@case
def a_network_as_layers_for_the_browser(device: str) -> Any:
    parts = [take(tiny(device)) for take in (browser_layers.list_features, browser_layers.list_head)]
    return [(part.layers, np.frombuffer(part.weights, np.float32)) for part in parts]


@case
def reading_one_digit(device: str) -> Any:
    digit, networks = made_digits(4).images()[3, 0].numpy(), networks_on(device)
    mask = MASK.numpy()
    restored = [records([network.restore(digit, mask)]) for network in networks.values()]
    grown = records(islice(growing_hole.grow_hole({"tiny": networks["ordinary"]}, digit, "from the top"), 13, 15))
    return restored, grown, list(evaluation.without_filling(networks, mask))


@case
def partial_digits(device: str) -> Any:
    digits = made_digits(10).to(device)
    with TemporaryDirectory() as folder:
        list(partial_set.write_pmnist(digits.pixels, digits.labels, Path(folder)))
    parts = datasets.split_digits(digits, 4, 6)
    return parts, datasets.hash_digits(digits), [partial_set.erase_pixels(digits.pixels, cut) for cut in masks.CUTS]


@case
def sets_of_partial_digits(device: str) -> Any:
    from core.studies.prediction_sets import measure_network

    network, digits = tiny(device), made_digits(40).to(device)
    probabilities = network.predict(digits.images())
    sets = prediction_sets.to_sets(probabilities, prediction_sets.find_threshold(probabilities, digits.labels, 0.1))
    quality = prediction_sets.measure_sets(sets, digits.labels)
    return sets, records([quality]), measure_network("tiny", network, digits, digits)


# Corruptions


@case
def corrupted_digits(device: str) -> Any:
    from core.studies.corruptions import measure_corruption

    network, images, _ = digits_on(device)
    changed = [kinds.corrupt(images, kind, one.first, seed=1) for kind, one in kinds.CORRUPTIONS.items()]
    read = measure_corruption("tiny", network, "noise", made_digits(20).to(device))
    return changed, geometry.blur(images, 1.0), read


@case
def exploring_a_set(device: str) -> Any:
    digits = made_digits(40).to(device)
    summary = exploration.summarize_classes(digits, 10)
    stored = storage_order.store(digits, storage_order.Storage("(n, 1, 28, 28)", True, True), 10)
    return (
        records([summary]),
        exploration.find_unusual(digits, summary, 2),
        stored,
        doubtful_labels.cross_fit(digits, 10),
    )


# Adversarial examples


def attacking(method: str, config: AttackConfig, device: str) -> Any:
    return records(methods.start_attack(method, *digits_on(device), config, MASK))


for name, method, config in (
    ("fgsm", "fgsm", AttackConfig(epsilon=0.1)),
    ("pgd", "pgd", AttackConfig(steps=3, random_start=True)),
    ("pgd towards a class", "pgd", AttackConfig(norm="l2", steps=3, random_start=True, target=2)),
    ("lbfgs", "lbfgs", AttackConfig(epsilon=1.0, steps=2, target=2)),
    ("cw", "cw", AttackConfig(epsilon=1.0, steps=2)),
    ("jsma", "jsma", AttackConfig(epsilon=1.0, steps=2, target=2)),
    ("sticker", "sticker", AttackConfig(epsilon=1.0, step_size=0.05, steps=2)),
):
    CASES[name] = partial(attacking, method, config)


@case
def adversarial_images(device: str) -> Any:
    network, images, labels = digits_on(device)
    noisy = gradient_attacks.make_adversarial(network, images, labels, AttackConfig(steps=2, random_start=True))
    photographed = records(photograph.photograph(noisy))
    return noisy, photographed


@case
def universal_noise(device: str) -> Any:
    dataset, network = tiny_set(device), tiny(device)
    few = universal.nine_examples(dataset.test)
    config = universal.UniversalConfig(norm="l2", steps=2, digits=40, batch=20)
    steps = records(universal.universal_noise(network, dataset.train, dataset.validation, few, config))
    noises = steps[-1].noises.to(device)
    return steps, universal.add_noise(few.images(), noises), universal.measure_noise(network, few, steps[-1].noises)


# Inversion and features


@case
def inverted_heads(device: str) -> Any:
    digits, network = made_digits(20).to(device), tiny(device)
    missing = functions.with_inversion(network, "complement")
    functions.reset_head(missing, seed=1)
    functions.freeze(missing)
    synergy = functions.build_synergy(network, missing)
    together = functions.with_two_heads(network, "both", seed=1)
    logits = [summed_heads.column_logits(one, digits, "HCUT") for one in (network, missing, synergy, together)]
    accuracies = summed_heads.accuracy_by_omega(logits[0], logits[1], digits.labels, [0.0, 0.5])
    unit, apart = algebra.rewrite_unit(missing, digits.images()[0]), algebra.largest_difference(missing, digits)
    return logits, accuracies, unit, apart < 1e-4


@case
def absent_parts(device: str) -> Any:
    digits, network = made_digits(40).to(device), functions.with_inversion(tiny(device), "complement")
    atlas = map_atlas.build_atlas(network, digits)
    evidence = absent_features.measure_evidence(network, digits.images()[3], MASK)
    gap, missing = absent_features.split_gap(evidence, atlas), absent_features.missing_evidence(evidence, atlas)
    found = absent_features.find_missing_features(evidence, atlas)
    texts = (
        absent_features.describe_digit(evidence, atlas, "0123456789"),
        absent_features.describe_gap(evidence, gap, "0123456789"),
        absent_features.describe_need(found, (evidence.answer + 1) % 10, evidence, atlas, "0123456789"),
    )
    target = (evidence.answer + 1) % 10
    ranked, lacking = (
        find(evidence, atlas, target) for find in (absent_features.rank_lacking_maps, absent_features.find_lacking)
    )
    added = amplified_features.amplify_lacking(evidence, atlas, target, ranked[:2], strength=2.0)
    moved = amplified_features.move_to_random_maps(added, seed=1)
    return atlas, evidence, gap, missing, found, texts, ranked, lacking, added, moved


@case
def maps_of_a_digit(device: str) -> Any:
    network, images, _ = digits_on(device)
    one, other = (stage_maps.compute_stage_maps(network, image) for image in images[:2])
    changed = filters.measure_filter_change(*(filters.list_filters(tiny(device, seed))[0] for seed in (0, 1)))
    last = stage_maps.last_features(one)
    between = stage_maps.subtract_maps(one, other), stage_maps.relative_change(last, stage_maps.last_features(other))
    return one, between, changed, len(stage_maps.to_npz(one)) > 0


@case
def probes_of_a_network(device: str) -> Any:
    from core.probes import learning, measuring, places

    network, data = tiny(device), tiny_set(device)
    few = data.train.first(60), data.validation
    probes = learning.to_probes(list(learning.train_probes(network, *few, 10)))
    read = learning.read_along(network, probes, data.test.images())
    rows = list(measuring.measure_probes(network, probes, data.test, {"HCUT": probes}))
    return places.find_places(network), read, learning.find_loss(read, data.test.labels), rows


@case
def changed_maps_of_a_digit(device: str) -> Any:
    network, images, _ = digits_on(device)
    changes = [changed_maps.MapChange("conv1", None, change) for change in changed_maps.Change]
    read = changed_maps.with_changes(network, changes).predict(images)
    each = changed_maps.silence_each(network, images[0], "conv1")
    return read, each, list(changed_maps.find_fewest_maps(network, images[0], "conv1"))


@case
def maps_that_classes_need(device: str) -> Any:
    from core.studies.needed_maps import measure_silence

    network, digits = tiny(device), made_digits(40).to(device)
    order = needed_maps.rank_needed_maps(network, digits, 5)
    silent = needed_maps.silence_first(order, 2)
    rows = measure_silence("43", "tiny", network, tiny_set(device))
    return order, needed_maps.score_silenced(network, digits, silent), rows


@case
def features_turned_up(device: str) -> Any:
    from core.studies.amplified_features import measure_amplified

    standard = tiny(device)
    missing = functions.with_inversion(standard, "complement").eval().requires_grad_(False)
    return measure_amplified("43", standard, missing, tiny_set(device), digits=3)


# Attribution


def attributing(method: str, device: str) -> Any:
    pytest.importorskip("captum")
    from core.attribution import methods

    network, images, _ = digits_on(device)
    found = methods.attribute(network, images[2], 3, method)
    return found, methods.name_strongest_place(found)


for name in ("deconvnet", "saliency", "integrated", "grad-cam", "occlusion"):
    CASES[f"attribution by {name}"] = partial(attributing, name)


@case
def judging_methods(device: str) -> Any:
    pytest.importorskip("captum")
    from core.attribution import judging

    network, images, _ = digits_on(device)
    orders = judging.judge_orders(network, images[2], 3, draws=2)
    return records(orders), records(judging.randomize_layers(network, images[2], 3))


@case
def explanations_of_a_network(device: str) -> Any:
    pytest.importorskip("captum")
    from core.studies import explanations

    config = explanations.ExplanationStudy(seeds=1, epochs=1, digits=1, randomized=1)
    return explanations.judge_network(tiny(device), tiny_set(device), config, seed=1)


@case
def deconvnet(device: str) -> Any:
    pytest.importorskip("captum")
    from core.attribution.deconvnet import project_strongest

    network, images, _ = digits_on(device)
    return project_strongest(network, images[2], "conv2", count=3)


@case
def holes_everywhere(device: str) -> Any:
    from core.attribution import hole_maps

    image = made_digits(3).to(device).images()[2]
    return hole_maps.scan_with_hole(networks_on(device), image, MASK, size=26, rows=range(1))


@case
def smallest_erasures(device: str) -> Any:
    from core.attribution import smallest_erasure

    image, network = made_digits(3).to(device).images()[2], tiny(device)
    squares = smallest_erasure.find_smallest_square({"tiny": network}, image, masks.keep_all(), coarse=True)
    pixels = smallest_erasure.find_fewest_pixels(network, image, masks.keep_all())
    return records(islice(squares, 6)), records(islice(pixels, 3))


@case
def many_holes_of_one_digit(device: str) -> Any:
    image, networks = made_digits(3).to(device).images()[2], networks_on(device)
    restorer = networks["restoring"]
    holes = masks.random_squares(5)
    return many_holes.predict_under_holes(restorer.classifier, restorer.references, restorer.neighbours, image, holes)


# Maximisation


def maximizing(preset: str, objective: str, device: str) -> Any:
    network = tiny(device)
    question = objective_parser.parse_objective(objective, network)
    settings = dataclasses.replace(maximization.PRESETS[preset], steps=3, starts=2)
    start, magnitude = made_digits(1).images()[0], parameterizations.mean_magnitude(made_digits(20))
    steps = records(maximization.maximize(network, question.objective, settings, start=start, magnitude=magnitude))
    return steps, compact_steps.to_compact(steps[-1])


for preset in maximization.PRESETS:
    CASES[f"maximising, {preset}"] = partial(maximizing, preset, "maps:conv2")
for objective in ("classes", "class:3", "map:conv1:1", "map:pool2:1@1,2", "map:conv2:2@mean", "class:3-0.5*map:fc1:2"):
    CASES[f"maximising {objective}"] = partial(maximizing, "white on black", objective.replace("-0.5", "+-0.5"))


@case
def behind_a_map(device: str) -> Any:
    digits, network = made_digits(20).to(device), tiny(device)
    question = objective_parser.parse_objective("maps:conv1", network)
    best = top_digits.find_top_digits(network, question.objective, digits, count=3)
    one_map = top_digits.feature_map(network, "conv1", 1, digits.images()[0, 0])
    return best, one_map, top_digits.find_filter(network, "pool1", 1), stage_outputs.stage_shapes(network)


# One window at a time


@case
def windows(device: str) -> Any:
    network, images, _ = digits_on(device)
    traces = trace.trace_stages(network, images[0])
    numbers = {one.name: number for number, one in enumerate(traces)}
    values = [explanations.explain_value(one, (0, 0, 0)) for one in traces]
    convolution, inputs = traces[numbers["conv1"]], traces[numbers["conv1"]].inputs
    one = explanations.stage_filter(convolution, 1)
    way = paths.trace_forward(traces, numbers["conv1"], (0, 2, 3)), paths.trace_back(traces, numbers["fc2"], (1, 0, 0))
    slid = list(islice(window.slide(inputs, one), 3))
    weights = convolution.stage.weight
    return values, way, slid, window.convolve(inputs, one), settings.to_matrix(weights[:2], 8), traces


@case
def layers(device: str) -> Any:
    network, images, _ = digits_on(device)
    one_map = images[0]
    pooled = [pooling.pool_maps(one_map, kind, 2, 2) for kind in pooling.POOLINGS]
    place = pooling.pool_window(one_map[0], "max", 2, 2, 5, 5)
    dropped = records(islice(dropout.sample_dropout(network, images[0], place=dropout.HIDDEN), 3))
    film = examples.to_film(images[0, 0])
    signal, line = examples.to_signal(images[0, 0]), dimensions.make_filter(dimensions.SMOOTH, 1).to(device)
    weights = manual_filters.parse_filter("0 1 0\n1 1 1\n0 1 0").to(device)
    normal = batch_norm.normalize_batch(images[:, 0])
    along = dimensions.convolve_dimensions(signal, line)
    return pooled, place, place.winners, dropped, film, along, manual_filters.apply_filter(one_map, weights), normal


@case
def a_softmax_and_a_quiz(device: str) -> Any:
    network, images, _ = digits_on(device)
    return activation.softmax(network(images)[0]), quiz.draw_questions(made_digits(40).to(device), seed=1)


@case
def the_least_noise_that_fools(device: str) -> Any:
    network, digits = tiny(device), made_digits(60).to(device)
    as_read = datasets.Digits(
        digits.pixels, evaluation.predict(network, digits.images()).argmax(1)
    )  # it has learned nothing
    return records(smallest_noise.draw_noise_questions(network, as_read, seed=1, count=2))


# Similarity, a second model, transfer


@case
def similar_digits(device: str) -> Any:
    dataset, network = tiny_set(device), tiny(device)
    seen = reference_vectors.compute_references(network, dataset.train)
    compared = thresholds.compare_digits(network, seen, dataset.validation)
    chosen = thresholds.choose_thresholds(compared, 5.0)
    wide = thresholds.quantile_thresholds(compared, 0.5)
    fast = shortcut.Shortcut(network, seen, wide)
    images = dataset.test.first(4).images()
    timing.measure_time(fast, images, rounds=1)
    timing.measure_stage_costs(network, "conv1", seen.lookups["conv1"], images, rounds=1)
    query = next(iter(reference_vectors.compute_vectors(network, images, ["conv1"]).values()))[0]
    wrong = list(thresholds.find_wrong_hits(compared, wide))
    measured = thresholds.evaluate_thresholds(compared, wide), wrong, seen.lookups["conv1"].neighbours(query, 3)
    return chosen, wide, measured, fast.read(images), fast.read_one(images[0])


@case
def a_map_of_digits(device: str) -> Any:
    from core.studies.recorded_map import measure_map

    dataset, network = tiny_set(device), tiny(device)
    atlas = map_atlas.build_atlas(network, dataset.train)
    maps = digit_map.build_maps(network, atlas, dataset.validation)
    layouts = {space: one.project(one.vectors) for space, one in maps.items()}
    way = digit_map.to_spaces(network, atlas, digit_map.fade_out(dataset.test.images()[0], MASK.to(device)))
    space = digit_map.Space.FEATURES
    near = digit_map.find_neighbours(maps[space].vectors, way[space], 3)
    placed = digit_map.to_box(digit_map.place_among(layouts[space], near), layouts[space])
    votes = digit_map.count_votes(maps[space].labels[near.indices])
    return way, near, placed, votes, list(measure_map(network, atlas, maps, layouts, dataset.test))


@case
def second_models(device: str) -> Any:
    dataset = tiny_set(device)
    config = second_model.SecondModelConfig(learned=8, tested=4, tested_maps=2, epochs=1, batch=8)
    steps = records(second_model.train_second_model(dataset, config))
    learned = steps[-1].result.learned
    return steps, domain_gap.measure_domain_gap("conv1", learned["digits"], learned["conv1"])


@case
def map_pictures(device: str) -> Any:
    digits, network = made_digits(20).to(device), tiny(device)
    pair = map_images.select_two_classes(digits, 3, 8, each=2)
    maps = map_images.maps_as_digits(network, pair, "conv1")
    return map_images.join_digits(pair, maps), domain_gap.mean_pictures(pair), map_images.conv_stages(network)


@case
def transferred_features(device: str) -> Any:
    task = example_tasks.digits_task(tiny_set(device), (3, 8), learned=6, tested=3)
    backbone = backbones.own_backbone("tiny", tiny(device))
    found = {layer: records(backbones.extract_features(backbone, task.pixels, layer)) for layer in backbone.layers()}
    pooled = backbones.pooled_maps(backbone, backbones.to_images(task.pixels[:2], 1, 28).to(device))
    return found, pooled


@case
def logistic_regression(device: str) -> Any:
    pytest.importorskip("sklearn")
    task = example_tasks.digits_task(tiny_set(device), (3, 8), learned=4, tested=2)
    vectors = backbones.compute_features(backbones.own_backbone("tiny", tiny(device)), task.pixels)
    found = [classification.fit_classifier(vectors.to(device), task, name) for name in classification.CLASSIFIERS]
    return found, handmade.oriented_gradients(made_digits(4).to(device).images())


@case
def fine_tuned(device: str) -> Any:
    task = example_tasks.digits_task(tiny_set(device), (3, 8), learned=6, tested=3)
    config = fine_tuning.TuneConfig(epochs=2, first=1, batch=4)
    return records(fine_tuning.fine_tune(backbones.own_backbone("tiny", tiny(device)), task, config))


# Music


@case
def sound_as_pictures(device: str) -> Any:
    sound = torch.sin(torch.arange(120_000, device=device) ** 1.1 / 20)
    power = spectrograms.power_spectrogram(sound)
    mel, chroma = spectrograms.to_decibels(spectrograms.mel_spectrogram(power)), spectrograms.chromagram(power)
    vectors = library.average_by_piece(mel, torch.arange(64, device=device) // 4)
    return mel, chroma, spectrograms.to_pictures(sound), vectors
