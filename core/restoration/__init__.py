"""Restoring networks: fill a hole whose mask is known, or find the hole first."""
