"""Ask the public advisories about every package of this environment: `python -m tests.audit`, part of `make check`.

Exit 1 for a known vulnerability that a newer version mends; where nobody can be asked, one line says so.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

REACH, LIMIT = 5, 60  # seconds to answer at all, and for all packages


def main() -> int:
    """Print the known vulnerabilities; return 1 when a newer version mends one."""
    try:
        found = audit()
    except (OSError, subprocess.SubprocessError, ValueError):
        print("pip-audit: the advisories cannot be asked from here.")
        return 0
    for line in report(found):
        print(line)
    return int(any(vulnerability["fix_versions"] for one in found for vulnerability in one.get("vulns", ())))


def audit() -> list[dict[str, Any]]:
    """Return pip-audit's answer for each package. Raises OSError, SubprocessError or ValueError without a network."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", f"{REACH}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return dependencies


def report(found: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each vulnerability, and a summary."""
    for one in found:
        for vulnerability in one.get("vulns", ()):
            mended = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            yield f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {mended}"
    asked = sum("skip_reason" not in one for one in found)
    yield f"pip-audit: {asked} of {len(found)} packages are known to the advisories that can be asked from here."


if __name__ == "__main__":
    raise SystemExit(main())
