"""What a browser does before it uploads pictures: it takes dropped and pasted ones, and makes large ones smaller.

`picture_intake(uploader, ...)` stands beside an `st.file_uploader` for pictures and says there why a file is refused.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

FILES = ("picture_intake.html", "picture_intake.css", "picture_intake.js")
_html, _css, _js = (Path(__file__).with_name(name).read_text("utf-8") for name in FILES)
_component = st.components.v2.component("negative_space.picture_intake", html=_html, css=_css, js=_js)


@dataclass(frozen=True)
class IntakeOptions:
    """What may be sent."""

    side: int  # pixels of the longer side: a larger picture is made smaller if the browser can decode it
    max_bytes: int
    accept: str  # what the browser offers to choose, as in HTML
    cookie: str  # without this cookie the server refuses uploads; "" if it needs none


def picture_intake(uploader: str, options: IntakeOptions) -> None:
    """Prepare the files for the `st.file_uploader` on this page that has the key `uploader`."""
    name = f"st-key-{re.sub('[^a-zA-Z0-9_-]', '-', uploader)}"  # the class that Streamlit gives it
    _component(key=f"{uploader}/intake", data={"uploader": name, **asdict(options)})
