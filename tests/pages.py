"""Pages under Streamlit's AppTest, through the real entry script: open one, run it again, read what it shows."""

import base64
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget

from tests import ROOT

LIMIT = 300  # seconds for one run of a page: a busy machine was seen to be seven times slower than a quiet one


def open_page(name: str, *, state: Mapping[str, object] | None = None, **params: str) -> AppTest:
    """Open a page as a link with these parameters does, in a session that holds `state`; return it as shown."""
    app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=LIMIT)
    for key, value in (state or {}).items():
        app.session_state[key] = value
    app.query_params.update(params)
    return go_to(app, name)


def go_to(app: AppTest, name: str) -> AppTest:
    """Change to another page in the same session, and return the app."""
    return rerun(app.switch_page(f"../pages/{name}.py"))


def rerun(app: AppTest | Widget) -> AppTest:
    """Run the page again, after what was set or clicked; fail where it shows an exception."""
    shown = app.run()
    assert not shown.exception, shown.exception[0].message
    return shown


def press(app: AppTest, key: str) -> AppTest:
    """Click the button of this key, also if a place follows it (`quiz 3 at 0.1`), and return the page afterwards."""
    placed = [one.key for one in app.button if one.key and one.key.startswith(f"{key} at ")]
    return rerun(app.button(key=placed[0] if placed else key).click())


def html(app: AppTest) -> str:
    """Return all of the page's own HTML."""
    return "".join(element.proto.body for element in app.main.get("html"))


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def text_of(app: AppTest) -> str:
    """Return all words of the page: Markdown, captions, and messages of every colour."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success)
    return " ".join(element.value for kind in kinds for element in kind)


def first_sentence(app: AppTest) -> str:
    """Return the first sentence that is bold from end to end: what the view's picture shows."""
    bold = (element.value[2:-2] for element in app.main.markdown if element.value.startswith("**"))
    return next(text for text in bold if text.endswith(".") and "**" not in text)


def address_of(app: AppTest) -> dict[str, str]:
    """Return the parameters of the page's address."""
    return {name: values[0] if isinstance(values, list) else values for name, values in app.query_params.items()}


def drawn_seven() -> dict[str, object]:
    """Return what the browser sends when a seven has been drawn."""
    canvas = Image.new("L", (280, 280))
    ImageDraw.Draw(canvas).line([(70, 60), (210, 60), (130, 230)], 255, 24, joint="curve")
    content = base64.b64encode(to_runs(np.asarray(canvas))).decode()
    return {"sent": {"board": "", "number": 1, "going": False, "cleared": 0, "content": content}}


def to_runs(ink: NDArray[np.uint8]) -> bytes:
    """Return ink as the browser sends it: each run of equal pixels, 255 at most, as its length and its value."""
    flat = ink.ravel()
    starts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]]).tolist()
    pieces = [
        (start, min(end, start + 255), flat[first])
        for first, last in pairwise([*starts, flat.size])
        for start, end in ((at, last) for at in range(first, last, 255))
    ]
    return bytes(byte for start, end, value in pieces for byte in (end - start, value))
