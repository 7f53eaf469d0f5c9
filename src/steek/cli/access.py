"""`steek access`: who may read what and why, who did, tokens, and rows as somebody may see them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Annotated, Any, Literal

import typer
from typer.main import get_command

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, to_day
from steek.cli.output import show
from steek.governance import OWNER, ReadQuery, all_reads, cloud_event, list_reads, usage
from steek.kernel.records import to_plain
from steek.kernel.units import parse_duration
from steek.platform import explain_access, read_rows

PurposeOption = Annotated[str, typer.Option("--purpose", help="What for; needed where there are personal columns.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="Only from this day (UTC) on, e.g. 2017-10-15.")]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Only of this dataset or table.")]


def policies(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Declared policies: who may see what of a dataset, for what."""
    with opened(project) as platform:
        found = [{"name": policy.name, **policy.described()} for policy in platform.access.policies]
        show(found, as_json=as_json, columns=("dataset", "to", "purposes", "columns", "rows", "owner", "reason"))


def roles(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Declared roles and who has them."""
    with opened(project) as platform:
        show(list(platform.access.roles.values()), as_json=as_json)


def explain(
    principal: str,
    dataset: str,
    purpose: PurposeOption = "",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What somebody would be given of a dataset now, and which rule says so; nothing is read."""
    with opened(project) as platform:
        decision = explain_access(platform, principal, dataset, purpose)
        if not as_json:
            typer.echo(decision.explained())
            return
        actor = {"principal": principal, "roles": decision.actor.roles, "purpose": purpose, "dataset": dataset}
        part = {"verdict": decision.verdict, "columns": decision.columns, "since": decision.since}
        show({**actor, **part, "reasons": decision.reasons, "text": decision.explained()}, as_json=True)


def rows(
    dataset: str,
    purpose: PurposeOption = "",
    columns: Annotated[str | None, typer.Option(help="Names, separated by commas; by default all open.")] = None,
    where: Annotated[str | None, typer.Option(help="Condition on open columns, e.g. \"region == 'EU'\".")] = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000)] = 20,
    version: Annotated[int | None, typer.Option(min=0, help="An older version of the table.")] = None,
    explained: Annotated[bool, typer.Option("--explain", help="Say first which rule decides each column.")] = False,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rows as you may see them; the read is written down."""
    asked = [name.strip() for name in (columns or "").split(",") if name.strip()]
    with opened(project) as platform:
        access = platform.access
        reader = access.actor(actor_or_user(actor), purpose, roles=(OWNER,))
        decision = access.decide(reader, dataset, platform.lake.columns(dataset)) if explained else None
        if decision is not None and not as_json:
            typer.echo(decision.explained())
        found = read_rows(platform, reader, dataset, columns=asked, where=where, limit=limit, version=version)
        listed = found.frame.to_dicts()
        if not as_json:
            show(listed, as_json=False)
            return
        body: dict[str, Any] = {"dataset": dataset, "version": found.version, "closed": found.closed, "rows": listed}
        show(body | ({} if decision is None else {"reasons": decision.reasons}), as_json=True)


def reads(
    principal: Annotated[str | None, typer.Option(help="Only by this principal.")] = None,
    dataset: DatasetOption = None,
    purpose: Annotated[str | None, typer.Option(help="Only for this purpose.")] = None,
    verdict: Annotated[str | None, typer.Option(help="Only allowed, partly or refused.")] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1)] = 30,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who read what for what, newest first."""
    with opened(project) as platform:
        query = ReadQuery(principal, dataset, purpose, verdict, _start_of(since))
        shown = ("at", "principal", "purpose", "dataset", "version", "verdict", "rule")
        show(list_reads(platform.database, query, limit), as_json=as_json, columns=shown)


def export(
    dataset: DatasetOption = None,
    since: SinceOption = None,
    form: Annotated[Literal["ndjson", "cloudevents"], typer.Option("--format")] = "ndjson",
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every read, oldest first: one JSON object per line, or CloudEvents; --json prints one JSON list."""
    with opened(project) as platform:
        found = all_reads(platform.database, ReadQuery(dataset=dataset, since=_start_of(since)))
        source = f"steek:{platform.settings.name}"
        each = (cloud_event(read, source) if form == "cloudevents" else read for read in found)
        if as_json:
            show(list(each), as_json=True)
            return
        for one in each:
            typer.echo(json.dumps(to_plain(one), ensure_ascii=False))


def usage_(
    by: Annotated[str, typer.Option("--by", help="user, service, job, model, dataset or token.")] = "dataset",
    dataset: DatasetOption = None,
    since: SinceOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How much was read, by whom or of what, for which purposes, day by day (with --json)."""
    with opened(project) as platform:
        found = usage(platform.database, by, ReadQuery(dataset=dataset, since=_start_of(since)))
        show(found, as_json=as_json, columns=("name", "reads", "refused", "datasets", "purposes", "last_at"))


def issue(
    principal: str,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Role it gives; by default the declared ones.")
    ] = None,
    expires: Annotated[str, typer.Option("--expires", help="How long it lives, at most a year.")] = "30d",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a bearer token. It is printed now and never again: only its hash is kept."""
    with opened(project) as platform:
        by = actor_or_user(actor)
        made = platform.tokens.issue(principal, role or (), parse_duration(expires), key=key_or_new(key), actor=by)
        if as_json:
            show({"token": made.token, "secret": made.secret}, as_json=True)
            return
        show(made.token, as_json=False)
        typer.echo(made.secret or "this key was used before; the secret was shown then")


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """All tokens, newest first, without their secrets."""
    with opened(project) as platform:
        shown = ("id", "principal", "roles", "state", "issued_at", "issued_by", "expires_at")
        show(platform.tokens.known(), as_json=as_json, columns=shown)


def revoke(
    token: Annotated[str, typer.Argument(help="Its id, as 'steek access token list' shows it.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a token now."""
    with opened(project) as platform:
        show(platform.tokens.revoke(token, key=key_or_new(key), actor=actor_or_user(actor)), as_json=as_json)


def _start_of(day: str | None) -> datetime | None:
    return None if day is None else datetime.combine(to_day(day), time(), tzinfo=UTC)


def _app(help: str, verbs: dict[str, Callable[..., Any]]) -> typer.Typer:
    app = typer.Typer(
        help=help, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    for name, verb in verbs.items():
        app.command(name)(verb)
    return app


def _access() -> Any:
    app = _app(
        "Who may read what and why, who did, and tokens.",
        {
            "policies": policies,
            "roles": roles,
            "explain": explain,
            "rows": rows,
            "reads": reads,
            "export": export,
            "usage": usage_,
        },
    )
    app.add_typer(_app("Bearer tokens for the API.", {"issue": issue, "list": list_, "revoke": revoke}), name="token")
    return get_command(app)


COMMANDS = {"access": _access()}
