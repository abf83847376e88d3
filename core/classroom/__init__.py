"""Rooms: who plays the quiz together, and what they said, in SQLite beside the runs or in PostgreSQL (by URL).

Nothing personal is kept: an answer is of a player, and a player is a number drawn for one game.
"""
