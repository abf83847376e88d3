"""A classifier in the browser: `core.zoo.browser_layers` describes the layers, `forward.js` computes them.

`multiply.js` multiplies for it with `multiply.wasm`, whose source is `multiply.wat`. `prepare.js` makes the digit that
networks read from the ink of a canvas, as `core.digits.drawing` does; `changes.js` changes maps as
`core.feature_maps.changed_maps` does; `colors.js` paints them; `weights.js` fetches weights. A component joins those
that it needs to its own code.
"""

import base64
from pathlib import Path

_here = Path(__file__).parent
_FILES = ("forward.js", "multiply.js", "prepare.js", "changes.js", "colors.js", "weights.js")
_forward, _multiply, PREPARE, CHANGES, COLORS, WEIGHTS = ((_here / name).read_text("utf-8") for name in _FILES)
_code = base64.b64encode((_here / "multiply.wasm").read_bytes()).decode()
SCRIPT = f'const MULTIPLY = "{_code}";\n{_multiply}\n{_forward}'
