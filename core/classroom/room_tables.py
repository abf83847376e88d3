"""The tables of rooms, of those who play in them or follow a teacher, of their answers and of what they draw."""

import sqlalchemy as sql

TABLES = sql.MetaData()
ROOMS = sql.Table(
    "rooms",
    TABLES,
    sql.Column("code", sql.String(4), primary_key=True),
    sql.Column("seed", sql.BigInteger, nullable=False),
    sql.Column("data", sql.String(40), nullable=False),
    sql.Column("told", sql.Boolean, nullable=False),
    sql.Column("opened", sql.Double, nullable=False),
    sql.Column("opener", sql.String(64), nullable=False),
)


def _room() -> sql.Column[str]:
    """Return the column of the room to which a row belongs; the row is deleted with the room."""
    return sql.Column("room", sql.ForeignKey(ROOMS.c.code, ondelete="CASCADE"), primary_key=True)


# The primary key makes an answer that arrives twice count once, and is the index of all queries.
ANSWERS = sql.Table(
    "answers",
    TABLES,
    _room(),
    sql.Column("round", sql.Integer, primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("player", sql.String(32), primary_key=True),
    sql.Column("digit", sql.Integer, nullable=False),
    sql.Column("cut", sql.String(8), nullable=False),
    sql.Column("label", sql.Integer, nullable=False),
    sql.Column("said", sql.Integer, nullable=False),
)
# Who opened a room, so that nobody opens too many. Rooms from before this table have no row here.
OPENINGS = sql.Table(
    "openings",
    TABLES,
    _room(),
    sql.Column("visitor", sql.String(64), nullable=False),
    sql.Column("origin", sql.String(16), nullable=False),
)
# Nicknames, each once in a room. They are deleted with the room.
PLAYERS = sql.Table(
    "players",
    TABLES,
    _room(),
    sql.Column("player", sql.String(32), primary_key=True),
    sql.Column("name", sql.String(40), nullable=False),
    sql.UniqueConstraint("room", "name"),
)
# Games at the teacher's pace: a room without a row here is played at each player's own pace.
GAMES = sql.Table(
    "games",
    TABLES,
    _room(),
    sql.Column("questions", sql.Integer, nullable=False),
    sql.Column("cuts", sql.String(40), nullable=False),
    sql.Column("seconds", sql.Integer, nullable=False),
    sql.Column("podium", sql.Boolean, nullable=False),
    sql.Column("round", sql.Integer, nullable=False),
    sql.Column("stage", sql.String(10), nullable=False),
    sql.Column("number", sql.Integer, nullable=False),
    sql.Column("asked", sql.Double, nullable=False),
)
# What the questions of such a game are. Games from before this table have no row here: theirs are partial digits.
GAME_KINDS = sql.Table("game_kinds", TABLES, _room(), sql.Column("kind", sql.String(20), nullable=False))
# Rooms in which phones follow a teacher from page to page; no quiz is played in them.
LED_ROOMS = sql.Table(
    "led_rooms",
    TABLES,
    _room(),
    sql.Column("page", sql.String(40), nullable=False),
    sql.Column("params", sql.Text, nullable=False),
    sql.Column("moves", sql.Integer, nullable=False),
    sql.Column("frozen", sql.Boolean, nullable=False),
)
FOLLOWERS = sql.Table(
    "followers",
    TABLES,
    _room(),
    sql.Column("player", sql.String(32), primary_key=True),
    sql.Column("following", sql.Boolean, nullable=False),
    sql.Column("seen", sql.Double, nullable=False),
)
# Classes that collect drawings now, each with the digits that it wants.
COLLECTIONS = sql.Table("collections", TABLES, _room(), sql.Column("wanted", sql.String(10), nullable=False))
# What was given to a class. A giver is a hash that differs from class to class.
DRAWINGS = sql.Table(
    "drawings",
    TABLES,
    _room(),
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("giver", sql.String(64), nullable=False),
    sql.Column("label", sql.Integer, nullable=False),
    sql.Column("pixels", sql.LargeBinary, nullable=False),
    sql.Column("given", sql.Double, nullable=False),
    sql.Column("hidden", sql.Boolean, nullable=False),
)
# What the teacher of such a room asks; a room has one question at a time.
CLASS_QUESTIONS = sql.Table(
    "class_questions",
    TABLES,
    _room(),
    sql.Column("number", sql.Integer, nullable=False),
    sql.Column("text", sql.Text, nullable=False),
    sql.Column("is_open", sql.Boolean, nullable=False),
)
# One answer of each player to each question; it is deleted with the player.
CLASS_ANSWERS = sql.Table(
    "class_answers",
    TABLES,
    sql.Column("room", sql.String(4), primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("player", sql.String(32), primary_key=True),
    sql.Column("words", sql.Text, nullable=False),
    sql.Column("digit", sql.LargeBinary),
    sql.Column("given", sql.Double, nullable=False),
    sql.ForeignKeyConstraint(["room", "player"], [PLAYERS.c.room, PLAYERS.c.player], ondelete="CASCADE"),
)
# Steps of lessons whose answer the teacher has released.
RELEASED_STEPS = sql.Table(
    "released_steps",
    TABLES,
    _room(),
    sql.Column("lesson", sql.String(40), primary_key=True),
    sql.Column("step", sql.Integer, primary_key=True),
)
