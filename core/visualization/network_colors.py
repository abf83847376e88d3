"""One colour per network, the same on every page, readable on light and dark and by colour-blind eyes."""

from zlib import crc32

# Okabe and Ito's palette for the networks that are shown most, colours near it for the rest.
NETWORK_COLORS = {
    "standard": "#3B82C4",
    "missing-feature": "#D55E00",
    "missing-no-reset": "#E69F00",
    "missing-alternating": "#CC79A7",
    "missing-from-scratch": "#A5793B",
    "control": "#8A8F98",
    "synergy": "#8F6BC9",
    "assignment": "#56B4E9",
    "robust": "#B2182B",
    "restoring": "#009E73",
    "restoring-blind": "#7A9A01",
    "local-dense": "#5C8A3A",
    "local-dense-shuffled": "#B08900",
    "local-conv": "#4E9A9A",
    "local-conv-shuffled": "#B2555B",
}
OTHER_COLORS = ("#B2555B", "#5C8A3A", "#4E9A9A", "#9A6A9A")

# Of what is read: whole digits, and each cut.
COLUMN_COLORS = {"whole": "#3B82C4", "HCUT": "#D55E00", "VCUT": "#009E73", "DCUT": "#8F6BC9", "TCUT": "#E69F00"}

# Of ten goals side by side, classes or starts; neighbours differ in lightness too.
GOAL_COLORS = (
    "#3B82C4",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#B08900",
    "#56B4E9",
    "#8F6BC9",
    "#A5793B",
    "#7A9A01",
    "#8A8F98",
)


def color_of(name: str) -> str:
    """Return the network's colour; a name that is not shipped gets one of its own for good."""
    return NETWORK_COLORS.get(name) or OTHER_COLORS[crc32(name.encode()) % len(OTHER_COLORS)]
