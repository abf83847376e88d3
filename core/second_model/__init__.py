"""The second model: a network of the same architecture, trained on the first one's feature maps as images.

`map_images` turns maps into images, `training` trains and tests both networks, `domain_gap` compares maps with digits.
"""
