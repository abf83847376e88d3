"""Adversarial noise that one can watch evolve: every attack is a generator of AttackStep records.

The attacked network must let gradients through to its pixels and is never changed.
"""
