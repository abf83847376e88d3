"""A classifier in the browser: `core.zoo.browser_layers` describes the layers, `forward.js` computes them.

`prepare.js` makes the digit that they read from the ink of a canvas, as `core.digits.drawing` does. A component that
needs them puts `SCRIPT`, `PREPARE` or both before its own code.
"""

from pathlib import Path

SCRIPT, PREPARE = (Path(__file__).with_name(name).read_text("utf-8") for name in ("forward.js", "prepare.js"))
