"""The two large forms in addresses: how a picture climbs, and how a network is trained."""

from __future__ import annotations

from dashboard.address.choices import FLAG, NETWORK, NUMBER, TEXT, WHOLE, WORD, WORDS, Choice, Choices, number


def climbing(key: str, *, starts: bool = False) -> Choices:
    """Return how a picture climbs; each preset has settings of its own."""
    kinds = {"steps": WHOLE, "seed": WHOLE, "jitter": WHOLE} | ({"starts": WHOLE} if starts else {})
    kinds |= dict.fromkeys(("step_size", "noise", "ink", "variation", "decay", "widest"), NUMBER)
    kinds |= {"blur": WORD, "parameterization": WORD}
    preset = Choice("preset", f"{key} preset", WORD, always=True)
    return preset, *(
        Choice(name.replace("_", "-"), f"{key} {{{key} preset}} {name}", kind) for name, kind in kinds.items()
    )


def training() -> Choices:
    """Return the form of a training: everything that its preset fills in, and the blocks of a network of one's own."""
    fields = {
        "start": NETWORK,
        "network": WORD,
        "title": TEXT,
        "frozen": WORDS,
        "reset": WORDS,
        "inversion": WORD,
        "epochs": WHOLE,
        "optimizer": WORD,
        "learning rate": NUMBER,
        "momentum": NUMBER,
        "batch": WHOLE,
        "l2": NUMBER,
        "penalty": NUMBER,
        "power": NUMBER,
        "seed": WHOLE,
        "attack": WORD,
        "epsilon": NUMBER,
        "held out": FLAG,
        "share": WHOLE,
        "device": WORD,
        "dataset": WORD,
    }
    own = {"blocks": WHOLE, "hidden": WHOLE, "dropout": number(0, 0.9)}
    for block in range(1, 5):
        parts = dict.fromkeys(("Filters", "Size", "Stride", "Padding", "Dilation", "Pool size"), WHOLE)
        parts |= dict.fromkeys(("Activation", "Batch norm", "Pooling"), WORD) | {"drop": NUMBER}
        own |= {f"Block {block} {part}": kind for part, kind in parts.items()}
    filled = tuple(Choice(_name(one), f"train {one}", kind, per="train preset") for one, kind in fields.items())
    return (
        Choice("preset", "train preset", WORD),
        *filled,
        *(Choice(_name(one), f"train {one}", kind) for one, kind in own.items()),
    )


def _name(words: str) -> str:
    return words.lower().replace(" ", "-")
