"""The arms of the study of missing features: where each starts, what it trains, and its matched control.

Every arm that continues from a network trains for as many epochs again, so each has a matched control among the arms.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from core.pmnist.masks import CUTS

COLUMNS = ("whole", *CUTS, "DCUT code", "TCUT code", "RAND3")
"""What each arm reads: whole digits; the talk's cuts; two as its code makes them; three squares at other places."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One method of training a network for partial digits."""

    title: str
    control: str | None = None
    """The arm that differs only in the method under study."""
    start: str | None = None
    """The arm whose network it continues from; None: from scratch."""
    inversion: str = "identity"
    head: Literal["kept", "reset", "equal"] = "kept"
    """Of the start network; `equal`: rewritten to give the same logits with the inversion as without."""
    learns: Literal["head", "head and conv biases", "everything"] = "everything"
    alternating: bool = False
    """Whether identity and the inversion alternate, epoch by epoch."""
    activation: str | None = None
    """After the convolutions, instead of the architecture's own."""
    learning_rate: float | None = None
    """None: the study's."""
    two_heads: bool = False
    """Whether a second head is added and both learn together, summed; with the inversion `both` it reads 1 - x."""
    draw: int = 1
    """The number of the random weights of a head that is reset."""
    heads: tuple[str, ...] = ()
    """The arms whose logits are summed; such an arm trains nothing."""
    partial: bool = False
    """Trained on digits cut like the test digits: an upper bound, which the talk excludes."""

    @property
    def track(self) -> str:
        return "partial samples" if self.partial else "blind"

    @property
    def costly(self) -> bool:
        """Whether convolutions are trained beyond the standard network's: far slower than training a head."""
        again = self.start is not None or self.inversion != "identity" or self.two_heads or self.partial
        return self.activation is not None or (again and self.learns != "head" and not self.heads)


def _missing(title: str, inversion: str = "complement", **settings: str) -> Arm:
    """Return a missing-feature head over the frozen features of the standard network."""
    chosen = {"start": "standard", "head": "reset", "control": "control", **settings}
    return Arm(title=title, inversion=inversion, learns="head", **chosen)  # type: ignore[arg-type]


def _with_activation(activation: str, name: str, inversion: str, formula: str) -> dict[str, Arm]:
    """Return a standard network with another activation, its missing-feature head, and the head's control."""
    start, control = f"standard-{name}", f"control-{name}"
    return {
        start: Arm(title=f"Standard, {name}", activation=activation),
        control: Arm(title=f"Control, {name}", start=start, head="reset", learns="head", activation=activation),
        f"missing-{name}": Arm(
            title=f"{name}: {formula}",
            start=start,
            head="reset",
            learns="head",
            activation=activation,
            inversion=inversion,
            control=control,
        ),
    }


def _at(rate: float, *names: str) -> dict[str, Arm]:
    """Return arms that do not learn at the study's learning rate at a smaller one, each with its control."""
    arms = {f"{name}-{rate}": AT_THE_SAME_RATE[name] for name in names}
    return {
        name: replace(
            arm,
            title=f"{arm.title}, learning rate {rate}",
            learning_rate=rate,
            control=f"{arm.control}-{rate}" if arm.control else None,
        )
        for name, arm in arms.items()
    }


