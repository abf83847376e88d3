"""Adversarial noise that one can watch evolve: every attack is a generator of AttackStep records.

The attacked network must let gradients through to its pixels and is never changed.
"""

from core.adversarial.config import METHODS as METHODS
from core.adversarial.config import NORMS as NORMS
from core.adversarial.config import PRESETS as PRESETS
from core.adversarial.config import AttackConfig as AttackConfig
from core.adversarial.gradients import fgsm as fgsm
from core.adversarial.gradients import perturb as perturb
from core.adversarial.gradients import pgd as pgd
from core.adversarial.lbfgs import LbfgsStep as LbfgsStep
from core.adversarial.lbfgs import lbfgs as lbfgs
from core.adversarial.photograph import Photo as Photo
from core.adversarial.photograph import photograph as photograph
from core.adversarial.photograph import survival as survival
from core.adversarial.steps import AttackStep as AttackStep
from core.adversarial.steps import fooled as fooled
from core.adversarial.sticker import StickerStep as StickerStep
from core.adversarial.sticker import sticker as sticker
from core.adversarial.universal import NoiseResult as NoiseResult
from core.adversarial.universal import UniversalConfig as UniversalConfig
from core.adversarial.universal import UniversalStep as UniversalStep
from core.adversarial.universal import add_noise as add_noise
from core.adversarial.universal import measure_noise as measure_noise
from core.adversarial.universal import nine_examples as nine_examples
from core.adversarial.universal import universal_noise as universal_noise
