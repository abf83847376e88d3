"""What frames every page: its head, the lesson bar, search, Share, and the projector mode."""

from pathlib import Path

FRAME_STYLESHEET = Path(__file__).with_name("frame.css")
LOGO = Path(__file__).with_name("logo.svg")
