"""What to look at inside a network: all maps of one digit, how two digits' maps differ, and the filters of every layer.

Networks are walked through, never hooked: they are shared by everyone who looks at them.
"""

from core.feature_maps.filters import Filters as Filters
from core.feature_maps.filters import Move as Move
from core.feature_maps.filters import list_filters as list_filters
from core.feature_maps.filters import measure_move as measure_move
from core.feature_maps.peaks import MapPeak as MapPeak
from core.feature_maps.stages import StageMaps as StageMaps
from core.feature_maps.stages import differ as differ
from core.feature_maps.stages import look as look
from core.feature_maps.stages import present as present
from core.feature_maps.stages import relative_change as relative_change
from core.feature_maps.stages import to_npz as to_npz
