"""A short program that loads the weights of one of our networks in plain PyTorch, without this project."""

from torch import nn

from core.inversion.functions import INVERSIONS, Invert
from core.networks.classifier import MEAN, STD, Classifier, Normalize

PLAIN = (
    *("Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d", "Dropout", "Dropout2d", "Flatten", "Linear"),
    *("ReLU", "LeakyReLU", "SiLU", "Sigmoid", "Tanh", "ReLU6"),
)
INVERSION_CODE = {  # with `x` for the features, in the order of INVERSIONS
    "identity": "x",
    "negative": "-x",
    "complement": "1 - x",
    "six complement": "6 - x",
    "sixth complement": "1 - x / 6",
    "maximum complement": "x.amax(1, keepdim=True) - x",
    "share complement": "1 - x / x.amax(1, keepdim=True).clamp(min=1e-6)",
    "clamped complement": "(1 - x).clamp(min=0)",
}
PROGRAM = """\
import torch
from safetensors.torch import load_file
from torch import nn

features = nn.Sequential()
{features}
head = nn.Sequential()
{head}
nn.ModuleDict({{"features": features, "head": head}}).load_state_dict(load_file("{file}"))
features.eval(), head.eval()
images = torch.zeros(1, 1, 28, 28)  # digits with pixels from 0 to 1, ink 1
x = features((images - {mean}) / {std})
logits = head({inversion})
print(logits.softmax(1))
"""


def write_program(network: Classifier, file: str) -> str:
    """Return the program for weights in `file`. Raises ValueError, a sentence, for a stage that only we have."""
    inversion = network.inversion.name if isinstance(network.inversion, Invert) else "identity"
    if inversion not in INVERSION_CODE:
        formula = INVERSIONS[inversion].formula
        raise ValueError(f"There is no short program for a network with the inversion {formula}.")
    return PROGRAM.format(
        features=_stages("features", network.features),
        head=_stages("head", network.head),
        file=file,
        mean=MEAN,
        std=STD,
        inversion=INVERSION_CODE[inversion],
    )


def _stages(part: str, stages: nn.Sequential) -> str:
    lines = (
        f'{part}.add_module("{name}", nn.{_code(stage)})'
        for name, stage in stages.named_children()
        if not isinstance(stage, Normalize)
    )
    return "\n".join(lines)


def _code(stage: nn.Module) -> str:
    """Return the call that makes this stage; that is how PyTorch prints it."""
    if type(stage).__name__ not in PLAIN:
        raise ValueError(f"There is no short program for a network with the stage {type(stage).__name__}.")
    return repr(stage)
