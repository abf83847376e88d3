"""Two networks with their cards, and a process that saves them in turn until it is killed.

`python -m tests.saved_networks FOLDER` starts one child for each line on stdin, and prints its number and its end.
"""

import os
import sys
from pathlib import Path
from typing import Any

from core.inversion.functions import features_hash, reset_head, with_inversion
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.zoo.checkpoints import Card, save_network
from tests.sample_digits import made_digits

IMAGES = made_digits(6).images()
REFERENCES = made_digits(30, seed=1)
STANDARD = build(ARCHITECTURES["talk"], seed=1).eval()
MISSING = with_inversion(STANDARD, "complement").eval()
reset_head(MISSING, seed=2)


def card_of(network: Classifier, name: str = "mine", **settings: Any) -> Card:
    architecture = settings.pop("architecture", "talk")
    dataset = {"name": "MNIST", "digits": 50_000, "sha256": "", "split": "train"}
    known = {"title": "Mine", "inversion": "identity", "track": "blind", "command": "", "recipe": {}}
    described = {"architecture": ARCHITECTURES[architecture].to_dict(), "features_sha256": features_hash(network)}
    return Card(name=name, epochs=1, seed=1, **{"dataset": dataset, **known, **described, **settings})


def save_for_ever(folder: Path) -> None:
    """Save one of the two networks after the other."""
    pairs = [(card_of(STANDARD, "killed"), STANDARD), (card_of(MISSING, "killed", inversion="complement"), MISSING)]
    while True:
        for card, network in pairs:
            save_network(card, network, folder)


if __name__ == "__main__":
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            save_for_ever(Path(sys.argv[1]))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("dead", flush=True)
