"""Maps that a class needs: what silence costs, the ranking, the study with its control, and its view."""

import pytest
import torch

from core.feature_maps.changed_maps import Change, MapChange, with_changes
from core.feature_maps.needed_maps import (
    draw_orders,
    rank_needed_maps,
    score_silenced,
    silence_each_alone,
    silence_first,
)
from core.networks.evaluation import confusion
from core.studies.needed_maps import (
    ALL_ON,
    ALONE,
    COUNTS,
    NEEDED,
    RANDOM,
    against_control,
    compare_silence,
    list_costs,
    measure_silence,
)
from core.studies.recorded import find_rows, load_recorded
from core.studies.seed_networks import MISSING, SHIPPED, STANDARD, list_parts, load_or_train
from core.zoo.checkpoints import load_classifier
from tests.device_tools import tiny, tiny_set
from tests.pages import address_of, captions, open_page, text_of
from tests.sample_digits import made_dataset, real_digits

DIGITS = real_digits(300)


@pytest.mark.parametrize("name", [STANDARD, MISSING])
def test_the_accuracy_of_each_class_is_that_of_the_network_with_these_maps_off(name: str) -> None:
    network, off = load_classifier(name), [3, 17, 40]
    silent = torch.zeros(2, 50, dtype=torch.bool)
    silent[1, off] = True
    found = score_silenced(network, DIGITS, silent)
    changed = with_changes(network, [MapChange("relu2", number, Change.OFF) for number in off])
    for one, scores in zip((network, changed), found.accuracy, strict=True):
        counts = confusion(DIGITS.labels, one(DIGITS.images()).argmax(1))
        assert torch.allclose(scores, 100 * counts.diagonal() / counts.sum(1))


def test_the_map_that_a_class_needs_most_raises_its_loss_most() -> None:
    network = load_classifier(STANDARD)
    order = rank_needed_maps(network, DIGITS, 50)
    loss = score_silenced(network, DIGITS, silence_each_alone(50)).loss
    assert [sorted(one) for one in order.tolist()] == [list(range(50))] * 10
    for label in range(10):
        assert loss[order[label, 0], label] == loss[:, label].max()


def test_a_class_without_digits_scores_nothing_and_spoils_no_other() -> None:
    found = score_silenced(load_classifier(STANDARD), DIGITS, torch.zeros(1, 50, dtype=torch.bool), classes=12)
    assert not found.accuracy[0, 10:].any() and found.accuracy[0, :10].min() > 40 and found.loss.isfinite().all()


def test_the_first_maps_of_an_order_are_silent_and_random_orders_differ_but_repeat() -> None:
    orders = draw_orders(7, 5, seed=1)
    assert torch.equal(orders, draw_orders(7, 5, seed=1)) and len({tuple(one) for one in orders.tolist()}) == 5
    silent = silence_first(orders, 3)
    assert silent.sum(1).tolist() == [3] * 5 and silent[0][orders[0, :3]].all()


# The study


def test_a_network_has_a_row_for_every_map_and_for_every_class_and_number_of_maps() -> None:
    data = tiny_set("cpu")
    rows = measure_silence(SHIPPED, STANDARD, tiny("cpu"), data)
    kinds = [row.silent for row in rows]
    assert [kinds.count(one) for one in (ALL_ON, ALONE, NEEDED, RANDOM)] == [1, 5, 10 * len(COUNTS), len(COUNTS)]
    everything = [row for row in rows if row.count == 5 and row.silent != ALONE]
    assert len({row.accuracy for row in everything}) == 1, "all five maps are off"


def test_a_seed_s_two_networks_share_their_features_and_repeat() -> None:
    (standard, missing), (again, _) = (load_or_train(made_dataset(120), "43") for _ in range(2))
    assert missing.features is standard.features and missing.inversion.name == "complement"
    assert all(torch.equal(one, other) for one, other in zip(standard.parameters(), again.parameters(), strict=True))
    assert not any(one.requires_grad for one in missing.parameters()) and not missing.training
    with pytest.raises(ValueError, match="at least one seed"):
        list_parts(0)


def test_the_record_holds_both_shipped_networks_and_five_seeds() -> None:
    record = load_recorded("needed-maps")
    assert {row["part"] for row in record["rows"]} == {*list_parts(5)}
    for name in (STANDARD, MISSING):
        costs = torch.tensor(list_costs(record, name))
        assert costs.shape == (50, 10) and costs.max() > 0


@pytest.mark.parametrize("count", COUNTS[1:])
def test_in_the_record_needed_maps_cost_a_class_more_than_random_ones_and_more_than_other_classes(count: int) -> None:
    record = load_recorded("needed-maps")
    found = compare_silence(record, count)
    assert len(found.own) == 5 and against_control(record, count).verdict == "lower"
    assert all(own < other for own, other in zip(found.own, found.others, strict=True))


@pytest.mark.mnist
@pytest.mark.slow
def test_the_recorded_costs_are_those_of_the_shipped_network() -> None:
    from core.digits import datasets

    record, network = load_recorded("needed-maps"), load_classifier(STANDARD)
    row = find_rows(record, part=SHIPPED, network=STANDARD, silent=NEEDED, count=5, needed_by=7)[0]
    silent = torch.zeros(1, 50, dtype=torch.bool)
    silent[0, row["maps"]] = True
    found = score_silenced(network, datasets.load("MNIST").test, silent)
    assert found.accuracy[0].tolist() == pytest.approx(row["accuracy"], abs=0.05)


# The view


def test_the_view_says_which_map_costs_most_and_how_random_maps_compare() -> None:
    app = open_page("feature_maps", view="Needed maps", needed=MISSING)
    assert address_of(app)["needed"] == MISSING and len(app.get("plotly_chart")) == 2
    most = max(max(costs) for costs in list_costs(load_recorded("needed-maps"), MISSING))
    assert "Without map " in text_of(app) and f"is read {most:.1f} points less often" in text_of(app)
    assert "as many random maps" in text_of(app) and "python -m core study needed-maps" in captions(app)
