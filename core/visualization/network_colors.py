"""One colour per network, the same on every page, readable on light and dark and by colour-blind eyes."""

from zlib import crc32

from core.visualization import palette

# Okabe and Ito's palette for the networks that are shown most, colours near it for the rest.
NETWORK_COLORS = {
    "standard": palette.BLUE,
    "missing-feature": palette.VERMILION,
    "missing-no-reset": palette.ORANGE,
    "missing-alternating": palette.PINK,
    "missing-from-scratch": palette.BROWN,
    "control": palette.GRAY,
    "synergy": palette.PURPLE,
    "assignment": palette.SKY_BLUE,
    "robust": palette.RED,
    "restoring": palette.GREEN,
    "restoring-blind": palette.OLIVE,
    "local-dense": palette.MOSS,
    "local-dense-shuffled": palette.OCHRE,
    "local-conv": palette.TEAL,
    "local-conv-shuffled": palette.ROSE,
}
OTHER_COLORS = (palette.ROSE, palette.MOSS, palette.TEAL, palette.MAUVE)

# Of what is read: whole digits, and each cut.
COLUMN_COLORS = {
    "whole": palette.BLUE,
    "HCUT": palette.VERMILION,
    "VCUT": palette.GREEN,
    "DCUT": palette.PURPLE,
    "TCUT": palette.ORANGE,
}

# Of ten goals side by side, classes or starts; neighbours differ in lightness too.
GOAL_COLORS = (
    palette.BLUE,
    palette.VERMILION,
    palette.GREEN,
    palette.PINK,
    palette.OCHRE,
    palette.SKY_BLUE,
    palette.PURPLE,
    palette.BROWN,
    palette.OLIVE,
    palette.GRAY,
)


def color_of(name: str) -> str:
    """Return the network's colour; a name that is not shipped gets one of its own for good."""
    return NETWORK_COLORS.get(name) or OTHER_COLORS[crc32(name.encode()) % len(OTHER_COLORS)]
