"""A set looked at: means, spreads, unusual digits, doubtful labels; and how a batch is stored (D2)."""

from itertools import product

import numpy as np
import pytest
import torch

from core.digits import exploration, storage_order
from core.digits.datasets import Digits
from core.digits.storage_order import ORDERS, Storage
from core.networks import doubtful_labels
from tests.own_sets import pictures
from tests.sample_digits import made_digits


def of_own(count: int = 100) -> Digits:
    pixels, labels = pictures(count)
    return Digits(torch.from_numpy(pixels), torch.from_numpy(labels))


def test_e4_mean_and_spread_of_every_class_are_those_of_its_digits(monkeypatch):
    monkeypatch.setattr(exploration, "CHUNK", 30)
    digits = of_own()
    found = exploration.summarize_classes(digits, 6)
    assert found.counts.tolist() == [20] * 5 + [0] and not found.means[5].any()
    mine = digits.images(digits.labels == 3)[:, 0]
    torch.testing.assert_close(found.means[3], mine.mean(0))
    torch.testing.assert_close(found.spreads[3], mine.std(0, correction=0), atol=1e-3, rtol=0)


def test_e4_a_digit_unlike_its_class_is_the_most_unusual_one():
    digits = of_own()
    digits.pixels[42] = 255 - digits.pixels[42]
    found = exploration.find_unusual(digits, exploration.summarize_classes(digits, 5), 3)
    assert [len(one) for one in found] == [3] * 5
    assert int(found[int(digits.labels[42])][0]) == 42


def test_e4_wrong_labels_are_found_by_cross_fitting():
    digits = of_own(200)
    wrong = [7, 90, 133]
    digits.labels[wrong] = (digits.labels[wrong] + 2) % 5
    found = doubtful_labels.cross_fit(digits, 5)
    assert found.shape == (200, 5) and np.allclose(found.sum(1), 1, atol=1e-5)
    assert sorted(doubtful_labels.find_doubtful(found, digits.labels.numpy(), 10)) == wrong


def test_nothing_is_doubtful_where_all_is_read_as_labelled():
    found = doubtful_labels.find_doubtful(np.eye(3, dtype=np.float32), np.arange(3), 5)
    assert not len(found)


def test_a_digit_that_no_part_could_learn_from_is_not_doubtful():
    digits = of_own(4)
    digits.labels[:] = torch.tensor([1, 1, 1, 2])  # each quarter is one digit; without the last, one class is left
    found = doubtful_labels.cross_fit(digits, 5)
    assert not found[3].any()
    assert 3 not in doubtful_labels.find_doubtful(found, digits.labels.numpy(), 4)


WAYS = [Storage(order, scaled, one_hot) for order, scaled, one_hot in product(ORDERS, (False, True), (False, True))]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_d2_the_code_that_is_shown_makes_what_is_shown(way):
    digits = made_digits(5)
    x, y = storage_order.store(digits, way, 10)
    assert x.shape == tuple(5 if one == "n" else int(one) for one in way.order.strip("()").split(", "))
    code = storage_order.write_conversions(way, 10)
    for library, given in (
        ("PyTorch", {"x": digits.pixels, "y": digits.labels}),
        ("NumPy", {"x": digits.pixels.numpy(), "y": digits.labels.numpy()}),
    ):
        made = dict(given)
        exec(code[library], made)  # ours
        assert np.array_equal(np.asarray(made["x"]), x) and np.array_equal(np.asarray(made["y"]), y)
        assert str(np.asarray(made["x"]).dtype) == str(x.dtype)
    assert ("to_categorical" in code["Keras"]) == way.one_hot and ("/ 255" in code["Keras"]) == way.scaled
