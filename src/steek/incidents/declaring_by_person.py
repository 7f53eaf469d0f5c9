"""What a person declares: the texts that can be kept, the system they mean, and the alert that they name."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from steek.incidents.declaring import Declaration
from steek.incidents.desk import Desk
from steek.incidents.open_alerts import read_evidence
from steek.incidents.systems import resolve_subject, without_system
from steek.incidents.text import NAME_CHARACTERS, TITLE_CHARACTERS, checked, checked_instant
from steek.incidents.types import Severity
from steek.kernel.errors import InputError
from steek.monitoring.alerting.systems import system_of

KEY_CHARACTERS = 300
Choice = TypeVar("Choice", bound=StrEnum)


def declaration_by_person(
    desk: Desk,
    title: str,
    *,
    on: str | None,
    severity: str,
    actor: str,
    key: str,
    freeze: bool,
    alert_id: str | None = None,
    said_at: datetime | None = None,
    clock_ahead_s: float | None = None,
    prompt: str | None = None,
    noticed_with: Sequence[str] = (),
) -> Declaration:
    """Arguments as of `Incidents.declare`; `prompt` is the prompt it comes from, `noticed_with` the alerts of that.

    Raises:
        InputError: an empty or unstorable text, an unknown severity, neither a system nor an alert.
        NotFoundError: no alert by that id.
    """
    said = checked(title, what="title", most=TITLE_CHARACTERS)
    by, at_key = checked_actor(actor), checked(key, what="key", most=KEY_CHARACTERS)
    level = one_of(Severity, "severity", severity)
    alert, evidence = (None, None) if alert_id is None else read_evidence(desk, alert_id)
    if on is not None:
        subject = resolve_subject(desk.database, checked(on, what="system", most=NAME_CHARACTERS))
    elif alert is not None:
        subject = system_of(alert.subject)
    else:
        raise without_system()
    return Declaration(
        title=said,
        subject=subject,
        severity=level,
        actor=by,
        key=at_key if prompt is None else prompt,
        freeze=freeze,
        alert=evidence,
        request="declare" if prompt is None else "declare from prompt",
        group=None if alert is None else alert.group,
        noticed_with=tuple(noticed_with),
        said_at=None if said_at is None else checked_instant(said_at),
        clock_ahead_s=clock_ahead_s,
    )


def checked_actor(actor: str) -> str:
    return checked(actor, what="actor", most=NAME_CHARACTERS)


def one_of(kind: type[Choice], what: str, value: str) -> Choice:
    """The member called `value`. Raises InputError, which names all of them."""
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(kind)
        raise InputError(f"{value!r} is no {what}; allowed: {allowed}") from None
