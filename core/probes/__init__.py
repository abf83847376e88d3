"""The answer after each layer: linear probes on what a network has computed so far, and where an answer is lost."""
