"""The similarity shortcut of 001: a digit whose feature maps resemble those of one seen before takes over its label.

`vectors` turns maps into feature vectors, `lookup` finds the nearest, `seen` keeps those of the digits seen first,
`shortcut` reads digits so, `outcomes` says what a threshold is worth, `timing` what it costs.
"""

from core.similarity.lookup import Found as Found
from core.similarity.lookup import Lookup as Lookup
from core.similarity.reference_vectors import Seen as Seen
from core.similarity.reference_vectors import remember as remember
from core.similarity.shortcut import Answer as Answer
from core.similarity.shortcut import Reading as Reading
from core.similarity.shortcut import Shortcut as Shortcut
from core.similarity.thresholds import Outcome as Outcome
from core.similarity.thresholds import Survey as Survey
from core.similarity.thresholds import WrongHit as WrongHit
from core.similarity.thresholds import choose_thresholds as choose_thresholds
from core.similarity.thresholds import judge as judge
from core.similarity.thresholds import quantiles as quantiles
from core.similarity.thresholds import survey as survey
from core.similarity.thresholds import wrong_hits as wrong_hits
from core.similarity.timing import Costs as Costs
from core.similarity.timing import Timing as Timing
from core.similarity.timing import measure_costs as measure_costs
from core.similarity.timing import measure_time as measure_time
from core.similarity.vectors import LAST as LAST
from core.similarity.vectors import list_stages as list_stages
from core.similarity.vectors import map_statistics as map_statistics
