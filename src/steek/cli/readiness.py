"""`steek readiness`: the 28 tests of each model, and answers where nothing can be measured."""

from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every model with its score, the least ready first."""
    with opened(project) as platform:
        found = platform.readiness.all()
    if as_json:
        show(found, as_json=True)
        return
    show(
        [
            {
                "name": one.model,
                "score": f"{'at least ' if one.waiting else ''}{one.score:g} of 7",
                **{section.section.value: f"{section.points:g}" for section in one.sections},
                "lowest": one.weakest.value,
                "means": one.meaning,
            }
            for one in found
        ],
        as_json=False,
    )


def show_(model: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """One model, test by test, with what proves it."""
    with opened(project) as platform:
        one = platform.readiness.of(model)
    if as_json:
        show(one, as_json=True)
        return
    typer.echo(f"{model}: {'at least ' if one.waiting else ''}{one.score:g} of 7, {one.meaning}")
    for section in one.sections:
        rows = [
            {"points": f"{each.points:g}", "test": each.test.id, "by": each.by, "says": each.sentence}
            for each in section.tests
        ]
        show(rows, as_json=False, title=f"\n{section.section.value}: {section.points:g}")


def answer(
    model: str,
    test: Annotated[str, typer.Argument(help="Id of the test, as 'show' prints it; or layer-canary.")],
    text: Annotated[str, typer.Argument(help="What was done.")],
    level: Annotated[str, typer.Option(help="none, manual or automatic (with --link).")] = "manual",
    link: Annotated[str, typer.Option(help="Where it can be looked at.")] = "",
    days: Annotated[int, typer.Option(help="How long it holds.")] = 180,
    actor: ActorOption = None,
    key: KeyOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a test that nothing here can measure."""
    with opened(project) as platform:
        by, at_key = actor_or_user(actor), key_or_new(key)
        given = platform.readiness.answer(
            model, test, level=level, text=text, link=link, days=days, actor=by, key=at_key
        )
        show(given, as_json=as_json)


COMMANDS = {
    "readiness": group(
        "How ready models are for production: 28 tests, by evidence and by answers.",
        list=list_,
        show=show_,
        answer=answer,
    )
}
