"""The tables of the SQLite file, and how it is opened, migrated and checked."""

import errno
import os
import sqlite3
import stat
from pathlib import Path

from kie_mcp.file_system import Chmod, set_mode

TYPE_CHECKING = False  # as in `kie_mcp/__init__.py`
if TYPE_CHECKING:
    from kie_mcp.jobs.store.errors import LedgerError

MIGRATIONS = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        kind TEXT NOT NULL,
        phase TEXT NOT NULL,
        state TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        idempotency_key TEXT,
        task_id TEXT,
        created_at REAL NOT NULL,
        epoch INTEGER NOT NULL,
        record TEXT NOT NULL,
        worker TEXT,
        caller TEXT NOT NULL,
        caller_worker TEXT NOT NULL
    );
    CREATE UNIQUE INDEX jobs_by_key ON jobs (account, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX jobs_by_task ON jobs (account, task_id) WHERE task_id IS NOT NULL;
    CREATE INDEX jobs_by_age ON jobs (account, created_at);
    CREATE INDEX jobs_by_order ON jobs (account, fingerprint);
    CREATE INDEX jobs_by_phase ON jobs (account, phase);
    CREATE TABLE workers (worker TEXT PRIMARY KEY, alive_until REAL NOT NULL);
    CREATE TABLE sends (account TEXT NOT NULL, at REAL NOT NULL);
    CREATE TABLE accounts (account TEXT PRIMARY KEY, held_until REAL NOT NULL);
    CREATE TABLE durations (bucket TEXT NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL);
    CREATE INDEX durations_by_bucket ON durations (bucket, seconds);
    """,
    """
    CREATE TABLE uploads (
        account TEXT NOT NULL,
        digest TEXT NOT NULL,
        url TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (account, digest)
    );
    """,
    """
    ALTER TABLE jobs ADD COLUMN told_at REAL;
    CREATE INDEX jobs_by_worker ON jobs (caller_worker) WHERE caller = 'waiting';
    """,
    """
    ALTER TABLE jobs ADD COLUMN model TEXT;
    ALTER TABLE jobs ADD COLUMN counted_day INTEGER;
    ALTER TABLE jobs ADD COLUMN counted_jobs INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN counted_credits REAL;
    UPDATE jobs SET
        model = json_extract(record, '$.model'),
        counted_day = CASE phase WHEN 'reserved' THEN 1000000000
            ELSE CAST(coalesce(json_extract(record, '$.sent_at'), created_at) / 86400 AS INTEGER) END,
        counted_jobs = coalesce(json_extract(record, '$.order'), '{}') <> '{}'
            AND (phase <> 'failed' OR task_id IS NOT NULL),
        counted_credits = coalesce(json_extract(record, '$.credits_used'), CASE
            WHEN phase = 'failed' AND coalesce(json_extract(record, '$.trouble.may_have_been_charged'), 0) = 0 THEN 0
            ELSE json_extract(record, '$.credits_estimated') END)
        WHERE json_valid(record);
    CREATE INDEX jobs_by_day ON jobs (account, counted_day, model, counted_credits) WHERE counted_jobs = 1;
    """,
)
"""Each brings a file one version further; `PRAGMA user_version` says how many it has had."""

JOURNAL = "TRUNCATE"
"""Not WAL: before SQLite 3.51.3 several processes in WAL mode can corrupt the file, and one process with a newer SQLite
would draw those with an older one into it. TRUNCATE is several times slower, and 20 times faster than jobs need."""
BUSY_FOR = 10.0
"""Seconds to wait for another process's transaction."""

_BROKEN = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_MOVE_AWAY = (
    "It is damaged, or is no ledger. Move it aside, with jobs.sqlite3-journal if there is one, and start again: a new"
    " one is made. Only the memory of the jobs is lost, not what was made: saved files stay where they are, and"
    " get_job_status takes the task ids that https://kie.ai/logs shows. Or set KIE_STATE_DIR to another folder."
)


def connect(path: Path, chmod: Chmod = os.chmod) -> sqlite3.Connection:
    """Open the file, private to its user where the disk knows such a thing, with today's tables.

    Raises LedgerError if it cannot be used.
    """
    try:
        _make_private(path, chmod)
        db = sqlite3.connect(path, timeout=BUSY_FOR, isolation_level=None, check_same_thread=False)
        try:
            db.execute(f"PRAGMA journal_mode = {JOURNAL}")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")
            migrate(db, path)
        except BaseException:
            db.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise describe_unusable(path, error) from error
    return db


def describe_unusable(path: Path, error: Exception) -> "LedgerError":
    """Return the error that says what is wrong with the file, and what to do."""
    from kie_mcp.jobs.store.errors import LedgerError  # the start opens the file, and seldom needs an error

    message = f"The ledger {path} cannot be used: {error}."
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN:
        return LedgerError(message, remedy=_MOVE_AWAY)
    return LedgerError(
        message,
        remedy="Check that its disk has room and can be written, or set KIE_STATE_DIR to another folder on a local"
        " disk, and call again.",
    )


def _make_private(path: Path, chmod: Chmod) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    set_mode(path.parent, 0o700, chmod)
    # A FIFO in its place must not keep anybody waiting.
    handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NONBLOCK", 0), 0o600)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
    finally:
        os.close(handle)
    set_mode(path, 0o600, chmod)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file up to today's tables. Raises LedgerError if a newer program wrote it."""
    db.row_factory = sqlite3.Row
    db.execute("BEGIN EXCLUSIVE")
    with db:
        version = check_version(db, path)
        for statement in ";".join(MIGRATIONS[version:]).split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def check_version(db: sqlite3.Connection, path: Path) -> int:
    """Return the version of the file. Raises LedgerError if a newer program wrote it, maybe just now."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        from kie_mcp.jobs.store.errors import LedgerError

        raise LedgerError(
            f"The ledger {path} was written by a newer kie-mcp (version {version}, this one knows {len(MIGRATIONS)}).",
            remedy="Update kie-mcp and restart the client, or set KIE_STATE_DIR to another folder.",
        )
    return version
