"""Widgets and outputs that several pages use."""
