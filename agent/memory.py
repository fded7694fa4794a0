"""The conversation's store: one SQLite file in the project folder, thread = project.

One writer at a time holds the project's lock, so the plain rollback journal is enough: it is free
of the write-ahead log's reset bug in older SQLite and works on network folders.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from data.errors import Busy
from data.project import Project

PATIENCE = 10.0
"""Seconds a turn waits for the one before; a click right after Stop meets a turn that is ending."""


@contextmanager
def opened(project: Project) -> Iterator[SqliteSaver]:
    """The checkpointer of a project, closed afterwards."""
    connection = sqlite3.connect(
        project.folder / "talk.sqlite", timeout=PATIENCE, check_same_thread=False
    )
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
    finally:
        connection.close()


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
