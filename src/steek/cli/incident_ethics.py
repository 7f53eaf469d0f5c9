"""`steek incident groups`, `refuse`, `refusals`, `decide-refusal`: who was harmed, and what somebody will not do."""

from typing import Annotated

import typer

from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, SeenOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.incidents.ethics.groups import HARMS, GroupAnswer
from steek.kernel.errors import InputError

_OPTIONS = {"harmed": "--harmed", "not_harmed": "--not-harmed", "not_known": "--not-known"}
_FORM = "GROUP: why; may be repeated."


def groups(
    incident: str,
    harmed: Annotated[list[str] | None, typer.Option("--harmed", help=_FORM)] = None,
    not_harmed: Annotated[list[str] | None, typer.Option("--not-harmed", help=_FORM)] = None,
    not_known: Annotated[list[str] | None, typer.Option("--not-known", help=_FORM)] = None,
    nobody: Annotated[str, typer.Option("--nobody", help="Why nobody can have been harmed, as in a near miss.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which groups of people were harmed; without an answer, show those that alerts name and what was said."""
    given = zip(HARMS, (harmed, not_harmed, not_known), strict=True)
    answers = [_answer(harm, text) for harm, texts in given for text in texts or ()]
    with opened(project) as platform:
        service = platform.groups
        if answers or nobody:
            by, at_key = actor_or_user(actor), key_or_new(key)
            show(service.consider(incident, answers, nobody_because=nobody, actor=by, key=at_key), as_json=as_json)
            return
        questions, considered = service.questions(incident), service.considered(incident)
        if as_json:
            show({"questions": questions, "considered": considered}, as_json=True)
            return
        show(list(questions), as_json=False)
        show(list(considered), as_json=False)


def refuse(
    incident: str,
    what: Annotated[str, typer.Argument(help="The mitigation, as the menu calls it, or with --role the role.")],
    reason: Annotated[str, typer.Option("--reason", help="On what grounds.")],
    role: Annotated[bool, typer.Option("--role", help="It is a role that you will not take.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline an action or a role on ethical grounds; an action then waits for another person."""
    with opened(project) as platform:
        by, kind = actor_or_user(actor), "role" if role else "action"
        show(platform.refusals.refuse(incident, kind, what, reason, actor=by, key=key_or_new(key)), as_json=as_json)


def refusals(incident: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What people declined, and what others decided about it."""
    with opened(project) as platform:
        shown = ("id", "person", "kind", "what", "state", "decided_by")
        show(list(platform.refusals.list(incident)), as_json=as_json, columns=shown)


def decide_refusal(
    refusal: Annotated[str, typer.Argument(help="Its id, as 'steek incident refusals' shows it.")],
    verdict: Annotated[str, typer.Argument(help="go_ahead without them, or leave.")],
    note: Annotated[str, typer.Option("--note", help="Why.")],
    seen: SeenOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about what somebody else declined."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        done = platform.refusals.decide(refusal, verdict, note=note, actor=by, key=at_key, expected_version=seen)
        show(done, as_json=as_json)


def _answer(harm: str, text: str) -> GroupAnswer:
    group, colon, why = text.partition(":")
    if not colon:
        message = f"{text[:80]!r} says no reason"
        raise InputError(message, next_step=f"For example {_OPTIONS[harm]} 'store=412: its shelves stayed full'.")
    return GroupAnswer(group.strip(), harm, why.strip())


ETHICS_VERBS = {"groups": groups, "refuse": refuse, "refusals": refusals, "decide_refusal": decide_refusal}
