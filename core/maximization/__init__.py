"""What fires a neuron: pictures that climb an objective of a network's own (003 §3).

An objective, a parameterization, regularizers and the loop are separate pieces; objectives add up.
"""

from core.maximization.kept_steps import Kept, keep, to_npz
from core.maximization.loop import PRESETS, MaximizationConfig, MaximizationStep, maximize
from core.maximization.objective_names import FORMS, Question, ask
from core.maximization.objectives import (
    LOGITS,
    ClassLogit,
    MapMean,
    Neuron,
    Objective,
    check_objective,
    measure_stages,
    see,
)
from core.maximization.parameterizations import PARAMETERIZATIONS
from core.maximization.regularizers import BLURS, blur, blur_width
from core.maximization.top_digits import Exciting, excite_most, filter_of, map_of

__all__ = [
    "BLURS",
    "FORMS",
    "LOGITS",
    "PARAMETERIZATIONS",
    "PRESETS",
    "ClassLogit",
    "Exciting",
    "Kept",
    "MapMean",
    "MaximizationConfig",
    "MaximizationStep",
    "Neuron",
    "Objective",
    "Question",
    "ask",
    "blur",
    "blur_width",
    "check_objective",
    "excite_most",
    "filter_of",
    "keep",
    "map_of",
    "maximize",
    "measure_stages",
    "see",
    "to_npz",
]
