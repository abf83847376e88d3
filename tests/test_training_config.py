"""Settings that cannot be trained with, each refused in one sentence."""

import pytest

from core.training.config import TrainConfig


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "Epochs must be at least 1, not 0."),
        ({"epochs": 1.5}, "Epochs must be a whole number, not 1.5."),
        ({"batch": "many"}, "Batch must be a whole number, not 'many'."),
        ({"batch": -3}, "Batch must be at least 1, not -3."),
        ({"report_every": 0}, "Report every must be at least 1, not 0."),
        ({"learning_rate": 0.0}, "The learning rate must be a number above 0, not 0.0."),
        ({"learning_rate": float("nan")}, "The learning rate must be a number above 0, not nan."),
        ({"learning_rate": float("inf")}, "The learning rate must be a number above 0, not inf."),
        ({"l2": -0.1}, "The L2 strength must be 0 or more, not -0.1."),
        ({"l2": float("nan")}, "The L2 strength must be 0 or more, not nan."),
        ({"penalty": -0.1}, "The penalty strength must be 0 or more, not -0.1."),
        ({"power": 0.5}, "The power of the penalty must be a number from 1 on, not 0.5."),
        ({"power": float("inf")}, "The power of the penalty must be a number from 1 on, not inf."),
        ({"device": "tpu"}, "Choose cpu or cuda or mps, not 'tpu'."),
        ({"momentum": float("nan")}, "The momentum must be a number from 0 up to 1, not nan."),
        ({"momentum": 1.0}, "The momentum must be a number from 0 up to 1, not 1.0."),
        ({"optimizer": "rmsprop"}, "Choose sgd or adam, not 'rmsprop'."),
        ({"schedule": "cosine"}, "Choose constant or one cycle, not 'cosine'."),
        (
            {"schedule": "one cycle", "slow_epochs": 1},
            "Slow epochs need a constant learning rate: one cycle ends slowly by itself.",
        ),
        ({"nesterov": True, "momentum": 0.0}, "Nesterov momentum needs a momentum above 0."),
        ({"label_smoothing": 1.0}, "Label smoothing must be a number from 0 up to 1, not 1.0."),
        ({"precision": "float8"}, "Choose float32 or bfloat16, not 'float8'."),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(settings, said):
    with pytest.raises(ValueError) as refused:
        TrainConfig(**settings)
    assert str(refused.value) == said


def test_m16_an_unknown_inversion_is_refused_before_any_training():
    with pytest.raises(ValueError, match="There is no inversion called 'mirrored'"):
        TrainConfig(alternate=("identity", "mirrored"))
