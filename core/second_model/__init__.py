"""The second model of 001: a network of the same architecture, trained on the first one's feature maps as pictures.

`pictures` makes pictures of maps, `learning` trains and tests both, `reasons` says how far maps are from digits.
"""

from core.second_model.learning import BOTH as BOTH
from core.second_model.learning import DIGITS as DIGITS
from core.second_model.learning import Accuracies as Accuracies
from core.second_model.learning import SecondModelConfig as SecondModelConfig
from core.second_model.learning import SecondModelResult as SecondModelResult
from core.second_model.learning import SecondModelStep as SecondModelStep
from core.second_model.learning import compare as compare
from core.second_model.learning import second_model as second_model
from core.second_model.pictures import map_digits as map_digits
from core.second_model.pictures import pair_of as pair_of
from core.second_model.pictures import to_pictures as to_pictures
from core.second_model.reasons import Reason as Reason
from core.second_model.reasons import find_reason as find_reason
