"""Who reads: people, jobs and the services of this house, each for a purpose that they name."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

OWNER = "owner"
MEMBER = "member"
# Staff who talk to customers: they ask the bench one question at a time, and file what they hear.
SUPPORT = "support"
SERVICE = "service"
MAINTENANCE = "maintenance"
# The roles that see whatever is not personal.
INSIDE = frozenset({OWNER, MEMBER, SERVICE})
# Services that keep the lake itself: what they read they put back, or make unreadable; profiling counts what is absent.
KEEPERS = ("ingestion", "compaction", "erasure", "profiling", "quarantine", "retention", "verification")
SERVICE_PREFIX = "service:"
JOB_PREFIX = "job:"
Kind = Literal["person", "job", "service"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody about to read.

    Args:
        principal: "ana@grocer" (a person), "job:weekly-report" or "service:features".
        roles: Roles it has; none means that nobody knows it.
        purpose: What it reads for, as policies name it; "" when it did not say.
        token: Id of the token it came with, None without one.
    """

    principal: str
    roles: tuple[str, ...]
    purpose: str
    token: str | None = None

    @property
    def kind(self) -> Kind:
        """What its name says it is.

        >>> Actor("job:weekly-report", ("member",), "reporting").kind
        'job'
        """
        if self.principal.startswith(SERVICE_PREFIX):
            return "service"
        return "job" if self.principal.startswith(JOB_PREFIX) else "person"

    @property
    def is_service(self) -> bool:
        """One of the house itself: it has the role that nobody can be given."""
        return self.kind == "service" and SERVICE in self.roles

    @property
    def is_keeper(self) -> bool:
        """A service that keeps the lake, at that work."""
        name = self.principal.removeprefix(SERVICE_PREFIX)
        return self.is_service and self.purpose == MAINTENANCE and name in KEEPERS


def service(name: str, purpose: str) -> Actor:
    """A service of this house. Only the wiring calls it; no request and no token can become one.

    >>> service("erasure", "maintenance").is_keeper
    True
    """
    return Actor(f"{SERVICE_PREFIX}{name}", (SERVICE,), purpose)


# What a person looks at on a page or at an address, when no other purpose was named.
OPERATIONS = "operations"
LOOKING = service("looking", OPERATIONS)
_caller: ContextVar[Actor | None] = ContextVar("caller", default=None)


@contextmanager
def calling(actor: Actor) -> Generator[None]:
    """Inside the block somebody outside asks: what `service:looking` reads is read by them."""
    token = _caller.set(actor)
    try:
        yield
    finally:
        _caller.reset(token)


def caller() -> Actor | None:
    """Who asks from outside, in this thread or task; None where nobody does."""
    return _caller.get()


def reader(opened_by: Actor) -> Actor:
    """Who really reads through a handle: the caller, through the one that shows rows; else who opened it."""
    asking = _caller.get()
    return asking if asking is not None and opened_by == LOOKING else opened_by


@dataclass(frozen=True, slots=True)
class Attribution:
    """For which work a read was; both None when nobody said."""

    job: str | None = None
    model: str | None = None


_NOBODY = Attribution()
_current: ContextVar[Attribution] = ContextVar("attribution", default=_NOBODY)


@contextmanager
def attributed(*, job: str | None = None, model: str | None = None) -> Generator[None]:
    """Reads inside the block count as reads of this job and this model; what is None stays as it was around it."""
    around = _current.get()
    token = _current.set(Attribution(job or around.job, model or around.model))
    try:
        yield
    finally:
        _current.reset(token)


def attribution() -> Attribution:
    """What `attributed` said last, in this thread or task."""
    return _current.get()
