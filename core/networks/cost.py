"""What a network costs, counted from its description before anything is built, and the limits of a shared machine.

Whether a network from outside (composed in a form, uploaded, or named in a job's settings) is small enough is checked
here and nowhere else; whether its stages fit one after another is a matter of `architectures`.
"""

from dataclasses import dataclass
from itertools import pairwise

from core.networks.architectures import ACTIVATIONS, KINDS, Architecture, Stage
from core.pmnist.masks import SIDE

MAX_STAGES, MAX_HIDDEN_LAYERS = 30, 4
MAX_BLOCKS, MAX_FILTERS, MAX_UNITS, MAX_CLASSES = 4, 64, 1024, 100
MAX_WINDOW, MAX_SPACING = 28, 8  # size of a window; its stride, padding and dilation
MAX_FIELD = 4 * SIDE  # pixels a side that one value of the last maps sees; a patch of each map is cut out in this size
# A file of 4.8 MB; some milliseconds to read a digit on one core.
MAX_PARAMETERS, MAX_OPERATIONS = 1_200_000, 40_000_000
MAX_VALUES, MAX_FEATURES = 250_000, 8_192
MAX_VALUES_AT_ONCE = 100_000_000  # 400 MB, and as much again for gradients
MAX_EPOCHS, MAX_GENERATOR_EPOCHS = 60, 30  # of MAX_DIGITS; of fewer digits a job may have more
MAX_DIGITS = 60_000
MAX_TRAINING_OPERATIONS = 4e13  # to read all digits of a training: about four hours of one core to learn from them

# The time for one value that a stage reads, in multiplications of a convolution: measured on one core with batches of
# 125 digits, where moving a value through memory takes longer than multiplying it.
WORK = {"shuffle": 500, "silu": 150, "sigmoid": 150, "tanh": 150}
OTHER_WORK = 100


@dataclass(frozen=True)
class Cost:
    """The size of a network, counted without building it."""

    parameters: int
    """As in `classifier.summarize`."""
    products: int
    """Multiplications of convolutions and dense layers to read one digit."""
    operations: int
    """All work to read one digit, in multiplications."""
    values: int
    """The largest number of output values of a stage for one digit."""
    total_values: int
    """All stages' output values for one digit, which training keeps."""
    features: int
    """Length of the vector that the head reads."""
    field: int
    """Side in pixels of the square that one value of the last maps depends on."""


def count_cost(architecture: Architecture, heads: int = 1) -> Cost:
    """Return the size of the network with one head or two. Raises ValueError for stages that do not fit."""
    parameters = products = others = 0
    channels, sizes, values = 1, (1, SIDE, SIDE), [SIDE * SIDE]
    field = step = 1
    for stage, sizes in zip(architecture.features, architecture.shapes(), strict=True):
        before = values[-1]
        values.append(sizes[0] * sizes[1] * sizes[2])
        if stage.kind == "conv":
            weights = channels * stage.size**2
            parameters += stage.filters * (weights + 1)
            products += values[-1] * weights
            channels = stage.filters
        parameters += 4 * channels if stage.kind == "norm" else 0
        others += 0 if stage.kind == "conv" else WORK.get(stage.kind, OTHER_WORK) * before
        field, step = _widen(field, step, stage)
    units = (values[-1], *architecture.hidden, architecture.classes)
    parameters += heads * sum((inputs + 1) * outputs for inputs, outputs in pairwise(units))
    products += heads * sum(inputs * outputs for inputs, outputs in pairwise(units))
    return Cost(
        parameters=parameters,
        products=products,
        operations=products + others,
        values=max(*values, *units),
        total_values=sum(values) + 2 * heads * sum(units),
        features=values[-1],
        field=field,
    )


def _widen(field: int, step: int, stage: Stage) -> tuple[int, int]:
    """Return the side of the square that a value sees after this stage, and the distance of two such squares."""
    match stage.kind:
        case "conv":
            return field + stage.dilation * (stage.size - 1) * step, step * stage.stride
        case "pool" | "mean_pool":
            return field + (stage.size - 1) * step, step * stage.size
    return field, step


