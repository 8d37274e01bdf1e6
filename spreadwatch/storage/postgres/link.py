"""Connections to PostgreSQL that never wait longer than they are told, and faults in words without the DSN."""

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from spreadwatch.storage.rows import Refusal, StorageError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_S = 3
ANSWER_S = 2.0
"""How long a statement may take. A frozen server acknowledges at the network's level and so escapes TCP's timeouts."""

_INSTALL = 'PostgreSQL needs psycopg, which is not installed: pip install "spreadwatch[postgres]"'


class _FrozenError(Exception):
    """The server did not answer in time."""


def connect(dsn: str, answer_s: float, *, read_only: bool = False) -> "Connection":
    """Connect. Raises Refusal without psycopg, StorageError when the server cannot be reached."""
    try:
        import psycopg
    except ImportError as error:
        raise Refusal(_INSTALL) from error
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # it names host and user; what failed is told in our words

    class Impatient(psycopg.Connection[tuple[Any, ...]]):
        """Gives up on an answer after `answer_s`."""

        def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - psycopg's
            return super().wait(_until(gen, time.monotonic() + answer_s), *arguments, **options)

    settings: dict[str, Any] = {
        "connect_timeout": CONNECT_S,
        "tcp_user_timeout": round(answer_s * 1000),
        "keepalives_idle": 10,
        "application_name": "spreadwatch",
        "options": f"-c statement_timeout={round(answer_s * 1000)} -c lock_timeout={round(answer_s * 1000)} "
        f"-c idle_in_transaction_session_timeout=60000 -c search_path=spreadwatch,public",
    }
    with named_faults(None):
        connection = Impatient.connect(dsn, autocommit=True, **settings)
        connection.read_only = read_only
        return connection


def _until(gen: Generator[Any, Any, Any], deadline_s: float) -> Generator[Any, Any, Any]:
    """Run psycopg's generator, which is woken ten times a second, until its end or the deadline."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline_s:
                raise _FrozenError
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


@contextmanager
def named_faults(connection: "Connection | None") -> Iterator[None]:
    """Turn a database's faults into sentences; a connection that failed is closed."""
    import psycopg

    try:
        yield
    except StorageError:
        _drop(connection)
        raise
    except _FrozenError as error:
        _drop(connection)
        raise StorageError("the database does not answer") from error
    except psycopg.Error as error:
        _drop(connection)
        raise StorageError(_words(error)) from None  # its message may quote the DSN


def _drop(connection: "Connection | None") -> None:
    if connection is not None:
        connection.close()


def _words(error: "psycopg.Error") -> str:
    """Say what failed. What the server says holds no secret; what the client library says may."""
    from psycopg import errors

    code = error.sqlstate or ""
    known: dict[str, str] = {
        "28P01": "the database refuses the name or the password: check the DSN",
        "28000": "the database refuses this user: check the DSN",
        "3D000": "there is no such database on that server: create it, or check the DSN",
        "42P01": "there is no recording in this database yet",
        "42501": "the database does not let this user create or write the tables: grant it",
        "53100": "the database's disk is full: recording goes on when there is room again",
        "25006": "the database is read-only now",
        "57P01": "the database is shutting down",
        "57P02": "the database has crashed",
        "57P03": "the database is starting or shutting down",
        "57014": "the database took too long to answer",
        "55P03": "the database is locked by somebody else",
    }
    if code in known:
        return known[code]
    if code:
        said = error.diag.message_primary or type(error).__name__
        return f"the database reports: {said} ({code})"
    if isinstance(error, errors.OperationalError):
        return _reachability(str(error))
    return f"the database cannot be used ({type(error).__name__}): check the DSN"


def _reachability(said: str) -> str:
    for sign, sentence in (
        ("refused", "nothing listens at the database's address: is the server running?"),
        ("No such file", "nothing listens at the database's address: is the server running?"),
        ("password authentication failed", "the database refuses the name or the password: check the DSN"),
        ("does not exist", "there is no such user or database on that server: check the DSN"),
        ("timeout", "the database does not answer"),
        ("timed out", "the database does not answer"),
        ("resolve", "the database's host name is not known"),
        ("translate host", "the database's host name is not known"),
        ("starting up", "the database is starting"),
        ("shutting down", "the database is shutting down"),
    ):
        if sign in said:
            return sentence
    return "the connection to the database was lost"
