"""The quiz and its scores, lessons, rooms that play the quiz together, and classes that a teacher leads.

A class can be asked questions, and its drawings can be collected. All this is stored in SQLite beside the runs, or in
PostgreSQL (by URL). Nothing personal is stored, unless somebody types it: a player is a random number, drawn for one
game or made for one class, and a nickname, drawn unless one is chosen.
"""
