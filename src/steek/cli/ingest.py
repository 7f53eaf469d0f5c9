"""`steek ingest`: bring a file into a dataset."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user
from steek.cli.output import show
from steek.kernel.errors import UnreadableError
from steek.kernel.records import content_hash


def ingest(
    dataset: str,
    file: Path,
    format: Annotated[
        str | None, typer.Option(help="parquet, arrow, csv, ndjson or json; by default from the file's ending.")
    ] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a file into a dataset and print the receipt. The same file again is the same batch."""
    if not file.is_file():
        message = f"no file {str(file)!r}"
        raise UnreadableError(message, next_step="Give the path of a Parquet, Arrow, CSV, NDJSON or JSON file.")
    with opened(project) as platform:
        receipt = platform.ingestion.ingest(
            dataset,
            file,
            format=format,
            key=key or f"file:{content_hash([file.name, file.stat().st_size, file.stat().st_mtime_ns])}",
            actor=actor_or_user(actor),
        )
        show(receipt, as_json=as_json)


COMMANDS = {"ingest": command(ingest)}
