"""The tests; helpers that several of them share are the modules not called `test_...`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of the repository
