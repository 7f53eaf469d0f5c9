"""`steek data`: what there is, what a record means, what the columns hold, how much arrives."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from steek.charts import Point, SeriesPicture, bar_text, render_svg, series_spec, sparkline_text
from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import JsonOption, ProjectOption
from steek.cli.output import show
from steek.data import ColumnProfile, Contract, Field, Profile, meaning_of, parse_slice, protection_of, volume_lines
from steek.platform import dataset_facts, dataset_lines, last_days, looking

_BLOCKS = 12
SliceOption = Annotated[str | None, typer.Option("--slice", help="Only rows with this value, as column=value.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days back.")]


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """All datasets: owner, where from, newest version."""
    with opened(project) as platform:
        columns = ("name", "owner", "origin", "version", "rows_of_newest", "versions_at", "contract_version")
        show(dataset_lines(platform), as_json=as_json, columns=columns)


def show_(name: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One dataset: what a record means, who answers for it, what arrived last."""
    with opened(project) as platform:
        facts = dataset_facts(platform, name)
        if as_json:
            show(facts, as_json=True)
            return
        show(facts.line, as_json=False)
        if facts.contract is not None:
            _contract(facts.contract)
        if facts.arrival is not None:
            typer.echo(f"\n{facts.arrival.state}: {facts.arrival.evidence}")
        if facts.receipts:
            columns = ("received_at", "accepted_rows", "quarantined_rows", "table_version", "id")
            show(facts.receipts, as_json=False, columns=columns, title="\nNewest batches")


def profile(
    name: str,
    days: Annotated[int | None, typer.Option(min=1, help="Only the newest days of event time.")] = None,
    slice: SliceOption = None,
    version: Annotated[int | None, typer.Option(help="An older version of the table.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the columns hold: absent and different values, smallest, largest, histogram or commonest values."""
    with opened(project) as platform:
        service = looking(platform)
        window = None if days is None else service.newest_window(name, days=days)
        found = service.profile(name, window=window, slice=parse_slice(slice), version=version)
        if as_json:
            show(found, as_json=True)
        else:
            _profile(found)


def volumes(
    name: str,
    days: DaysOption = 28,
    by: Annotated[str | None, typer.Option(help="Column whose values are counted separately.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Also write the chart of the page to this SVG file.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rows per business day, in all or for each slice, largest slice first."""
    with opened(project) as platform:
        window = last_days(platform, days)
        counted = looking(platform).volumes(name, window, by)
        if chart is not None:
            _write_chart(chart, name, counted)
        if as_json:
            show(counted.to_dicts(), as_json=True)
            return
        typer.echo(f"{name}: rows per day, {window.start_at:%Y-%m-%d %H:%M} to {window.end_at:%Y-%m-%d %H:%M} UTC")
        for value, rows in volume_lines(counted):
            label = "all" if by is None else f"{by}={value}"
            typer.echo(f"{label:<28} {sparkline_text(rows)}  last {rows[-1]:,}  in all {sum(rows):,}")


def sample(
    name: str,
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, max=10_000)] = 10,
    slice: SliceOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """A few rows, the newest by event time first."""
    with opened(project) as platform:
        found = looking(platform).sample(name, rows, slice=parse_slice(slice))
        show(found.rows.to_dicts(), as_json=as_json, title=f"{name}, version {found.version}")
        if found.closed and not as_json:
            typer.echo(f"closed to you: {', '.join(found.closed)}")


def _write_chart(path: Path, name: str, counted: pl.DataFrame) -> None:
    total = counted.group_by("window_start", maintain_order=True).agg(pl.col("rows").sum())
    points = tuple(Point(start_at, float(rows)) for start_at, rows in total.iter_rows())
    picture = SeriesPicture(f"rows of {name} per day", "rows", points)
    path.write_text(render_svg(series_spec(picture), description=picture.title), encoding="utf-8")


def _contract(contract: Contract) -> None:
    about = {
        "contract": f"version {contract.version}, of {contract.owner}",
        "source": contract.source or None,
        "expected": contract.cadence,
        "kept for": contract.retention,
        "jurisdiction": contract.jurisdiction or None,
    }
    show({name: value for name, value in about.items() if value}, as_json=False, title="")
    typer.echo("\nWhat a record means")
    for field in contract.fields:
        typer.echo(f"  {field.name:<24} {_field(field)}")


def _field(field: Field) -> str:
    protection = protection_of(field)
    return f"{meaning_of(field)} [{protection}]" if protection else meaning_of(field)


def _profile(found: Profile) -> None:
    where = "" if found.slice is None else f", {'='.join(found.slice)}"
    when = "" if found.window is None else f", {found.window.start_at:%Y-%m-%d} to {found.window.end_at:%Y-%m-%d}"
    typer.echo(f"{found.dataset} version {found.version}{where}{when}: {found.rows:,} rows")
    for column in found.columns:
        typer.echo(f"\n{column.name}  {column.type}")
        absent = f"{column.nulls:,} absent ({column.null_fraction:.1%})" if column.nulls else "none absent"
        typer.echo(f"  {absent}, {column.distinct:,} different, {_range(column)}")
        if column.bins:
            typer.echo(f"  {sparkline_text([bin.rows for bin in column.bins])}")
        longest = max((rows for _, rows in column.top), default=0)
        for value, rows in column.top[:_BLOCKS]:
            typer.echo(f"  {value[:24]:<24} {rows:>9,} {bar_text(rows, longest)}")
    if found.closed:
        typer.echo(f"\nclosed to you: {', '.join(found.closed)}")


def _range(column: ColumnProfile) -> str:
    if column.minimum is None:
        return "no value"
    mean = "" if column.mean is None else f", {column.mean:.4g} on average"
    return f"{column.minimum} to {column.maximum}{mean}"


COMMANDS = {
    "data": group("Look at data.", list=list_, show=show_, profile=profile, volumes=volumes, sample=sample),
}