def check_size(architecture: Architecture, heads: int = 1) -> Cost:
    """Return the size of the network with one head or two.

    Raises ValueError, a sentence, if it is impossible or above the limits.
    """
    _check_layers(architecture)
    for number, stage in enumerate(architecture.features, 1):
        _check_stage(number, stage)
    cost = count_cost(architecture, heads)
    smaller, closer = "pool more, or use fewer filters or units", "use smaller windows or strides"
    for what, found, most, remedy in (
        ("learn {:,} parameters", cost.parameters, MAX_PARAMETERS, smaller),
        ("multiply {:,} times for each digit", cost.products, MAX_OPERATIONS, smaller),
        ("take as long as {:,} multiplications for each digit", cost.operations, MAX_OPERATIONS, smaller),
        ("keep {:,} values of one stage", cost.values, MAX_VALUES, smaller),
        ("give {:,} values to its head", cost.features, MAX_FEATURES, smaller),
        ("see {:,} pixels a side in one value of its last maps", cost.field, MAX_FIELD, closer),
    ):
        if found > most:
            raise ValueError(
                f"This network would {what.format(found)}; the limit is {most:,}, since all users share this machine: "
                f"{remedy}."
            )
    return cost


def _check_layers(architecture: Architecture) -> None:
    if len(architecture.features) > MAX_STAGES:
        raise ValueError(f"A network has at most {MAX_STAGES} stages, not {len(architecture.features):,}.")
    if len(architecture.hidden) > MAX_HIDDEN_LAYERS:
        raise ValueError(f"A network has at most {MAX_HIDDEN_LAYERS} hidden layers, not {len(architecture.hidden):,}.")
    if any(not 1 <= units <= MAX_UNITS for units in architecture.hidden):
        raise ValueError(f"A hidden layer has from 1 to {MAX_UNITS:,} units.")
    if not 2 <= architecture.classes <= MAX_CLASSES:
        raise ValueError(f"A network tells from 2 to {MAX_CLASSES} classes apart.")
    if architecture.activation not in ACTIVATIONS:
        raise ValueError(f"The activation of hidden units is {', '.join(ACTIVATIONS)}.")
    rates = [architecture.dropout, *(stage.rate for stage in architecture.features if stage.kind == "drop")]
    if not all(0 <= rate < 1 for rate in rates):
        raise ValueError("Dropout removes a share from 0 up to 1.")


def _check_stage(number: int, stage: Stage) -> None:
    if stage.kind not in KINDS:
        raise ValueError(f"Stage {number} is of no known kind; there are {', '.join(KINDS)}.")
    limits = {"filters": MAX_FILTERS, "size": MAX_WINDOW, "padding": MAX_SPACING}
    limits |= {"stride": MAX_SPACING, "dilation": MAX_SPACING}
    for name, most in limits.items():
        if getattr(stage, name) > most:
            raise ValueError(f"Stage {number} ({stage.kind}): its {name} is at most {most}.")


def check_batch(cost: Cost, batch: int) -> None:
    """Raise ValueError, a sentence, if training would keep more values for a batch of so many digits than fit."""
    if batch * cost.total_values > MAX_VALUES_AT_ONCE:
        raise ValueError(
            f"A batch of {batch:,} digits would keep {batch * cost.total_values:,} values at once; the limit is "
            f"{MAX_VALUES_AT_ONCE:,}: use a batch of at most {MAX_VALUES_AT_ONCE // cost.total_values:,}, or fewer "
            "filters or units."
        )


def check_length(epochs: int, digits: int, *, most: int = MAX_EPOCHS, work: int = 1) -> None:
    """Raise ValueError, a sentence, for a job of more digits, counted in every epoch, than `most` epochs of MAX_DIGITS.

    `work` is the number of passes per digit, relative to training without an attack.
    """
    if epochs * digits * work > most * MAX_DIGITS:
        attacked = f", each {work} times the work for its attack," if work > 1 else ""
        raise ValueError(
            f"{epochs} epochs of {digits:,} digits{attacked} are more than a job may take, {most} epochs of "
            f"{MAX_DIGITS:,}: choose fewer epochs or fewer digits."
        )


def check_training(operations: int, digits: int) -> None:
    """Raise ValueError, a sentence, if learning from so many digits takes too long; a digit counts in every epoch.

    `operations` is the work to read one of them.
    """
    if operations * digits > MAX_TRAINING_OPERATIONS:
        raise ValueError(
            f"This training would take too long: {operations * digits / 1e9:,.0f} billion multiplications for all "
            f"epochs; the limit is {MAX_TRAINING_OPERATIONS / 1e9:,.0f} billion. Choose fewer epochs, fewer digits or "
            "a smaller network."
        )


def check_cached_features(cost: Cost, digits: int) -> None:
    """Raise ValueError, a sentence, if the frozen features of so many digits, which are kept, do not fit in memory."""
    if digits * cost.features > MAX_VALUES_AT_ONCE:
        raise ValueError(
            f"The frozen features of {digits:,} digits would be {digits * cost.features:,} values; the limit is "
            f"{MAX_VALUES_AT_ONCE:,}: use a smaller share of the digits, or pool more."
        )
