"""The second model of 001: a network of the same architecture, trained on the first one's feature maps as pictures.

`pictures` makes pictures of maps, `learning` trains and tests both, `reasons` says how far maps are from digits.
"""
