"""Runs from before they were private: others could read their folders, and the visitors' numbers in them."""

import json
import re
from collections.abc import Callable
from contextlib import suppress

from core.jobs import run_folders
from core.system.files import write_atomically
from core.system.parsing import parse_json

NUMBER = re.compile(r"[0-9a-f]{32}")


def make_private(to_id: Callable[[str], str]) -> None:
    """Let only this user read the run folders, and replace the visitors' numbers in them by ids.

    Leave what cannot be written. A run from before has no field `origin`.
    """
    for path in run_folders.runs_folder().glob("[!.]*/job.json"):
        with suppress(OSError, ValueError, AttributeError, TypeError):  # what holds no run
            path.parent.chmod(run_folders.PRIVATE)
            submitted = parse_json(path.read_bytes())
            if "origin" not in submitted and NUMBER.fullmatch(str(submitted.get("visitor"))):
                changed = {**submitted, "visitor": to_id(submitted["visitor"]), "origin": ""}
                write_atomically(path, json.dumps(changed).encode())
