"""A classifier in the browser: `core.zoo.browser_layers` describes the layers, `forward.js` computes them.

`prepare.js` makes the digit that they read from the ink of a canvas, as `core.digits.drawing` does; `changes.js`
changes maps as `core.feature_maps.changed_maps` does; `colors.js` paints them; `weights.js` fetches weights. A
component puts those that it needs before its own code.
"""

from pathlib import Path

_FILES = ("forward.js", "prepare.js", "changes.js", "colors.js", "weights.js")
SCRIPT, PREPARE, CHANGES, COLORS, WEIGHTS = (Path(__file__).with_name(name).read_text("utf-8") for name in _FILES)
