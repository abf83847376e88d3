"""The program that reads one ONNX file: its parser and its operators could hang, crash or take all memory.

`translate_file.py < file.onnx > translated` writes a line of JSON, the description or `{"error": sentence}`, and the
weights as safetensors. It may use little time and memory, and open no file once it has read its input.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

TRIALS = "trial logits"  # the name of the logits beside the weights


def main() -> None:
    """Write what the file describes, and its logits for the trial digits."""
    sys.path.append(str(Path(__file__).parents[2]))
    from core.digits import render_document

    content = sys.stdin.buffer.read()
    translate = _load()
    render_document.confine()
    try:
        described, tensors = translate(content)
    except MemoryError:
        sys.exit(render_document.TOO_COSTLY)
    sys.stdout.buffer.write(json.dumps(described).encode() + b"\n" + tensors)


def _load() -> Callable[[bytes], tuple[dict[str, Any], bytes]]:
    """Return what translates a file, with all that it imports, also ONNX's operators: later no file can be opened."""
    import numpy as np
    from onnx import TensorProto, helper, reference
    from safetensors.numpy import save

    from core.onnx import checks, translation
    from core.onnx.description import OnnxError
    from core.onnx.trials import trial_digits

    value, result = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "first", [value], [result])
    reference.ReferenceEvaluator(helper.make_model(graph)).run(None, {"x": np.zeros(1, np.float32)})

    def translate(content: bytes) -> tuple[dict[str, Any], bytes]:
        try:
            described, weights, logits = translation.translate(checks.parse(content), trial_digits())
        except OnnxError as error:
            return {"error": str(error)}, b""
        except MemoryError:
            raise
        except Exception as error:  # a fault of ours, not of the file
            return {"error": f"This network could not be translated ({type(error).__name__})."}, b""
        return asdict(described), save({**weights, TRIALS: np.ascontiguousarray(logits, np.float32)})

    return translate


if __name__ == "__main__":
    main()
