"""`steek profile`: what every column looked like, per window and slice, and what changed between two."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from steek.charts import bar_text, sparkline_text
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.kernel.errors import UnreadableError
from steek.monitoring.profiles.comparing import ColumnChange
from steek.monitoring.profiles.outside import parse_sketches
from steek.monitoring.profiles.showing import ColumnView, ProfileView
from steek.platform import Platform
from steek.platform.profiling import newest_span, profile_view, span

SliceOption = Annotated[str | None, typer.Option("--slice", help="One slice, as store_id=367; by default the whole.")]
_SPAN = "Days, as 2017-10-02, 2017-10 or 2017-10-02..2017-10-08."
_TOP = 6


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Everything that can be profiled, and how far that is."""
    with opened(project) as platform:
        columns = ("what", "windows", "slices", "first_at", "last_at", "version", "behind", "note")
        show(platform.profiles.states(), as_json=as_json, columns=columns)


def show_(
    what: str,
    days: Annotated[str | None, typer.Argument(help=f"{_SPAN} By default the newest window.")] = None,
    slice: SliceOption = None,
    column: Annotated[list[str] | None, typer.Option(help="Only these columns.")] = None,
    windows: Annotated[bool, typer.Option("--windows", help="List the windows that have a profile instead.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the columns looked like."""
    with opened(project) as platform:
        if windows:
            show(platform.profiles.windows(what), as_json=as_json, columns=("window", "rows", "slices", "parts", "at"))
            return
        found = profile_view(platform, what, days, slice=slice, columns=column)
        if as_json:
            show(found, as_json=True)
        else:
            _profile(platform, found)


def compare(
    what: str,
    before: Annotated[str, typer.Argument(help=_SPAN)],
    after: Annotated[str, typer.Argument(help=_SPAN)],
    slice: SliceOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed from one stretch of time to another, the largest change first."""
    with opened(project) as platform:
        windows = span(platform, before), span(platform, after)
        changes = platform.profiles.compare(what, *windows, slice)
        if as_json:
            show(list(changes), as_json=True)
        else:
            _changes(changes)


def catch_up(
    what: Annotated[str | None, typer.Argument(help="By default everything.")] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Profile what came in since the last time; each version of a table once."""
    with opened(project) as platform:
        caught = platform.profiles.catch_up(what, actor=actor_or_user(actor))
        show(caught, as_json=as_json, columns=("what", "windows", "rows", "note"))


def merge_in(
    what: str,
    window: Annotated[str, typer.Argument(help=_SPAN)],
    file: Annotated[Path, typer.Argument(help="JSON: a list of columns with rows, nulls and sketches in base64.")],
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add what was computed elsewhere, by DataSketches of Spark for example, to the profile of a window."""
    with opened(project) as platform:
        sketches = parse_sketches(_read(file))
        at, own = span(platform, window), key_or_new(key)
        done = platform.profiles.merge_in(what, at, sketches, key=own, actor=actor_or_user(actor))
        show(done, as_json=as_json, columns=("key", "what", "done_at"))


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as cause:
        message = f"{file} cannot be read as JSON: {type(cause).__name__}"
        raise UnreadableError(
            message, next_step='It holds [{"column": …, "rows": …, "quantiles": "base64"}].'
        ) from cause


def _profile(platform: Platform, found: ProfileView) -> None:
    newest = newest_span(platform, found.what)
    where = "" if found.slice is None else f", {found.slice}"
    start, end = found.window.start_at, found.window.end_at
    typer.echo(f"{found.what}{where}, {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: {found.rows:,} rows")
    rows = [one.rows for one in platform.profiles.windows(found.what)[-60:]]
    if newest is not None and len(rows) > 1:
        typer.echo(f"rows of the last {len(rows)} windows  {sparkline_text(rows)}")
    for column in found.columns:
        _column(column)


def _column(column: ColumnView) -> None:
    typer.echo(f"\n{column.name}  {column.kind}")
    facts = [f"{column.nulls:,} missing ({column.null_fraction:.1%})" if column.nulls else "none missing"]
    if column.non_finite:
        facts.append(f"{column.non_finite:,} not finite")
    if column.distinct is not None:
        facts.append(f"about {column.distinct.value:,.0f} different")
    if column.kind == "number" and column.minimum is not None and column.maximum is not None:
        facts.append(f"{column.minimum:.6g} to {column.maximum:.6g}")
    if column.kind == "number" and column.mean is not None:
        spread = "" if column.deviation is None else f" ± {column.deviation:.4g}"
        facts.append(f"{column.mean:.4g}{spread} on average")
    typer.echo(f"  {', '.join(facts)}")
    if column.bars and column.kind == "number":
        typer.echo(f"  {sparkline_text([bar.fraction for bar in column.bars])}")
    longest = max((rows for _, rows in column.top), default=0)
    for value, rows in column.top[:_TOP] if column.kind == "category" else ():
        typer.echo(f"  {value[:24]:<24} {rows:>9,} {bar_text(rows, longest)}")


def _changes(changes: Sequence[ColumnChange]) -> None:
    for one in changes:
        index = "" if one.psi is None else f"{one.psi:6.2f} {bar_text(min(one.psi, 1.0), 1.0, 12):<12}"
        means = "" if one.mean_before is None or one.mean_after is None else _means(one.mean_before, one.mean_after)
        typer.echo(f"{one.verdict.value:<10} {one.column:<28} {index:<19} {one.reason}{means}")


def _means(before: float, after: float) -> str:
    return f"; mean {before:.4g}, then {after:.4g}"


COMMANDS = {
    "profile": group(
        "What every column looked like, per window and slice.",
        list=list_,
        show=show_,
        compare=compare,
        catch_up=catch_up,
        merge_in=merge_in,
    )
}
