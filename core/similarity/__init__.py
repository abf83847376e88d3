"""The similarity shortcut: a digit whose feature maps are similar enough to a reference digit's gets its label.

`feature_vectors` turns maps into vectors, `reference_vectors` holds those of the reference digits, `lookup` finds the
nearest, `shortcut` reads digits, `thresholds` measures accuracy, and `timing` measures time. `digit_map` puts many
digits on a plane.
"""
