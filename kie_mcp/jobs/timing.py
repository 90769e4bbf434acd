"""Every time that the care for jobs goes by, in one value: tests with real processes run at a part of it."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Lengths of time, in seconds."""

    # Looks at one job.
    shortest_gap: float = 2.0
    """Between two looks, at least: Kie.ai asks for 2 to 5."""
    longest_gap: float = 5.0
    latest_first_look: float = 15.0
    """After sending; so an estimate that is twice too long does no harm."""
    early_gap: float = 25.0
    """Between two looks as long as hardly any such job was ever done: should the estimate be far too long, this is the
    harm."""
    overdue_after: float = 1200.0
    """After this, or three times what nearly all such jobs took, a job counts as overdue."""
    overdue_gap: float = 60.0
    invisible_for: float = 90.0
    """After sending; as long Kie.ai may not know a job yet."""
    trouble_gap: float = 30.0
    """The longest wait after a call that got no answer."""
    files_named_within: float = 300.0
    """After a success that names no file yet; as long it is looked at again."""
    files_gap: float = 30.0
    """Between two such looks, at most."""
    looks_apart: float = 0.125
    """Between two looks of one process, where many jobs want one."""

    # Sending.
    send_window: float = 10.5
    """Kie.ai counts creations within 10 s; the rest is for the time between the mark and the send."""
    longest_hold: float = 60.0
    """Nobody is asked to wait for longer. A time that is further ahead is of a clock that was set back since."""
    busy_pause: float = 10.0
    """After a 429 that does not say how long."""
    wanted_for: float = 900.0
    """After this a job that could not be sent is given up: nobody wants it sent tomorrow. Standing in line does not
    count: the line moves."""
    trouble_span: float = 30.0
    """So many troubles within this open the circuit."""
    probe_gap: float = 10.0
    """Between two free calls that ask whether Kie.ai is well again."""
    shutdown_grace: float = 15.0
    """For a create call in flight when the server stops."""

    # Processes that share a ledger.
    heartbeat: float = 2.0
    """Between two signs of life."""
    lease: float = 6.0
    """Without a sign of life; after that a worker counts as gone."""
    stopped_for: float = 60.0
    """Without a sign of life; after that a job that was being sent is given up although its process still holds its
    lock: such a process is stopped, or shut out of the ledger, and a create call takes less."""
    error_gap: float = 10.0
    """After an error of our own; then the job is taken up again."""

    # Reading the ledger again, beside what is told inside this process.
    inputs_gap: float = 5.0
    """The jobs whose outputs another one takes."""
    foreign_gap: float = 1.0
    """A job that another process cares for, and that somebody waits for."""
    own_gap: float = 15.0
    """A job that this process cares for, and that somebody waits for."""
    durations_kept: float = 0.5
    """How long such jobs took."""

    # Callers.
    told_every: float = 5.0
    """A watcher is told that nothing changed: some clients give up on silence."""
    duplicate_window: float = 2.0
    """Within this, equal calls are two wishes: an assistant sends those at once, and a client that gives a call up,
    often without saying so, waits for at least 5."""
    unheard_for: float = 60.0
    """After an answer that went out late; as long it counts as not heard: its client may have given up before."""
    join_for: float = 24 * 3600.0
    """After the end of a job; as long it may be joined if nobody heard of that end: results live about as long."""
    stood_still: float = 3.0
    """Between two signs of life; more is too much: a call that was read only after them may be followed at once by the
    one that repeats it, since clients wait for at least 5."""
    answer_leaves_within: float = 5.0
    """After this, an answer that nobody has seen leave counts as not given: its call was cut off."""

    def scale(self, factor: float) -> "Timing":
        """Return the same with every length multiplied, but for `stood_still`: a busy machine is not less so."""
        scaled = {field.name: getattr(self, field.name) * factor for field in fields(self)}
        return Timing(**scaled | {"stood_still": self.stood_still})


STANDARD = Timing()
"""What Kie.ai and its users are served with."""
