"""`steek ingest`: bring a file into a dataset."""

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import command
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user
from steek.cli.output import show
from steek.data import spool_errors
from steek.kernel.errors import UnreadableError
from steek.kernel.records import content_hash


def ingest(
    dataset: str,
    file: Annotated[Path, typer.Argument(help="Path of a file, or - for standard input.", allow_dash=True)],
    format: Annotated[
        str | None, typer.Option(help="parquet, arrow, csv, ndjson or json; by default from the file's ending.")
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Return once it is durable in the spool, before it is in the lake.")
    ] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a file into a dataset and print the receipt. The same file again is the same batch."""
    if str(file) != "-" and not file.is_file():
        message = f"no file {str(file)!r}"
        raise UnreadableError(message, next_step="Give the path of a Parquet, Arrow, CSV, NDJSON or JSON file.")
    with opened(project) as platform, platform.ingestion.spool.incoming() as arriving:
        from_stdin = str(file) == "-"
        path = arriving if from_stdin else file
        if from_stdin:
            with spool_errors(), arriving.open("xb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
        receipt = platform.ingestion.ingest(
            dataset,
            path,
            format=format,
            key=key or _key_of(path, from_stdin=from_stdin),
            actor=actor_or_user(actor),
            wait=not no_wait,
        )
        show(receipt, as_json=as_json)


def _key_of(path: Path, *, from_stdin: bool) -> str:
    """The same file, or the same bytes from elsewhere, is the same batch."""
    if from_stdin:
        with path.open("rb") as content:
            return f"stdin:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    return f"file:{content_hash([path.name, path.stat().st_size, path.stat().st_mtime_ns])}"


COMMANDS = {"ingest": command(ingest)}
