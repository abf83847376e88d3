"""The database of rooms, SQLite or PostgreSQL: its tables are made at the first use, its errors become sentences."""

import os
import shutil
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

from core.classroom.room_tables import TABLES
from core.jobs.run_folders import runs_folder
from core.system import locks

DATABASE_VARIABLE = "NEGATIVE_SPACE_DATABASE"
LOCK_TIMEOUT = 20  # seconds that a writer waits for others, on SQLite
TIMEOUT = 5  # seconds for a server that does not answer
# Seconds without a new attempt after a failure: else every answer of thirty people would wait for the database.
RETRY_AFTER = 5.0
# Names the PostgreSQL lock under which replicas that start at once create the tables, one after the other.
CREATE_TABLES_LOCK = 2019
FOREIGN_KEY_VIOLATION = "23503"  # of PostgreSQL, whose messages are in the server's language
UNIX_EPOCH = 2440587.5  # as a Julian day
MIN_SPACE = 100_000  # bytes; with less, SQLite cannot begin to write


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
        self._first_use, self._rest_until = threading.Lock(), 0.0
        self._ready = False  # whether the database has the tables
        self._known: object = None  # which database was used last; another file may take its place
        self._log: object = None  # which log of changes belongs to it

    def insert_new(self, table: sql.Table) -> Any:
        """Return a statement that inserts rows and skips those whose key exists.

        Its `from_select` inserts what a query finds.
        """
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    def now(self) -> sql.ColumnElement[float]:
        """Return the database's clock in seconds, which is the same for all servers."""
        if self._engine.dialect.name == "sqlite":
            return (sql.func.julianday("now") - UNIX_EPOCH) * (24 * 3600.0)
        return sql.cast(sql.extract("epoch", sql.func.clock_timestamp()), sql.Double)

    @contextmanager
    def begin(self) -> Iterator[sql.Connection]:
        """Yield a transaction, committed unless an error is raised. Raises RoomError for every database error."""
        if time.monotonic() < self._rest_until:
            raise RoomUnreachable("The rooms' database does not answer; it is tried again in a few seconds.")
        try:
            self._make_tables()
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            gone = "This room no longer exists."
            raise RoomError(
                gone if _lacks_room(error) else "Somebody else stored the same just now. Try again."
            ) from None
        except (SQLAlchemyError, OSError) as error:
            self._rest_until = time.monotonic() + RETRY_AFTER
            self._start_again()
            raise RoomUnreachable(_sentence(error, self._file)) from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def exists(self) -> bool:
        """Whether there is a database: nothing need make one only to look into it. A server counts as one."""
        return self._file is None or self._file.exists()

    @property
    def _file(self) -> Path | None:
        """The file of the database; None where it is a server."""
        return Path(str(self._engine.url.database)) if self._engine.dialect.name == "sqlite" else None

    def _start_again(self) -> None:
        """Connect again and look for the tables at the next use: whatever failed may be another database then."""
        self._ready = False
        self._engine.dispose()

    def _make_tables(self) -> None:
        with self._first_use:
            if self._known is not None and self._known != _identify(self._file):
                self._leave_replaced()
            if not self._ready:
                with _lock_tables(self._engine, self._file) as connection:
                    for table in TABLES.sorted_tables:
                        connection.execute(CreateTable(table, if_not_exists=True))
                self._ready, self._known = True, _identify(self._file)
            self._log = None if self._file is None else _identify(_log_of(self._file))

    def _leave_replaced(self) -> None:
        """Close the connections to a file that nobody finds any more, and remove its log."""
        self._start_again()
        if self._file is not None and _identify(_log_of(self._file)) == self._log:
            _remove_log(self._file)
        self._known = None


def _log_of(file: Path) -> Path:
    """Return SQLite's log of changes, which is written into the database later."""
    return file.with_name(f"{file.name}-wal")


def _remove_log(file: Path) -> None:
    """Remove the log of a database that is gone: SQLite would write it into the one that takes its place."""
    for left in (_log_of(file), file.with_name(f"{file.name}-shm")):
        left.unlink(missing_ok=True)


def _identify(file: Path | None) -> object:
    """Return what tells this database file from another one at its place; the same for every server."""
    if file is None:
        return "a server"
    try:
        found = file.stat()
    except FileNotFoundError:
        return "removed"
    return found.st_dev, found.st_ino


def _engine(url: str) -> sql.Engine:
    where = sql.make_url(url)
    match where.get_backend_name():
        case "sqlite" if where.database:
            engine = sql.create_engine(where, connect_args={"timeout": LOCK_TIMEOUT})
            sql.event.listen(engine, "connect", _behave_as_postgresql)
            return engine
        case "postgresql":
            limits = {
                "connect_timeout": TIMEOUT,
                "tcp_user_timeout": 1000 * TIMEOUT,
                "options": f"-c statement_timeout={1000 * TIMEOUT}",
            }
            return sql.create_engine(where, pool_pre_ping=True, pool_timeout=TIMEOUT, connect_args=limits)
    raise ValueError


def _behave_as_postgresql(connection: Any, _: object) -> None:
    """Make SQLite refuse answers to rooms that do not exist, and know the lower case of all letters."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("lower", 1, str.lower, deterministic=True)


def _lacks_room(error: IntegrityError) -> bool:
    """Say whether a row was refused because its room does not exist, and not because another row has its key."""
    return getattr(error.orig, "sqlstate", "") == FOREIGN_KEY_VIOLATION or "FOREIGN KEY" in str(error.orig)


@contextmanager
def _lock_tables(engine: sql.Engine, file: Path | None) -> Iterator[sql.Connection]:
    """Yield a transaction for creating tables: of two processes that create one at the same time, one would fail."""
    if file is None:
        with engine.begin() as connection:
            connection.execute(sql.select(sql.func.pg_advisory_xact_lock(CREATE_TABLES_LOCK)))
            yield connection
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with locks.hold(file.with_name(f"{file.name}.lock")):
        if not file.exists():
            _remove_log(file)
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # kept in the file: readers never wait for a writer
            yield connection


def _sentence(error: Exception, file: Path | None) -> str:
    """Return what went wrong; SQLite says little when it cannot write its helper files because the disk is full."""
    said = str(error)
    if "disk is full" in said or "No space left" in said or (file is not None and _is_full(file.parent)):
        return "There is no space left on the disk of the rooms' database."
    damaged = "malformed" in said or "is not a database" in said
    reason = ": its file is damaged. It" if damaged else "; it"
    return f"The rooms' database cannot be reached now{reason} is tried again in a few seconds."


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < MIN_SPACE
    except OSError:
        return False
