"""The tables that need many runs: arms, the bench they are trained on, what many seeds say, and what is recorded."""