AT_THE_SAME_RATE = {
    "standard": Arm(title="Standard"),
    "control": Arm(title="Control (no inversion)", start="standard", head="reset", learns="head"),
    "control-no-reset": Arm(title="Control, no reset", start="standard", learns="head"),
    "missing-feature": _missing("Missing-feature: 1 - x"),
    "missing-no-reset": _missing("No reset: 1 - x", head="kept", control="control-no-reset"),
    "missing-equal-start": _missing("Equal start: 1 - x", head="equal", control="control-no-reset"),
    "missing-alternating": Arm(
        title="Alternating: x, 1 - x",
        start="standard",
        head="reset",
        learns="head",
        inversion="complement",
        alternating=True,
        control="control",
    ),
    "missing-negative": _missing("-x", "negative"),
    "missing-clamped": _missing("max(1 - x, 0)", "clamped complement"),
    "missing-maximum": _missing("max(x) - x", "maximum complement"),
    "missing-share": _missing("1 - x/max(x)", "share complement"),
    "two-ordinary-heads": Arm(title="Two ordinary heads", heads=("standard", "control")),
    "synergy": Arm(title="Synergy", heads=("standard", "missing-feature"), control="two-ordinary-heads"),
    "standard-longer": Arm(title="Standard, twice as long", start="standard"),
    "missing-from-scratch": Arm(title="From scratch: 1 - x", inversion="complement", control="standard"),
    "missing-unfrozen": Arm(
        title="Not frozen: 1 - x",
        start="standard",
        head="reset",
        inversion="complement",
        control="standard-longer",
    ),
    "missing-free-biases": Arm(  # as the published code freezes
        title="Conv biases not frozen: 1 - x",
        start="standard",
        head="reset",
        inversion="complement",
        learns="head and conv biases",
        control="control",
    ),
    **_with_activation("sigmoid", "sigmoid", "complement", "1 - x"),
    **_with_activation("tanh", "tanh", "negative", "-x"),
    **_with_activation("relu6", "relu6", "six complement", "6 - x"),
    "missing-relu6-sixth": Arm(
        title="relu6: 1 - x/6",
        start="standard-relu6",
        head="reset",
        learns="head",
        activation="relu6",
        inversion="sixth complement",
        control="control-relu6",
    ),
    **_with_activation("leaky_relu", "leaky-relu", "complement", "1 - x"),
    **_with_activation("silu", "swish", "complement", "1 - x"),
    "partial-samples": Arm(title="Trained on partial samples", partial=True),
}
# The second paper's code has three more kinds of synergy: `synergy_ntf` sums two retrained heads, the two heads of
# `tr_synergy_tf` learn together over frozen features, and in `tr_synergy` the features learn with them. Their record is
# a file of its own, as its seeds are fewer.
SECOND_PAPER = {
    "control-second": Arm(title="Control, second head", start="standard", head="reset", draw=2, learns="head"),
    "two-retrained-heads": Arm(title="Two retrained ordinary heads", heads=("control", "control-second")),
    "synergy-retrained": Arm(
        title="Synergy, both heads retrained", heads=("control", "missing-feature"), control="two-retrained-heads"
    ),
    "two-heads-together": Arm(
        title="Two ordinary heads trained together", start="standard", head="reset", learns="head", two_heads=True
    ),
    "synergy-together": Arm(
        title="Synergy, heads trained together",
        start="standard",
        head="reset",
        learns="head",
        two_heads=True,
        inversion="both",
        control="two-heads-together",
    ),
    "two-heads-from-scratch": Arm(title="Two ordinary heads from scratch", two_heads=True),
    "synergy-from-scratch": Arm(
        title="Synergy from scratch", two_heads=True, inversion="both", control="two-heads-from-scratch"
    ),
}
RECORDED_ARMS = {
    **AT_THE_SAME_RATE,
    **_at(0.01, "control", "missing-share", "control-sigmoid", "missing-sigmoid", "control-relu6"),
    **_at(0.01, "missing-relu6-sixth"),
    **_at(0.001, "control", "missing-maximum", "control-relu6", "missing-relu6"),
}
ARMS = RECORDED_ARMS | SECOND_PAPER

# The log of the talk's published code (seed 42, 10 + 10 epochs, final epoch), in percent; its cuts are the code's.
PUBLISHED_LOG = {
    "standard": (99.13, 44.71, 57.46, 52.97, 40.68),
    "missing-from-scratch": (98.90, 48.96, 64.64, 59.59, 34.62),
    "missing-feature": (99.18, 52.33, 60.45, 55.40, 41.19),
    "missing-no-reset": (99.21, 56.07, 66.07, 56.01, 41.73),
    "missing-alternating": (99.05, 41.60, 69.66, 62.49, 46.40),
}
PUBLISHED_LOG_COLUMNS = ("whole", "HCUT", "VCUT", "DCUT code", "TCUT code")


def with_required_arms(names: Iterable[str]) -> tuple[str, ...]:
    """Return the arms in their order, with the controls, starts and heads that they need.

    Raises ValueError for a name that is no arm.
    """
    required, pending = set[str](), list(names)
    while pending:
        name = pending.pop()
        if name not in ARMS:
            raise ValueError(f"There is no arm called {name!r}; there are {', '.join(ARMS)}.")
        if name not in required:
            required.add(name)
            pending += [*ARMS[name].heads, *filter(None, [ARMS[name].control, ARMS[name].start])]
    return tuple(name for name in ARMS if name in required)
