"""Maps that a visitor changes by hand: what a link, or a browser after a click, says of them."""

from contextlib import suppress

from core.feature_maps.changed_maps import Change, MapChange
from core.system.number_format import with_minus
from dashboard import address
from dashboard.address.kinds import Kind, whole

CHANGED = "maps changed"  # key of the changes; None: a few maps that change the answer are off
MAX_CHANGES = 64  # changes at once
NOTHING, EVERY = "nothing", "all"  # as links write them
Changes = tuple[MapChange, ...]


def keep_changes(sent: str) -> None:
    """Keep the changes that a browser sends, written as links write them; nothing where it sends anything else."""
    with suppress(ValueError):
        address.change(CHANGED, CHANGES.read(sent))


def choose_change() -> Change:
    """Draw the choice of what a click makes of a map; return it. Links write a minus sign as a hyphen."""
    label = "A click makes a map"
    return address.segmented_control("change", label, list(Change), key="maps change", format_func=with_minus)


def choose_strength(changes: Changes, change: Change | None = None) -> float:
    """Draw the slider of all scaled maps if there are any, or if the next `change` makes one; return the factor."""
    used = change == Change.SCALED or any(one.change == Change.SCALED for one in changes)
    label = "Strength of scaled maps, in percent"
    return address.slider("strength", label, 0, 200, 150, 5, key="maps strength", shown=used) / 100


def _read_changes(text: str) -> Changes:
    words = [] if text == NOTHING else text.split(",")
    if len(words) > MAX_CHANGES:
        raise ValueError("too many changes")
    return tuple(dict.fromkeys(_read_change(word) for word in words))


def _read_change(text: str) -> MapChange:
    stage, number, change = text.split(".")
    if not 0 < len(stage) <= 40:
        raise ValueError("no name of a stage")
    return MapChange(stage, None if number == EVERY else whole(most=100_000).read(number), Change(change))


def _write_changes(changes: Changes) -> str:
    words = [f"{one.stage}.{EVERY if one.map is None else one.map}.{one.change}" for one in changes]
    return ",".join(words) or NOTHING


CHANGES = Kind(_read_changes, _write_changes)
