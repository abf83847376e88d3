"""Natural corruptions of digits: shift, scale, rotation, blur, noise, contrast, salt and pepper, negative.

`geometry` moves and blurs pictures; `kinds` names the corruptions, with their strengths and units, and applies them.
"""
