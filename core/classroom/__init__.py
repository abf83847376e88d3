"""The quiz, its scores, lessons, and rooms of people who play the quiz together.

Rooms are stored in SQLite beside the runs, or in PostgreSQL (by URL). Nothing personal is stored: a player is a random
number, drawn for one game, and a nickname, drawn too unless one is chosen.
"""
