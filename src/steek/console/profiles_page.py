"""Profiles: how far they are, and two stretches of time over each other, column by column."""

from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from steek.charts import overlay_svg, sparkline_svg
from steek.console.services import Services
from steek.kernel.errors import NotFoundError
from steek.kernel.windows import Window
from steek.monitoring import ColumnChange, ColumnSummary, Profile
from steek.monitoring.profiles.profiles import ProfileState
from steek.monitoring.profiles.showing import Bar, histograms
from steek.monitoring.profiles.spans import parse_span, span_text

_MOST_SLICES = 400
_BEFORE_WINDOWS, _SPARKED = 28, 60
_MOST_BARS_TABLE = 40
_HEALTH = {"fail": "broken", "undecided": "undecided", "pass": "well"}


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One thing in the list of profiles."""

    state: ProfileState
    spark: Markup


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """One column of the page.

    Args:
        change: What changed; None where there is nothing before.
        health: well, broken or undecided; "" without a comparison.
        before, after: The column in both stretches; None where it was not there.
        picture: Both histograms over each other; "" where there are none.
        table: Label of a bar, share before and share after.
        top: The most frequent values after, with rows.
    """

    name: str
    kind: str
    change: ColumnChange | None
    health: str
    before: ColumnSummary | None
    after: ColumnSummary | None
    picture: Markup
    table: tuple[tuple[str, float, float], ...]
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """Profiles of one thing, two stretches of time beside each other.

    Args:
        what: Name.
        state: How far it is.
        before_text, after_text: The stretches as they can be typed; `before_text` is "" when nothing came before.
        before, after: The profiles; None where nothing was profiled.
        slice: One slice; None is the whole.
        slices: Slices that can be asked for; `more` is how many others there are.
        columns: The largest change first.
        said: What there is to see, in a sentence.
        health: The worst of the columns.
        spark: Rows of the newest windows.
    """

    what: str
    state: ProfileState
    before_text: str
    after_text: str
    before: Profile | None
    after: Profile | None
    slice: str | None
    slices: tuple[str, ...]
    more: int
    columns: tuple[ColumnPart, ...]
    said: str
    health: str
    spark: Markup


def profile_lines(services: Services) -> tuple[ProfileLine, ...]:
    """Everything that can be profiled; what has profiles first."""
    states = sorted(services.profiles.states(), key=lambda state: not state.windows)
    return tuple(ProfileLine(state, _spark(services, state.what)) for state in states)


def profile_page(
    services: Services, what: str, *, before: str | None, after: str | None, slice: str | None
) -> ProfileView:
    """One thing; by default its newest window beside the four weeks before it.

    Raises:
        NotFoundError: no such thing.
        InputError: a stretch of time that cannot be read.
    """
    windows = [each.window for each in services.profiles.windows(what)]
    starts_at = services.settings.day_starts_at
    late = parse_span(after, starts_at) if after else windows[-1] if windows else None
    early = parse_span(before, starts_at) if before else _earlier(windows, late)
    spans = [window for window in (early, late) if window is not None]
    found = services.profiles.read_many(what, spans, slice) if spans else []
    new = found[-1] if late is not None else None
    old = found[0] if early is not None else None
    changes = services.profiles.compare(what, spans[0], spans[1], slice) if old and new else ()
    slices = services.profiles.slices(what)
    columns = _columns(old, new, changes)
    state = next((one for one in services.profiles.states() if one.what == what), None)
    if state is None:
        raise NotFoundError.among("profile", what, services.profiles.names())
    health, said = _said(columns, old, new)
    return ProfileView(
        what=what,
        state=state,
        before_text="" if early is None else span_text(early),
        after_text="" if late is None else span_text(late),
        before=old,
        after=new,
        slice=slice,
        slices=tuple(slices[:_MOST_SLICES]),
        more=max(len(slices) - _MOST_SLICES, 0),
        columns=columns,
        said=said,
        health=health,
        spark=_spark(services, what),
    )


def _earlier(windows: list[Window], late: Window | None) -> Window | None:
    """The windows before a stretch, four weeks of them at most."""
    ended = [window for window in windows if late is not None and window.end_at <= late.start_at]
    if not ended:
        return None
    kept = ended[-_BEFORE_WINDOWS:]
    first = max(kept[0].start_at, kept[-1].end_at - timedelta(days=_BEFORE_WINDOWS))
    return Window(min(first, kept[-1].start_at), kept[-1].end_at)


def _columns(old: Profile | None, new: Profile | None, changes: tuple[ColumnChange, ...]) -> tuple[ColumnPart, ...]:
    if changes:
        return tuple(_part(change.column, old, new, change) for change in changes)
    one = new or old
    return () if one is None else tuple(_part(name, None, one, None) for name in one.columns)


def _part(name: str, old: Profile | None, new: Profile | None, change: ColumnChange | None) -> ColumnPart:
    before = None if old is None else old.columns.get(name)
    after = None if new is None else new.columns.get(name)
    known = after or before
    assert known is not None, "a column is of one of the two"
    left, right = _bars(before, after)
    shares = [bar.fraction for bar in left], [bar.fraction for bar in right]
    # Safe: drawn from numbers and a description that is escaped.
    picture = Markup(overlay_svg(*shares, description=f"{name}, before and after"))  # noqa: S704
    either = left or right
    table = tuple(
        (bar.label, left[at].fraction if left else 0.0, right[at].fraction if right else 0.0)
        for at, bar in enumerate(either[:_MOST_BARS_TABLE])
    )
    top = () if after is None or after.hitters is None else tuple(list(after.hitters.counts.items())[:5])
    health = "" if change is None else _HEALTH[change.verdict.value]
    return ColumnPart(name, known.kind, change, health, before, after, picture, table, top)


def _bars(before: ColumnSummary | None, after: ColumnSummary | None) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    if before is not None and after is not None:
        return histograms(before, after)
    one = after or before
    return ((), ()) if one is None else ((), histograms(one, one)[1])


def _said(columns: tuple[ColumnPart, ...], old: Profile | None, new: Profile | None) -> tuple[str, str]:
    if old is None and new is None:
        return "undecided", "Nothing of this was profiled."
    if old is None or new is None:
        return "undecided", "There is nothing to compare it with yet."
    counts = {health: sum(part.health == health for part in columns) for health in ("broken", "undecided", "well")}
    told = [
        f"{counts['broken']} of {len(columns)} columns changed by more than is tolerated" if counts["broken"] else "",
        f"{counts['undecided']} have too few values to tell" if counts["undecided"] else "",
    ]
    worst = next((health for health in ("broken", "undecided") if counts[health]), "well")
    return worst, "; ".join(one for one in told if one) or f"All of {len(columns)} columns are as they were"


def _spark(services: Services, what: str) -> Markup:
    rows = [each.rows for each in services.profiles.windows(what)[-_SPARKED:]]
    # Safe: drawn from numbers alone.
    return Markup(sparkline_svg(rows))  # noqa: S704
