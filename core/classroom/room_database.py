"""The rooms' two tables in SQLite or PostgreSQL; errors of the database become sentences."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from core.jobs.run_folders import runs_folder
from core.system import locks

DATABASE_VARIABLE = "NEGATIVE_SPACE_DATABASE"
LOCK_TIMEOUT = 20  # seconds that a writer waits for others, on SQLite
TIMEOUT = 5  # seconds for a server that does not answer
# Seconds without a new attempt after a failure: else every answer of thirty people would wait for the database.
RETRY_AFTER = 5.0
# Names the PostgreSQL lock under which replicas that start at once create the tables, one after the other.
CREATE_TABLES_LOCK = 2019

_TABLES = sql.MetaData()
ROOMS = sql.Table(
    "rooms",
    _TABLES,
    sql.Column("code", sql.String(4), primary_key=True),
    sql.Column("seed", sql.BigInteger, nullable=False),
    sql.Column("data", sql.String(40), nullable=False),
    sql.Column("told", sql.Boolean, nullable=False),
    sql.Column("opened", sql.Double, nullable=False),
    sql.Column("opener", sql.String(64), nullable=False),
)
# The primary key makes an answer that arrives twice count once, and is the index of all queries.
ANSWERS = sql.Table(
    "answers",
    _TABLES,
    sql.Column("room", sql.ForeignKey(ROOMS.c.code, ondelete="CASCADE"), primary_key=True),
    sql.Column("round", sql.Integer, primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("player", sql.String(32), primary_key=True),
    sql.Column("digit", sql.Integer, nullable=False),
    sql.Column("cut", sql.String(8), nullable=False),
    sql.Column("label", sql.Integer, nullable=False),
    sql.Column("said", sql.Integer, nullable=False),
)


class RoomError(ValueError):
    """A room that does not exist or cannot be changed; the message is one sentence."""


class RoomUnreachable(RoomError):
    """The database cannot be used now; keep unsent answers and try again."""


def database_url() -> str:
    """Return the URL of the rooms' database: NEGATIVE_SPACE_DATABASE, else a SQLite file beside the runs."""
    beside = sql.URL.create("sqlite", database=str(runs_folder() / "rooms.db"))
    return os.environ.get(DATABASE_VARIABLE) or beside.render_as_string()


class Database:
    """The tables at one URL. Any number of threads and processes may use them at once."""

    def __init__(self, url: str) -> None:
        """Prepare the connection; nothing is opened before the first use. Raises RoomError for an invalid URL."""
        try:
            self._engine = _engine(url)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            raise RoomError(
                f"{DATABASE_VARIABLE} is no address of a database: it begins like postgresql+psycopg://name@host/."
            ) from None
        self._first_use, self._ready, self._rest_until = threading.Lock(), False, 0.0

    def insert_new(self, table: sql.Table) -> Any:
        """Return a statement that inserts rows and skips those whose key exists."""
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    @contextmanager
    def begin(self) -> Iterator[sql.Connection]:
        """Yield a transaction, committed unless an error is raised. Raises RoomError for every database error."""
        if time.monotonic() < self._rest_until:
            raise RoomUnreachable("The rooms' database does not answer; it is tried again in a few seconds.")
        try:
            self._make_tables()
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise RoomError("This room no longer exists.") from None
        except (SQLAlchemyError, OSError) as error:
            self._rest_until = time.monotonic() + RETRY_AFTER
            raise RoomUnreachable(_sentence(error)) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _make_tables(self) -> None:
        with self._first_use:
            if not self._ready:
                with _lock_tables(self._engine) as connection:
                    for table in _TABLES.sorted_tables:
                        connection.execute(CreateTable(table, if_not_exists=True))
                self._ready = True


def _engine(url: str) -> sql.Engine:
    where = sql.make_url(url)
    match where.get_backend_name():
        case "sqlite" if where.database:
            engine = sql.create_engine(where, connect_args={"timeout": LOCK_TIMEOUT})
            sql.event.listen(engine, "connect", _enforce_foreign_keys)
            return engine
        case "postgresql":
            limits = {
                "connect_timeout": TIMEOUT,
                "tcp_user_timeout": 1000 * TIMEOUT,
                "options": f"-c statement_timeout={1000 * TIMEOUT}",
            }
            return sql.create_engine(where, pool_pre_ping=True, pool_timeout=TIMEOUT, connect_args=limits)
    raise ValueError


def _enforce_foreign_keys(connection: Any, _: object) -> None:
    """Make SQLite refuse answers to rooms that do not exist, as PostgreSQL does."""
    connection.execute("PRAGMA foreign_keys = ON")


@contextmanager
def _lock_tables(engine: sql.Engine) -> Iterator[sql.Connection]:
    """Yield a transaction for creating tables: of two processes that create one at the same time, one would fail."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sql.select(sql.func.pg_advisory_xact_lock(CREATE_TABLES_LOCK)))
            yield connection
        return
    file = Path(str(engine.url.database))
    file.parent.mkdir(parents=True, exist_ok=True)
    with locks.hold(file.with_name(f"{file.name}.lock")), engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # kept in the file: readers never wait for a writer
        yield connection


def _sentence(error: Exception) -> str:
    if "disk is full" in str(error) or "No space left" in str(error):
        return "There is no space left on the disk of the rooms' database."
    return "The rooms' database cannot be reached now; it is tried again in a few seconds."
