"""The durable points of a job's life, and how a server is brought to stand at each, from outside."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from kie_mcp.jobs.job import Phase
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import Server

Order = Callable[[str], int]
"""Orders a picture with that prompt."""

ANSWERING = """
CREATE VIEW slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000) SELECT i FROM n;
CREATE TRIGGER answering BEFORE UPDATE OF caller ON jobs WHEN NEW.caller = 'answered'
    BEGIN SELECT count(*) FROM slow; END;
"""
"""Makes the step that comes before the answer take many seconds."""
ARRIVED = 0.3
"""Seconds that what was sent over a local pipe or socket is given to be read."""


@contextmanager
def before_reserve(house: House, order: Order) -> Generator[str]:
    with house.locked():
        order("cat")
        time.sleep(ARRIVED)
        yield "cat"


@contextmanager
def reserved(house: House, order: Order) -> Generator[str]:
    house.hold()
    order("cat")
    until(lambda: house.reached(Phase.RESERVED))
    yield "cat"
    house.write("DELETE FROM accounts")


@contextmanager
def marked(house: House, order: Order) -> Generator[str]:
    order("cat")
    until(lambda: house.servers[0].process.poll() is not None)  # this one kills itself
    yield "cat"


@contextmanager
def sent(house: House, order: Order) -> Generator[str]:
    order("{late:go} cat")
    until(lambda: house.made())
    yield "{late:go} cat"
    house.say("go")


@contextmanager
def replied(house: House, order: Order) -> Generator[str]:
    order("{late:go} cat")
    until(lambda: house.made())
    with house.locked():
        house.say("go")
        until(lambda: house.events("answered"))
        time.sleep(ARRIVED)
        yield "{late:go} cat"


@contextmanager
def recorded(house: House, order: Order) -> Generator[str]:
    order("{takes:3} cat")
    until(lambda: house.reached(Phase.SUBMITTED))
    yield "{takes:3} cat"


@contextmanager
def looked(house: House, order: Order) -> Generator[str]:
    order("{look:go} {takes:12} cat")
    until(lambda: house.events("look"))
    with house.locked():
        house.say("go")
        until(lambda: len(house.events("answered")) > 1)
        time.sleep(ARRIVED)
        yield "{look:go} {takes:12} cat"


@contextmanager
def saving(house: House, order: Order) -> Generator[str]:
    order("{takes:0} {file:go} cat")
    until(lambda: house.events("file"))
    yield "{takes:0} {file:go} cat"
    house.say("go")


@contextmanager
def saved(house: House, order: Order) -> Generator[str]:
    order("{takes:0} {file:go} cat")
    until(lambda: house.events("file"))
    with house.locked():
        house.say("go")
        until(house.files)
        yield "{takes:0} {file:go} cat"


@contextmanager
def succeeded(house: House, order: Order) -> Generator[str]:
    with house.connected() as db:
        db.executescript(ANSWERING)
    order("cat")
    until(lambda: house.reached(Phase.SUCCEEDED))
    yield "cat"
    house.write("DROP TRIGGER answering")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a server is killed, and what becomes of the job."""

    reach: Callable[[House, Order], AbstractContextManager[str]]
    """Within it the server stands there; gives the prompt."""
    found: Phase | None
    """What the ledger says after the kill."""
    ends: Phase = Phase.SUCCEEDED
    made: int = 1
    """Jobs that Kie.ai has made in the end."""

    def server(self, house: House) -> Server:
        """The one that is to be killed."""
        return house.server("--die") if self.reach is marked else house.server()


POINTS = {
    "before reserve": Point(reach=before_reserve, found=None),
    "reserved": Point(reach=reserved, found=Phase.RESERVED),
    "marked, before the send": Point(reach=marked, found=Phase.SUBMITTING, ends=Phase.UNCONFIRMED, made=0),
    "sent, before the reply": Point(reach=sent, found=Phase.SUBMITTING, ends=Phase.UNCONFIRMED),
    "reply, before the record": Point(reach=replied, found=Phase.SUBMITTING, ends=Phase.UNCONFIRMED),
    "recorded": Point(reach=recorded, found=Phase.SUBMITTED),
    "looked, before the record": Point(reach=looked, found=Phase.SUBMITTED),
    "success seen, file on its way": Point(reach=saving, found=Phase.SUBMITTED),
    "file saved, before the record": Point(reach=saved, found=Phase.SUBMITTED),
    "succeeded, before the answer": Point(reach=succeeded, found=Phase.SUCCEEDED),
}
