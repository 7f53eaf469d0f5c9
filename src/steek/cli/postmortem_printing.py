"""Postmortems in a terminal: what they say, what is open in them, and what they say together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import typer

from steek.charts import bar_text
from steek.cli.output import show
from steek.incidents.postmortems.action_items import tail_of
from steek.incidents.postmortems.blamelessness import BlameWarning
from steek.incidents.postmortems.collection import Found
from steek.incidents.postmortems.counting import TIMES, AxisCount, Statistics
from steek.incidents.postmortems.exporting import PostmortemExport
from steek.incidents.postmortems.gaps import gaps
from steek.incidents.postmortems.importing import ImportedFile
from steek.incidents.postmortems.lengths import length_words
from steek.incidents.postmortems.query import happened_at
from steek.incidents.postmortems.report import HEADINGS, PointRole, Report
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.kernel.units import format_duration
from steek.platform import Platform

_WIDE = 24


def finding_lines(found: Sequence[Found]) -> list[dict[str, object]]:
    """What a list shows of each."""
    return [
        {
            "postmortem": one.record.id,
            "began": _day(one.record),
            "stage": one.record.stage,
            "origin": one.record.report.origin,
            "severity": one.record.report.severity,
            "categories": category_words(one.record.report),
            "to_detect": length_words(one.record.report.times.to_detect),
            "to_resolve": length_words(one.record.report.times.to_resolve),
            "title": one.record.report.title,
            "score": round(one.score, 2),
        }
        for one in found
    ]


def category_words(report: Report) -> str:
    """Confirmed categories; while there are none the likeliest suggestion, marked as what it is.

    >>> category_words(Report(id="x", title="x"))
    ''
    """
    return ", ".join(report.categories) or ", ".join(f"{one} (suggested)" for one in report.suggested_categories[:1])


def _day(record: PostmortemRecord) -> str:
    at = happened_at(record)
    return "not known" if at is None else f"{at:%Y-%m-%d}"


def print_imported(files: Sequence[ImportedFile]) -> None:
    """What came of each file, with a line for what was recognised in it and for what was not."""
    for one in files:
        typer.echo(f"{one.file}: {one.outcome}" + (f", {one.postmortem}" if one.postmortem else ""))
        for said in one.recognised:
            typer.echo(f"  + {said}")
        for said in one.not_recognised:
            typer.echo(f"  - {said}")
        for said in one.notes:
            typer.echo(f"  ! {said}")


def record_values(platform: Platform, record: PostmortemRecord) -> dict[str, object]:
    """A postmortem with what was agreed on after it, warnings about blame, what is open, and what is newer."""
    warnings = platform.postmortems.warnings(record)
    return {
        **{name: getattr(record, name) for name in record.__dataclass_fields__},
        "warnings": warnings,
        "report": PostmortemExport(platform.follow_ups, platform.incidents.stories).report(record),
        "open": gaps(record.report, len(warnings)),
        "newer": platform.postmortems.newer(record),
    }


def print_record(platform: Platform, record: PostmortemRecord, *, as_json: bool) -> None:
    """A postmortem for people: sections, points with their ids, what is open."""
    values = record_values(platform, record)
    if as_json:
        show(values, as_json=True)
        return
    report = cast("Report", values["report"])
    _print_head(record, report)
    for name, said in TIMES.items():
        typer.echo(f"  {said}: {length_words(getattr(report.times, name)) or 'not known'}")
    for name, text in report.ordered_sections():
        typer.echo(f"\n{report.heading(name)}\n{text}")
    for role in PointRole:
        points = report.of_role(role)
        if points:
            typer.echo(f"\n{HEADINGS[role]}")
        for point in points:
            named = f"{point.subject} {point.kind}: " if role is PointRole.DEFENCE else ""
            agreed = f"{point.subject}: " if role is PointRole.FOLLOW_UP and point.subject else ""
            tail = tail_of(point.owner, point.due_at) + (", done" if point.is_done else "")
            typer.echo(f"  {point.id}  {point.standing:<9}  {named}{agreed}{point.text}{tail}")
    typer.echo("")
    _print_open(record, values)


def print_step(platform: Platform, record: PostmortemRecord, *, as_json: bool) -> None:
    """Where a postmortem stands after somebody wrote in it or moved it on: its stage and what is still open."""
    values = record_values(platform, record)
    if as_json:
        show(values, as_json=True)
        return
    _print_head(record, cast("Report", values["report"]))
    _print_open(record, values)


def _print_head(record: PostmortemRecord, report: Report) -> None:
    typer.echo(f"{record.id}: {report.title}")
    typer.echo(
        f"  {record.stage}, version {record.version}, revision {record.revision or '-'}; {report.severity or '-'}"
    )
    typer.echo(
        f"  machine learning {report.placement.machine_learning or '-'} of 5, "
        f"distributed {report.placement.distributed or '-'} of 5"
    )


def _print_open(record: PostmortemRecord, values: Mapping[str, object]) -> None:
    for warning in cast("Sequence[BlameWarning]", values["warnings"]):
        typer.echo(f"! {warning.where} ({warning.point}): {warning.sentence}")
    for sentence in cast("Sequence[str]", values["open"]):
        typer.echo(f"? {sentence}")
    newer = cast("Sequence[str]", values["newer"])
    if newer:
        typer.echo(f"? The record of the incident says more by now: {', '.join(newer)}.")
        typer.echo(f"  Take it in with 'steek postmortem draft {record.id}'; what people wrote stays.")


def print_statistics(counted: Statistics, names: Mapping[str, str]) -> None:
    """The collection as bars."""
    typer.echo(f"{counted.postmortems} postmortems, {counted.near_misses} near misses; {counted.trend}")
    if counted.left_out:
        typer.echo(f"{counted.left_out} of others are left out; --with-others counts them too")
    if counted.undated:
        typer.echo(f"{counted.undated} of which the day is not known stand in no quarter")
    _print_axis("not machine learning (1) to machine learning (5)", counted.machine_learning)
    _print_axis("one system (1) to many (5)", counted.distributed)
    typer.echo("\ncategories")
    for name, number in counted.categories:
        typer.echo(
            f"  {bar_text(number, counted.categories[0][1], _WIDE):<{_WIDE}} {number:>3}  {names.get(name, name)}"
        )
    typer.echo(f"  not classified: {counted.unclassified}")
    typer.echo(
        f"\nnoticed by a machine {counted.by_machine}, by a person {counted.by_user}, "
        f"not known {counted.unknown_detection}"
    )
    for time in counted.times:
        middle = "-" if time.median_s is None else format_duration(timedelta(seconds=time.median_s))
        typer.echo(f"  {TIMES[time.name]:<12} median {middle:<8} {time.said}, not known {time.unknown}")


def _print_axis(title: str, axis: AxisCount) -> None:
    typer.echo(f"\n{title}; n = {axis.placed}, not placed {axis.unplaced}")
    most = max(axis.at_point) or 1
    for place, number in enumerate(axis.at_point, start=1):
        typer.echo(f"  {place}  {bar_text(number, most, _WIDE):<{_WIDE}} {number}")
