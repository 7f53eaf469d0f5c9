"""Who is told of what: targets as steek.toml declares them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from steek.kernel.errors import SettingsError
from steek.notify.notice import PURPOSES, SEVERITIES
from steek.notify.options import Options

_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_QUIET = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, in one time zone, in which only pages go out; they may reach over midnight."""

    start: time
    end: time
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One system that notices go to.

    Args:
        name: Of its table in steek.toml.
        kind: Registered notifier, e.g. "pagerduty".
        purposes, severities: It is told of these only.
        owners, subjects: Patterns with * and ?; it is told of notices whose owner and subject fit one of each.
        quiet: When only pages go out; what else there is waits until the end.
        timeout_s: Longest time that one attempt may take.
        most_attempts: After so many, a notice is given up until a person says otherwise.
        per_minute: Most attempts within a minute.
        options: What the kind takes besides.
    """

    name: str
    kind: str
    purposes: tuple[str, ...]
    severities: tuple[str, ...]
    owners: tuple[str, ...]
    subjects: tuple[str, ...]
    quiet: QuietHours | None
    timeout_s: float
    most_attempts: int
    per_minute: int
    options: Options = field(repr=False, compare=False)


def read_target(name: str, table: Mapping[str, object]) -> Target:
    """A target from its table.

    Raises:
        SettingsError: a value of the wrong form; what only the kind understands is checked by the kind.
    """
    if not _NAME.fullmatch(name):
        message = f"a target is named {name[:80]!r}; allowed are 1 to 60 letters, digits, dashes and underscores"
        raise SettingsError(message)
    options = Options(f"notify.targets.{name}", table)
    return Target(
        name=name,
        kind=options.text("kind"),
        purposes=options.texts("purposes", ("page", "alert"), allowed=PURPOSES),
        severities=options.texts("severities", SEVERITIES, allowed=SEVERITIES),
        owners=options.texts("owners", ("*",)),
        subjects=options.texts("subjects", ("*",)),
        quiet=_quiet(options),
        timeout_s=options.number("timeout_s", 10, least=0.1, most=60),
        most_attempts=int(options.number("most_attempts", 30, least=1, most=1000)),
        per_minute=int(options.number("per_minute", 60, least=1, most=6000)),
        options=options,
    )


def _quiet(options: Options) -> QuietHours | None:
    text, zone = options.text("quiet_hours", ""), options.text("quiet_zone", "UTC")
    if not text:
        return None
    found = _QUIET.fullmatch(text)
    try:
        assert found is not None
        hours = QuietHours(time.fromisoformat(found[1]), time.fromisoformat(found[2]), ZoneInfo(zone))
    except (AssertionError, ValueError, ZoneInfoNotFoundError, OSError) as cause:
        message = f"{options.where}: quiet_hours = {text!r} in quiet_zone = {zone!r} cannot be read"
        raise SettingsError(message, next_step="For example quiet_hours = '22:00-07:00'.") from cause
    if hours.start == hours.end:
        message = f"{options.where}: quiet_hours = {text!r} begin and end at once"
        raise SettingsError(message, next_step="Leave quiet_hours out, or purposes = ['page'] for pages only.")
    return hours
