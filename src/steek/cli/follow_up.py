"""`steek follow-up`: what was agreed to do, by whom, until when, and whether it is done."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from steek.cli.commands import group
from steek.cli.follow_up_printing import follow_up_lines
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new, to_day
from steek.cli.output import show, visible
from steek.incidents.followups.exporting import as_csv
from steek.incidents.followups.follow_up import FollowUp, Looked, Selection
from steek.kernel.errors import InputError
from steek.kernel.windows import Window
from steek.platform import Platform

PriorityOption = Annotated[str | None, typer.Option(help="P0 (now), P1 (this month), P2 (this quarter), P3.")]
DueOption = Annotated[str | None, typer.Option(help="Last day, e.g. 2017-11-01.")]
CheckOption = Annotated[
    str | None,
    typer.Option(
        help="What shows that it is done, and does not yet: monitor_armed, notice_delivered, gate_rule, contract_rule, "
        "rollback_rehearsed, objective_met, fallback_set, canary_set or by_hand; with --with."
    ),
]
WithOption = Annotated[
    list[str] | None, typer.Option("--with", help="An argument of the check as NAME=VALUE, e.g. monitor='lines in'.")
]
ExpectOption = Annotated[int | None, typer.Option("--expect", help="Only if it is still at this version.")]


def create(
    text: str,
    owner: Annotated[str, typer.Option(help="Who does it.")],
    kind: Annotated[str, typer.Option(help="fix or improvement.")] = "improvement",
    priority: Annotated[str, typer.Option(help="P0 (now), P1 (this month), P2 (this quarter), P3.")] = "P2",
    value: Annotated[str, typer.Option(help="1 to 5, or very low, low, medium, high, very high.")] = "3",
    cost: Annotated[str, typer.Option(help="1 to 5, or hours, days, weeks, months, a year.")] = "3",
    due: DueOption = None,
    done_means: Annotated[str, typer.Option(help="What done means, in words.")] = "",
    check: CheckOption = None,
    arguments: WithOption = None,
    postmortem: Annotated[
        str | None, typer.Option("--incident", "--postmortem", help="Incident, or postmortem, that it comes from.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="Kind of failure it is against.")] = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agree on something to do."""
    with opened(project) as platform:
        made = platform.follow_ups.create(
            text,
            kind=kind,
            priority=priority,
            value=value,
            cost=cost,
            owner=owner,
            due_at=_due(platform, due),
            done_means=done_means,
            check=_check(check, arguments),
            postmortem=postmortem,
            category=category,
            actor=actor_or_user(actor),
            key=key_or_new(key),
        )
        show(made, as_json=as_json)


