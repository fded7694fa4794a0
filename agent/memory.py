"""The conversation's store: one SQLite file in the project folder, thread = project.

One writer at a time holds the project's lock, so the plain rollback journal is enough: it is free
of the write-ahead log's reset bug in older SQLite and works on network folders.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from data.errors import BadInput, Busy, DiskFull
from data.project import Project

PATIENCE = 10.0
"""Seconds a turn waits for the one before; a click right after Stop meets a turn that is ending."""


@contextmanager
def opened(project: Project) -> Iterator[SqliteSaver]:
    """The checkpointer of a project, closed afterwards.

    A store that can't be read is put aside, so that the next turn begins a new one; that raises
    BadInput once. Raises DiskFull.
    """
    store = project.folder / "talk.sqlite"
    connection = sqlite3.connect(store, timeout=PATIENCE, check_same_thread=False)
    try:
        # None allows the library's own safe message types only; anything else comes back inert.
        saver = SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        connection.execute("PRAGMA synchronous=FULL")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'writes'").fetchone():
            saver.is_setup = True  # its set-up would switch the journal there and back each time
        else:
            saver.setup()
            connection.execute("PRAGMA journal_mode=DELETE")
        yield saver
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        full = OSError(errno.ENOSPC, "")
        raise DiskFull.or_same(full, project.folder) from None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        connection.close()
        raise BadInput("talk_damaged", name=_put_aside(store)) from None
    finally:
        connection.close()


def forget_steps(saver: SqliteSaver) -> None:
    """Drop all states but the one written last: each holds the whole talk.

    By order of writing, as the ids follow the clock, and a clock that is set back would otherwise
    make an older state look like the newest.
    """
    with saver.cursor() as cursor:
        last = "(SELECT checkpoint_id FROM checkpoints ORDER BY rowid DESC LIMIT 1)"
        cursor.execute(f"DELETE FROM writes WHERE checkpoint_id <> {last}")
        cursor.execute(f"DELETE FROM checkpoints WHERE checkpoint_id <> {last}")


def _put_aside(store: Path) -> str:
    number = 1
    while (aside := store.with_name(f"talk.damaged-{number}.sqlite")).exists():
        number += 1
    store.replace(aside)
    store.with_name(f"{store.name}-journal").unlink(missing_ok=True)  # it belongs to the old one
    return aside.name


@contextmanager
def turn(project: Project) -> Iterator[None]:
    """The right to change the conversation; raises Busy after PATIENCE seconds."""
    lock = FileLock(project.folder / "turn.lock", timeout=PATIENCE)
    try:
        with lock:
            yield
    except Timeout:
        raise Busy("turn_running") from None


def thread(project: Project) -> RunnableConfig:
    """The config that names the project's conversation."""
    return {"configurable": {"thread_id": project.id}, "recursion_limit": 100}
