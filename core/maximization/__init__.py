"""What fires a neuron: pictures that climb an objective of a network's own (003 §3).

An objective, a parameterization, regularizers and the loop are separate pieces; objectives add up.
"""
