"""Architectures as data, the classifier built from them, composing one, evaluation, and a growing hole."""
