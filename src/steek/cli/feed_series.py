"""`steek monitor feed`: values of a series from outside."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.platform import read_series_file


def feed(
    series: str,
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or Parquet with columns at, value, and what tells apart.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in values of a series that a monitor declares with outside_series; later values replace earlier ones."""
    with opened(project) as platform:
        values = read_series_file(file)
        show(platform.series.feed(series, values, key=key_or_new(key), actor=actor_or_user(actor)), as_json=as_json)
