"""What to look at inside a network: all maps of one digit, how two digits' maps differ, and the filters of every layer.

Networks are walked through, never hooked: they are shared by everyone who looks at them.
"""
