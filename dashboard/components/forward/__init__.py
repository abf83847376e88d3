"""A classifier in the browser: `core.zoo.browser_layers` describes the layers, `forward.js` computes them.

`prepare.js` makes the digit that they read from the ink of a canvas, as `core.digits.drawing` does; `changes.js`
changes maps as `core.feature_maps.changed_maps` does; `weights.js` fetches weights. A component puts those that it
needs before its own code.
"""

from pathlib import Path

_FILES = ("forward.js", "prepare.js", "changes.js", "weights.js")
SCRIPT, PREPARE, CHANGES, WEIGHTS = (Path(__file__).with_name(name).read_text("utf-8") for name in _FILES)
