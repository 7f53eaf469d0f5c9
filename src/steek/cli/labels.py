"""`steek labels`: what turned out to be right, corrections, agreement, and who learned from what was taken back."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.data import Agreement
from steek.measures import Estimate
from steek.platform import labels_affected, labels_summary, put_labels

FormatOption = Annotated[
    str | None, typer.Option(help="parquet, arrow, csv, ndjson or json; by default from the file's ending.")
]
_BATCH_COLUMNS = ("known_at", "rows", "new_rows", "corrected_rows", "repeated_rows", "late_rows", "early_rows", "id")
_SUMMARY_COLUMNS = ("name", "owner", "window", "version", "examples", "late", "changed", "counts")


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every labels declaration and how many examples have a label."""
    with opened(project) as platform:
        found = [labels_summary(platform, name, limit=1) for name in platform.project.labels]
        show(found, as_json=as_json, columns=_SUMMARY_COLUMNS)


def show_(
    name: str,
    limit: Annotated[int, typer.Option(min=1, help="At most so many batches.")] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Labels that hold by value, how late they came, and the newest batches; no example of anybody."""
    with opened(project) as platform:
        found = labels_summary(platform, name, limit=limit)
        if as_json:
            show(found, as_json=True)
            return
        show(found, as_json=False, columns=_SUMMARY_COLUMNS)
        show(list(found.batches), as_json=False, columns=_BATCH_COLUMNS, title="\nBatches")


def put(
    name: str,
    file: Path,
    format: FormatOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add statements from a file: the example's columns and `label`, perhaps `annotator` and `stated_at`."""
    with opened(project) as platform:
        batch = put_labels(platform, name, file, format=format, key=key_or_new(key), actor=actor_or_user(actor))
        show(batch, as_json=as_json)


def correct(
    name: str,
    file: Path,
    reason: Annotated[str, typer.Option("--reason", help="What was found out.")],
    format: FormatOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take labels back: the newest statement holds, and who learned from the old one can be listed."""
    with opened(project) as platform:
        batch = put_labels(
            platform,
            name,
            file,
            format=format,
            correcting=True,
            reason=reason,
            key=key_or_new(key),
            actor=actor_or_user(actor),
        )
        show(batch, as_json=as_json)


def agreement(
    name: str,
    explain: Annotated[bool, typer.Option("--explain", help="Also why each pair is judged as it is.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How far people agree beyond chance: Cohen's kappa by pair, and the mean."""
    with opened(project) as platform:
        found = platform.labels.agreement(name)
        if as_json:
            show(found, as_json=True)
        else:
            _show_agreement(found, explain=explain)


def affected(batch_id: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What learned from the labels that a batch took back: models by their training window, and what stands on them."""
    with opened(project) as platform:
        show(list(labels_affected(platform, batch_id)), as_json=as_json)


def _show_agreement(found: Agreement, *, explain: bool) -> None:
    typer.echo(f"{found.verdict}: {found.reason} (mean over pairs, {found.examples} examples)")
    lines = [
        {
            "first": pair.first,
            "second": pair.second,
            "kappa": _told(pair.kappa),
            "shared": pair.kappa.rows,
            "agree": pair.observed,
            "verdict": pair.verdict,
            "reason": pair.reason,
        }
        for pair in found.pairs
    ]
    columns = ("first", "second", "kappa", "shared", "agree", "verdict", *(("reason",) if explain else ()))
    show(lines, as_json=False, columns=columns)


def _told(kappa: Estimate) -> str | None:
    if kappa.value is None:
        return None
    between = "" if kappa.low is None or kappa.high is None else f" ({kappa.low:.2f} to {kappa.high:.2f})"
    return f"{kappa.value:.2f}{between}"


COMMANDS = {
    "labels": group(
        "What turned out to be right, and when it was known.",
        list=list_,
        show=show_,
        put=put,
        correct=correct,
        agreement=agreement,
        affected=affected,
    ),
}
