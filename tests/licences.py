"""Write docs/licences.md, the licences of all locked packages: `python -m tests.licences`, part of `make lock`."""

import re
from importlib import metadata
from pathlib import Path

from tests import ROOT

PAGE = ROOT / "docs" / "licences.md"
APP, ALL = ROOT / "requirements.lock", ROOT / "requirements-tests.lock"
BY_HAND = {  # what the metadata does not say
    "audioop-lts": "PSF-2.0",
    "axe-playwright-python": "MIT",
    "colorama": "BSD-3-Clause",
    "cuda-toolkit": "NVIDIA proprietary",
    "resvg-py": "MIT",
    **dict.fromkeys(("standard-aifc", "standard-chunk", "standard-sunau"), "PSF-2.0"),
}
HEAD = """# Licences

Negative Space itself is under the [MIT licence](../LICENSE). It uses the packages below, as they say themselves;
`make lock` writes this page. nvidia-*, cuda-* and triton come with torch on Linux; `make setup CPU_INDEX=...` leaves
them out.

| package | licence | needed by |
|---|---|---|
"""


def main() -> None:
    """Write the page; packages that this platform does not need keep their line."""
    PAGE.write_text(HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows(written())), encoding="utf-8")


def rows(known: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return name, licence and who needs it of each locked package; `known` licences are those not installed here."""
    app = locked(APP)
    found = {name: licence_of(name) or BY_HAND.get(name) or known.get(name, "?") for name in locked(ALL)}
    return [(name, licence, "app" if name in app else "tests") for name, licence in found.items()]


def written() -> dict[str, str]:
    """Return the licences that the page names, by package."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    return dict(re.findall(r"^\| ([a-z0-9.-]+) \| (.+?) \|", text, re.M)[1:])


def locked(path: Path) -> dict[str, set[str]]:
    """Return the versions of each package in a lock file; there may be one for each version of Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.M):
        found.setdefault(name, set()).add(version)
    return found


def licence_of(name: str) -> str | None:
    """Return an installed package's licence as its metadata states it; None where it is not installed."""
    try:
        stated = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classes = [line.split(" :: ")[-1] for line in stated.get_all("Classifier") or () if line.startswith("License")]
    text = (stated.get("License") or "").strip()
    found = stated.get("License-Expression") or ", ".join(classes) or text.split("\n")[0] or BY_HAND.get(name, "?")
    return found.replace("|", "/")


if __name__ == "__main__":
    main()
