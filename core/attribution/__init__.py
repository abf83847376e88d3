"""Why this class: where a network looks, where a digit may be missing, how little must go to change the answer."""
