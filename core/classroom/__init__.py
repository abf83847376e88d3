"""The quiz, its scores, lessons, and rooms of people who play the quiz together.

Rooms are stored in SQLite beside the runs, or in PostgreSQL (by URL). Nothing personal is stored, unless somebody types
it: a player is a random number, drawn for one game or made for one class, and a nickname, drawn unless one is chosen.
"""
