"""The forward pass of a classifier in the browser: `core.zoo.browser_layers` describes the layers, this computes them.

A component that needs it puts `SCRIPT` before its own code.
"""

from pathlib import Path

SCRIPT = Path(__file__).with_name("forward.js").read_text("utf-8")