def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only what is still to be done.")] = False,
    overdue: Annotated[bool, typer.Option(help="Only what is late.")] = False,
    hard: Annotated[bool, typer.Option(help="Only what is valuable but very hard.")] = False,
    owner: Annotated[str | None, typer.Option(help="Only of this owner.")] = None,
    priority: PriorityOption = None,
    postmortem: Annotated[str | None, typer.Option("--incident", "--postmortem", help="Only from this one.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets and trackers.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow-ups, the most urgent first."""
    chosen = Selection(
        open_only=open_only, overdue=overdue, hard=hard, owner=owner, priority=priority, postmortem=postmortem
    )
    with opened(project) as platform:
        found = platform.follow_ups.list(chosen)
    if csv and not as_json:
        typer.echo(as_csv(found), nl=False)
    elif as_json:
        show(found, as_json=True)
    else:
        show(follow_up_lines(found), as_json=False)


def show_(follow_up: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One follow-up, with what its check says now."""
    with opened(project) as platform:
        _show_looked(platform.follow_ups.look(follow_up), as_json=as_json)


def change(
    follow_up: str,
    text: Annotated[str | None, typer.Option(help="What.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who does it.")] = None,
    kind: Annotated[str | None, typer.Option(help="fix or improvement.")] = None,
    priority: PriorityOption = None,
    value: Annotated[str | None, typer.Option(help="1 to 5 or in words.")] = None,
    cost: Annotated[str | None, typer.Option(help="1 to 5 or in words.")] = None,
    due: DueOption = None,
    done_means: Annotated[str | None, typer.Option(help="What done means.")] = None,
    check: CheckOption = None,
    arguments: WithOption = None,
    action: Annotated[str | None, typer.Option(help="start, drop or reopen.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is dropped.")] = "",
    expected_version: ExpectOption = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what was agreed, or start, drop or reopen it."""
    given: dict[str, object] = {
        "text": text,
        "owner": owner,
        "kind": kind,
        "priority": priority,
        "value": value,
        "cost": cost,
        "done_means": done_means,
        "check": _check(check, arguments),
        "action": action,
        "reason": reason or None,
    }
    with opened(project) as platform:
        given["due_at"] = _due(platform, due)
        changes = {name: each for name, each in given.items() if each is not None}
        by, at_key = actor_or_user(actor), key_or_new(key)
        changed = platform.follow_ups.change(
            follow_up, changes, actor=by, key=at_key, expected_version=expected_version
        )
        show(changed, as_json=as_json)


def done(
    follow_up: str,
    reason: Annotated[str, typer.Option(help="Why it is done although no check says so.")] = "",
    expected_version: ExpectOption = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Finish one: its check passes, or you say why."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        finished = platform.follow_ups.done(
            follow_up, reason=reason, actor=by, key=at_key, expected_version=expected_version
        )
        show(finished, as_json=as_json)


def check(
    follow_up: Annotated[str | None, typer.Argument(help="Only this one; by default all that are open.")] = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look whether what was agreed is there now; what is, is done."""
    with opened(project) as platform:
        looked = platform.follow_ups.check(follow_up, actor=actor_or_user(actor))
    if as_json:
        show(looked, as_json=True)
        return
    lines = [
        {
            "id": one.follow_up.id,
            "state": one.follow_up.state.value,
            "check": "-" if one.follow_up.check is None else one.follow_up.check.sentence,
            "says": "no check: a person must say so" if one.finding is None else one.finding.sentence,
        }
        for one in looked
    ]
    show(lines, as_json=False)


def digest(
    send: Annotated[bool, typer.Option("--send", help="Tell it now, if it was not told this week.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """How all follow-ups stand this week."""
    with opened(project) as platform:
        found = (platform.lateness.tell_digest() if send else None) or platform.lateness.digest()
    if as_json:
        show(found, as_json=True)
        return
    typer.echo(f"{found.week}  {found.sentence}")
    for line in found.lines:
        typer.echo(f"  {visible(line)}")


def review(
    follow_up: str,
    note: Annotated[str, typer.Option(help="What leaders said of it.")],
    expected_version: ExpectOption = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what leaders said of something valuable but very hard; it stays on their list."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        reviewed = platform.follow_ups.review(
            follow_up, note=note, actor=by, key=at_key, expected_version=expected_version
        )
        show(reviewed, as_json=as_json)


def track(
    follow_up: str,
    tracker: Annotated[str, typer.Option(help="Name of the tracker.")],
    outside_id: Annotated[str, typer.Option("--id", help="Its number there.")],
    state: Annotated[str, typer.Option(help="How it stands there.")],
    url: Annotated[str, typer.Option(help="Where it is there.")] = "",
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note how it stands in an issue tracker; that ends nothing here."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        tracked = platform.follow_ups.track(
            follow_up, tracker=tracker, outside_id=outside_id, url=url, state=state, actor=by, key=at_key
        )
        show(tracked, as_json=as_json)


def _show_looked(looked: Looked, *, as_json: bool) -> None:
    if as_json:
        show(looked, as_json=True)
        return
    one = looked.follow_up
    typer.echo(f"{one.id} {one.priority.value} {one.kind.value}, {one.state.value}: {visible(one.text)}")
    typer.echo(f"  {visible(one.owner)}, {_due_words(one)}; {one.worth}")
    if one.done_means:
        typer.echo(f"  done means: {visible(one.done_means)}")
    if one.check is not None and looked.finding is not None:
        verdict = {True: "yes", False: "not yet", None: "a person must look"}[looked.finding.passes]
        typer.echo(
            f"  shown by:   {visible(one.check.sentence)}\n  now:        {verdict}; {visible(looked.finding.sentence)}"
        )
    if one.ending is not None:
        shown = "shown by its check" if one.ending.how == "check" else f"by word of {one.ending.actor}"
        typer.echo(f"  {one.state.value} {one.ending.at:%Y-%m-%d}, {shown}: {visible(one.ending.reason)}")
    if one.review is not None:
        typer.echo(f"  leaders {one.review.at:%Y-%m-%d}: {visible(one.review.note)}")


def _due_words(one: FollowUp) -> str:
    return "no day" if one.due_at is None else f"due {one.due_at:%Y-%m-%d %H:%M} UTC"


def _due(platform: Platform, text: str | None) -> datetime | None:
    """The end of a business day."""
    if text is None:
        return None
    return Window.of_day(to_day(text), platform.settings.day_starts_at).end_at.astimezone(UTC)


def _check(kind: str | None, arguments: list[str] | None) -> dict[str, Any] | None:
    if kind is None:
        return None
    given: dict[str, Any] = {"kind": kind}
    for each in arguments or []:
        name, equals, value = each.partition("=")
        if not equals or name == "kind":
            message = f"{each[:40]!r} is no argument of a check"
            raise InputError(message, next_step="Write NAME=VALUE, e.g. --with model=search_ranking.")
        given[name.strip()] = value
    return given


COMMANDS = {
    "follow-up": group(
        "What was agreed to do after incidents: owners, days, checks that say when it is done.",
        create=create,
        list=list_,
        show=show_,
        change=change,
        done=done,
        check=check,
        digest=digest,
        review=review,
        track=track,
    )
}
