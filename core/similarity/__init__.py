"""The similarity shortcut of 001: a digit whose feature maps resemble those of one seen before takes over its label.

`vectors` turns maps into feature vectors, `lookup` finds the nearest, `seen` keeps those of the digits seen first,
`shortcut` reads digits so, `outcomes` says what a threshold is worth, `timing` what it costs.
"""
