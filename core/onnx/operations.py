"""The operations of networks from ONNX files as PyTorch modules, and a classifier made of them.

Where PyTorch has a module for an operation it is used, so that every tool finds convolutions, ReLUs and poolings.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.networks.block import Block
from core.networks.classifier import Classifier
from core.onnx.description import Node, OnnxDescription, OnnxError


class Scaled(nn.Module):
    """Pixels from 0 to 1 as the network of a file wants them: `scale * pixel + shift`."""

    scale: Tensor
    shift: Tensor
    file: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("shift", torch.zeros(()))
        self.register_buffer("file", torch.zeros(32, dtype=torch.uint8))  # its hash: features of two files differ

    def forward(self, images: Tensor) -> Tensor:
        return images * self.scale + self.shift

    def bound(self, *given: float) -> float:
        return given[0] * float(self.scale.abs()) + float(self.shift.abs())


class Constant(nn.Module):
    """A value and a constant: their sum or their product."""

    number: Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.register_buffer("number", torch.zeros(tuple(sizes)))

    def largest(self) -> float:
        return float(self.number.abs().max())


class Scale(Constant):
    """A value times a constant."""

    def forward(self, value: Tensor) -> Tensor:
        return value * self.number

    def bound(self, *given: float) -> float:
        return given[0] * self.largest()


class Shift(Constant):
    """A value plus a constant."""

    def forward(self, value: Tensor) -> Tensor:
        return value + self.number

    def bound(self, *given: float) -> float:
        return given[0] + self.largest()


class Function(nn.Module):
    """A function of one or several values, without weights; `largest` bounds the result by bounds on these."""

    def __init__(self, function: Callable[..., Tensor], largest: Callable[..., float] = max) -> None:
        super().__init__()
        self.function, self.largest = function, largest

    def forward(self, *values: Tensor) -> Tensor:
        return self.function(*values)

    def bound(self, *given: float) -> float:
        return self.largest(*given) if len(given) > 1 else given[0] if self.largest is max else self.largest(*given)


class Reshape(nn.Module):
    """The values of each digit in other sizes."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)

    def forward(self, value: Tensor) -> Tensor:
        return value.reshape(len(value), *self.sizes)

    def bound(self, *given: float) -> float:
        return given[0]


def _function(function: Callable[..., Tensor], largest: Callable[..., float] = max) -> Callable[[], nn.Module]:
    return lambda: Function(function, largest)


def _sum(*bounds: float) -> float:
    return sum(bounds)


MODULES: dict[str, Callable[..., nn.Module]] = {
    "conv": nn.Conv2d,
    "linear": nn.Linear,
    "norm": nn.BatchNorm2d,
    "vector_norm": nn.BatchNorm1d,
    "pool": nn.MaxPool2d,
    "mean_pool": nn.AvgPool2d,
    "global_pool": nn.AdaptiveMaxPool2d,
    "global_mean_pool": nn.AdaptiveAvgPool2d,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "prelu": nn.PReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "hard_swish": nn.Hardswish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "gelu": nn.GELU,
    "mish": nn.Mish,
    "clip": nn.Hardtanh,
    "softmax": nn.Softmax,
    "pad": nn.ConstantPad2d,
    "flatten": nn.Flatten,
    "reshape": Reshape,
    "scale": Scale,
    "shift": Shift,
    "abs": _function(torch.abs),
    "erf": _function(torch.erf, lambda _: 1.0),
    "add": _function(torch.add, _sum),
    "subtract": _function(torch.sub, _sum),
    "multiply": _function(torch.mul, lambda a, b: a * b),
    "maximum": _function(torch.maximum),
    "minimum": _function(torch.minimum),
    "concat": lambda dim: Function(lambda *values: torch.cat(values, dim)),
    "permute": lambda order: Function(lambda value: value.permute(order)),
    "mean": lambda dims, keepdim: Function(lambda value: value.mean(dims, keepdim=keepdim)),
    "largest": lambda dims, keepdim: Function(lambda value: value.amax(dims, keepdim=keepdim)),
    # A window of the max pooling that follows holds at least one value of the picture.
    "pad_lowest": lambda padding: Function(lambda value: nn.functional.pad(value, padding, value=-1e30)),
}
ACTIVATIONS = (
    *("relu", "leaky_relu", "elu", "selu", "prelu", "relu6", "sigmoid", "tanh", "hard_swish", "softplus"),
    *("softsign", "gelu", "mish", "clip"),
)


@dataclass(frozen=True)
class StagePlan:
    """One stage of a classifier: which nodes it computes, by number, and its name."""

    name: str
    nodes: tuple[int, ...]


