"""How the sets in MNIST's format are stored: their classes and files, in torchvision's layout and otherwise."""

import string
from dataclasses import dataclass
from pathlib import Path

from core.digits import folders

DIGIT_CLASSES = tuple("0123456789")
CLOTHING_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
KANA_CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CHARACTER_CLASSES = tuple(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
)  # small letters only where capitals look otherwise
LETTER_CLASSES = tuple(string.ascii_lowercase)  # each with its capital
ALL_CHARACTER_CLASSES = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)


@dataclass(frozen=True)
class Layout:
    """How torchvision stores a set. Its files are read here, since importing torchvision takes longer."""

    kind: str
    """Torchvision's class, which names the folder."""
    classes: tuple[str, ...] = DIGIT_CLASSES
    halves: tuple[str, str] = ("train", "t10k")
    labels_suffix: str = "labels-idx1-ubyte"
    transposed: bool = False
    """Whether rows and columns of the pictures are swapped in the published file."""
    test_count: int | None = None
    """How many pictures of the test file are used; None: all."""
    first_label: int = 0
    """The label of the first class in the file."""
    training_digits: int = 50_000
    """How many there are without those that validate."""
    megabytes: int = 12
    """What is downloaded for it, about; of EMNIST, one archive with all of its sets."""

    @property
    def names(self) -> list[str]:
        """The names of the files: images and labels of the training half, then of the test half."""
        return [f"{half}-{end}" for half in self.halves for end in ("images-idx3-ubyte", self.labels_suffix)]

    def paths(self, root: Path) -> list[Path]:
        """List the files under `root`, in the order of `names`, where torchvision has them."""
        return [root / self.kind / "raw" / name for name in self.names]

    def find(self, root: Path) -> list[Path] | None:
        """Return the files under `root` as `folders.find_files` does; None: there is none of them."""
        same = [other.kind for other in LAYOUTS.values() if other.halves == self.halves and other.kind != self.kind]
        any_folder = not same or self is LAYOUTS["MNIST"]
        return folders.find_files(root, self.kind, self.names, any_folder=any_folder, other_kinds=same)


def _emnist(split: str, classes: tuple[str, ...], training_digits: int = 50_000, first_label: int = 0) -> Layout:
    halves = (f"emnist-{split}-train", f"emnist-{split}-test")
    return Layout(
        "EMNIST",
        classes,
        halves,
        transposed=True,
        first_label=first_label,
        training_digits=training_digits,
        megabytes=562,
    )


LAYOUTS = {
    "MNIST": Layout("MNIST"),
    "Fashion-MNIST": Layout("FashionMNIST", CLOTHING_CLASSES, megabytes=31),
    "KMNIST": Layout("KMNIST", KANA_CLASSES, megabytes=21),
    "EMNIST balanced": _emnist("balanced", CHARACTER_CLASSES, 94_000),
    "EMNIST digits": _emnist("digits", DIGIT_CLASSES, 200_000),
    "EMNIST letters": _emnist("letters", LETTER_CLASSES, 104_000, first_label=1),
    "EMNIST byclass": _emnist("byclass", ALL_CHARACTER_CLASSES, 581_610),
    "EMNIST mnist": _emnist("mnist", DIGIT_CLASSES),
    # The first 10,000 of its 60,000 test digits are those of MNIST.
    "QMNIST": Layout(
        "QMNIST", DIGIT_CLASSES, ("qmnist-train", "qmnist-test"), "labels-idx2-int", test_count=10_000, megabytes=21
    ),
}
