"""Activation maximisation: images optimised to maximise a class, a map or a neuron.

Objective, parameterization, regularizers and loop are separate modules, as in lucid.
"""
