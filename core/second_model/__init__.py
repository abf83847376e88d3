"""The second model of 001: a network of the same architecture, trained on the first one's feature maps as pictures.

`pictures` makes pictures of maps, `learning` trains and tests both, `reasons` says how far maps are from digits.
"""

from core.second_model.domain_gap import Reason as Reason
from core.second_model.domain_gap import find_reason as find_reason
from core.second_model.map_images import map_digits as map_digits
from core.second_model.map_images import pair_of as pair_of
from core.second_model.map_images import to_pictures as to_pictures
from core.second_model.training import BOTH as BOTH
from core.second_model.training import DIGITS as DIGITS
from core.second_model.training import Accuracies as Accuracies
from core.second_model.training import SecondModelConfig as SecondModelConfig
from core.second_model.training import SecondModelResult as SecondModelResult
from core.second_model.training import SecondModelStep as SecondModelStep
from core.second_model.training import compare as compare
from core.second_model.training import second_model as second_model
