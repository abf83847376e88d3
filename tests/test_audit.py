"""What is made of pip-audit's answers, and of none."""

import pytest

from tests import audit

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found"}


def flawed(*fixed_in: str) -> dict:
    return {"name": "flawed", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": list(fixed_in)}]}


@pytest.mark.parametrize(
    ("found", "line", "fails"),
    [
        ([SOUND, UNKNOWN], "pip-audit: 1 of 2 packages are known", False),
        ([SOUND, flawed("2.1", "3.0")], "flawed 2.0: PYSEC-1, mended in 2.1, 3.0\n", True),
        ([flawed()], "flawed 2.0: PYSEC-1, mended in no version yet\n", False),
    ],
)
def test_only_what_a_newer_version_mends_fails(found, line, fails, monkeypatch, capsys):
    monkeypatch.setattr(audit, "audit", lambda: found)
    assert audit.main() == fails
    assert line in capsys.readouterr().out


def test_without_an_answer_it_says_so_in_one_line(monkeypatch, capsys):
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    assert audit.main() == 0
    assert capsys.readouterr().out == "pip-audit: the advisories cannot be asked from here.\n"
