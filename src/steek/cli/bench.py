"""`steek bench`: the same questions to versions of a model side by side."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.incidents import Asking
from steek.kernel.errors import InputError
from steek.kernel.windows import Window

Sides = Annotated[
    list[str] | None,
    typer.Option(
        "--side",
        help="VERSION, VERSION@INSTANT or VERSION+DATASET=VERSION; may be given again. By default what serves now, and "
        "for one question of the past what served then.",
    ),
]


def run(
    model: str,
    side: Sides = None,
    between: Annotated[
        tuple[datetime, datetime] | None, typer.Option(help="Moments of the questions, UTC; by default the last day.")
    ] = None,
    request: Annotated[list[str] | None, typer.Option("--request", help="Id of a logged request.")] = None,
    query: Annotated[list[str] | None, typer.Option("--query", help="A question as JSON, typed in.")] = None,
    examples: Annotated[bool, typer.Option("--examples", help="Rows whose right answers are known.")] = False,
    slice_: Annotated[str | None, typer.Option("--slice", help="column=value of what is asked about.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Column to slice the differences by.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many questions, the newest.")] = 200,
    incident: Annotated[str | None, typer.Option("--incident", help="The incident it is for.")] = None,
    hypothesis: Annotated[int | None, typer.Option("--hypothesis", min=1, help="The hypothesis it tests.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay logged, typed or example questions on each side; the others are compared with the first."""
    asking = Asking(
        typed=[_object(text) for text in query or ()],
        examples=examples,
        requests=tuple(request or ()),
        window=None if between is None else Window(between[0].replace(tzinfo=UTC), between[1].replace(tzinfo=UTC)),
        slice=slice_,
        limit=limit,
    )
    with opened(project) as platform:
        made = platform.bench.run(
            model,
            side or (),
            asking,
            actor=actor_or_user(actor),
            key=key_or_new(key),
            incident=incident,
            hypothesis=hypothesis,
            by=by or (),
        )
        if as_json:
            show(made, as_json=True)
            return
        typer.echo(f"{made.id}: {made.sentence}")


def list_(
    model: Annotated[str | None, typer.Option("--model", help="Of this model only.")] = None,
    incident: Annotated[str | None, typer.Option("--incident", help="For this incident only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most so many.")] = 50,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Runs that are kept, newest first."""
    with opened(project) as platform:
        found = platform.bench.list(model=model, incident=incident, limit=limit)
        if as_json:
            show(list(found), as_json=True)
            return
        rows = [{"id": one.id, "ran_at": one.ran_at, "actor": one.actor, "what": one.sentence} for one in found]
        show(rows, as_json=False, columns=("id", "ran_at", "actor", "what"))


def show_(
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    rows: Annotated[int, typer.Option("--rows", min=0, max=10_000, help="Rows of the results to print.")] = 0,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One run: each side, the differences by slice, what moved most."""
    with opened(project) as platform:
        found = platform.bench.get(run_id)
        results = platform.bench.results(run_id, limit=rows).to_dicts() if rows else []
        if as_json:
            show({"run": found, "results": results}, as_json=True)
            return
        typer.echo(found.sentence)
        for comparison in found.comparisons:
            show(list(comparison.slices), as_json=False, columns=("slice", "questions", "before", "after", "moved"))
            show(list(comparison.movers), as_json=False, columns=("entity", "candidate", "before", "after"))
        if results:
            show(results, as_json=False, columns=tuple(results[0]))


def compare(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The earlier run.")],
    other: Annotated[str, typer.Argument(help="The later run.")],
    side: Annotated[int, typer.Option("--side", min=0, help="Place of the side in the earlier run.")] = 0,
    other_side: Annotated[int, typer.Option("--other-side", min=0, help="Place of the side in the later run.")] = 0,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One side of a run against one of another, on the questions that both asked."""
    with opened(project) as platform:
        found = platform.bench.compare(run_id, other, side=side, other_side=other_side)
        show(found if as_json else found.whole, as_json=as_json)


def query(
    model: str,
    entity: Annotated[list[str], typer.Argument(help="column=value for each column of the question.")],
    side: Sides = None,
    moment: Annotated[datetime | None, typer.Option("--at", help="When it was asked, UTC; by default now.")] = None,
    as_said: Annotated[
        bool, typer.Option("--as-said", help="Values as the person says them; pseudonyms are made of them.")
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Most answers of each side.")] = 10,
    incident: Annotated[str | None, typer.Option("--incident", help="The incident it is asked for.")] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One question as somebody typed or saw it: what each side answers, and which features made it so."""
    asked = dict(_pair(text) for text in entity)
    at = None if moment is None else moment.replace(tzinfo=UTC)
    with opened(project) as platform:
        by = actor_or_user(actor)
        found = platform.bench.ask(
            model, asked, side or (), actor=by, moment=at, as_said=as_said, top=top, incident=incident
        )
        if as_json:
            show(found, as_json=True)
            return
        for answer in found.sides:
            typer.echo(f"{answer.side}: {answer.problem or ''}")
            show(list(answer.answers), as_json=False, columns=("candidate", "score"))
            show(list(answer.features[:top]), as_json=False, columns=("name", "value", "effect"))


def _object(text: str) -> dict[str, object]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError("a question is a JSON object", next_step="""For example --query '{"shop": "north"}'.""")
    return cast("dict[str, object]", found)


def _pair(text: str) -> tuple[str, object]:
    """A column and its value; what looks like a whole number is one, unless it stands in quotes."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError("a part of the question is not of the form column=value")
    if len(value) > 1 and value[0] == value[-1] == '"':
        return name, value[1:-1]
    return name, int(value) if value.lstrip("-").isdecimal() and value.isascii() else value


COMMANDS = {
    "bench": group(
        "The test bench: the same questions to versions of a model side by side.",
        run=run,
        list=list_,
        show=show_,
        compare=compare,
        query=query,
    )
}