def build_classifier(described: OnnxDescription) -> Classifier:
    """Return the network of a description, with weights that are to be loaded. Raises OnnxError.

    Its stages are the places where everything passes through one value; between two of them lies one operation, or a
    block of several. The features end with the last maps, flattened.
    """
    features, head = plan_stages(described.nodes)
    stages: OrderedDict[str, nn.Module] = OrderedDict(normalize=Scaled())
    stages |= {plan.name: _module(plan, described.nodes) for plan in features}
    stages.setdefault("flatten", nn.Flatten())
    rest = OrderedDict((plan.name, _module(plan, described.nodes)) for plan in head)
    if not any(isinstance(module, nn.Linear) for stage in rest.values() for module in stage.modules()):
        rest["fc1"] = _same(described.nodes[-1].shape[0])
    return Classifier(nn.Sequential(stages), nn.Sequential(rest)).eval()


def _same(units: int) -> nn.Linear:
    """Return a dense layer that changes nothing, for a network that ends with its maps."""
    layer = nn.Linear(units, units)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(units))
        layer.bias.zero_()
    return layer


def parameter_places(described: OnnxDescription) -> dict[str, str]:
    """Return where each weight belongs: the name in the description, such as "3.", and the prefix in the classifier."""
    features, head = plan_stages(described.nodes)
    places = {}
    for part, plans in (("features", features), ("head", head)):
        for plan in plans:
            for step, number in enumerate(plan.nodes, 1):
                inside = f"steps.{step}{described.nodes[number - 1].kind}." if len(plan.nodes) > 1 else ""
                places[f"{number}."] = f"{part}.{plan.name}.{inside}"
    return places


def plan_stages(nodes: Sequence[Node]) -> tuple[list[StagePlan], list[StagePlan]]:
    """Return the stages of features and head. Raises OnnxError where maps and head cannot be told apart."""
    groups = list(_groups(nodes))
    ranks = [3, *(len(nodes[group[-1] - 1].shape) for group in groups)]
    last = max(at for at, rank in enumerate(ranks) if rank == 3)  # so many groups give maps
    inside, outside = groups[:last], groups[last:]
    if outside and nodes[outside[0][-1] - 1].kind == "flatten" and len(outside[0]) == 1:
        inside, outside = groups[: last + 1], groups[last + 1 :]
    elif outside:
        raise OnnxError("This network has no place where its last maps are flattened, so it cannot be looked into.")
    counts: Counter[str] = Counter()
    features = [StagePlan(_name(nodes, group, counts), group) for group in inside]
    counts.clear()
    return features, [StagePlan(_name(nodes, group, counts, head=True), group) for group in outside]


def _groups(nodes: Sequence[Node]) -> Iterator[tuple[int, ...]]:
    """Yield the nodes between two places where the network has only one value, of maps or of units."""
    last_use = {one: number for number, node in enumerate(nodes, 1) for one in node.inputs}
    group: list[int] = []
    for number, node in enumerate(nodes, 1):
        group.append(number)
        alone = all(last_use.get(one, 0) <= number for one in range(number))
        if alone and len(node.shape) in (1, 3) and node.kind not in ("permute", "pad_lowest") or number == len(nodes):
            yield tuple(group)
            group = []


def _name(nodes: Sequence[Node], group: tuple[int, ...], counts: Counter[str], *, head: bool = False) -> str:
    kind = nodes[group[-1] - 1].kind if len(group) == 1 else "block"
    if kind == "flatten" and not head:
        return kind
    counts[kind] += 1
    if head and kind == "linear":
        return f"fc{counts[kind]}"
    if head and kind in ACTIVATIONS:
        return f"fc_{kind}{counts[kind]}"
    return f"fc_{kind}{counts[kind]}" if head else f"{kind}{counts[kind]}"


def _module(plan: StagePlan, nodes: Sequence[Node]) -> nn.Module:
    made = [_single(nodes[number - 1]) for number in plan.nodes]
    if len(made) == 1:
        return made[0]
    first = plan.nodes[0] - 1  # the number of the block's input
    inputs = [tuple(one - first for one in nodes[number - 1].inputs) for number in plan.nodes]
    names = (f"{step}{nodes[number - 1].kind}" for step, number in enumerate(plan.nodes, 1))
    return Block(list(zip(names, made, strict=True)), inputs)


def _single(node: Node) -> nn.Module:
    settings = {name: tuple(one) if isinstance(one, list) else one for name, one in node.settings.items()}
    return MODULES[node.kind](**settings)
