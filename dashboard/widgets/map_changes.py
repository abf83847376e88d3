"""Maps that a visitor changes by hand: what a link says of them, and what a click or a brush does."""

from collections.abc import Sequence
from contextlib import suppress

from core.feature_maps.changed_maps import Change, MapChange
from dashboard import address
from dashboard.address.kinds import Kind, whole
from dashboard.components.board import Chosen

CHANGED = "maps changed"  # key of the changes; None: a few maps that change the answer are off
MAX_CHANGES = 64  # changes at once
NOTHING, EVERY = "nothing", "all"  # as links write them
Changes = tuple[MapChange, ...]


def with_switched(chosen: Sequence[Chosen], changes: Changes, change: Change, *, every: bool) -> Changes:
    """Return the changes after these maps of one stage, or the whole stage, were changed.

    If the first of them is changed so already, all of them are taken back.
    """
    new = [MapChange(one.row, None if every else one.tile, change) for one in (chosen[:1] if every else chosen)]
    places = {(one.stage, one.map) for one in new}
    others = tuple(one for one in changes if (one.stage, one.map) not in places)
    return others if new[0] in changes else (*others, *new)[-MAX_CHANGES:]


def switch(chosen: Sequence[Chosen], changes: Changes, change: Change, *, every: bool) -> None:
    """Change the maps that were clicked or brushed, before the page is drawn again."""
    address.change(CHANGED, with_switched(chosen, changes, change, every=every))


def keep_changes(sent: str) -> None:
    """Keep the changes that a browser sends, written as links write them; nothing where it sends anything else."""
    with suppress(ValueError):
        address.change(CHANGED, CHANGES.read(sent))


def choose_strength(changes: Changes, change: Change | None = None) -> float:
    """Draw the slider of all scaled maps if there are any, or if the next `change` makes one; return the factor."""
    used = change == Change.SCALED or any(one.change == Change.SCALED for one in changes)
    label = "Strength of scaled maps, in percent"
    return address.slider("strength", label, 0, 200, 150, 5, key="maps strength", shown=used) / 100


def _read_changes(text: str) -> Changes:
    words = [] if text == NOTHING else text.split(",")
    if len(words) > MAX_CHANGES:
        raise ValueError("too many changes")
    return tuple(_read_change(word) for word in words)


def _read_change(text: str) -> MapChange:
    stage, number, change = text.split(".")
    if not 0 < len(stage) <= 40:
        raise ValueError("no name of a stage")
    return MapChange(stage, None if number == EVERY else whole(most=100_000).read(number), Change(change))


def _write_changes(changes: Changes) -> str:
    words = [f"{one.stage}.{EVERY if one.map is None else one.map}.{one.change}" for one in changes]
    return ",".join(words) or NOTHING


CHANGES = Kind(_read_changes, _write_changes)
