"""Trained networks by name: checkpoints and their cards, and the recipe of each."""
