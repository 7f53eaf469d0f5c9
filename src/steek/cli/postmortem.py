"""`steek postmortem`: drafted, edited, reviewed, published, brought in and out."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.cli.postmortem_printing import finding_lines, print_imported, print_record, print_statistics, print_step
from steek.incidents.postmortems.exporting import PostmortemExport
from steek.incidents.postmortems.report import schema as report_schema
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.kernel.errors import InputError, NotFoundError

_REVIEW_STEPS = ("ask", "withdraw", "accept", "return")
VersionOption = Annotated[
    int | None, typer.Option("--expect", help="Only if it is still at this version, as 'show' prints it.")
]
CategoryOption = Annotated[str | None, typer.Option(help="Id of a category, or a part of it.")]
SystemOption = Annotated[str | None, typer.Option(help="A part of the name of a system.")]
DetectedOption = Annotated[str | None, typer.Option(help="machine or user.")]
StageOption = Annotated[str | None, typer.Option(help="draft, review, reviewed, published or brought.")]
OriginOption = Annotated[str | None, typer.Option(help="own or others.")]
SinceOption = Annotated[str | None, typer.Option(help="Began on or after this day.")]
UntilOption = Annotated[str | None, typer.Option(help="Began before or on this day.")]


def list_(stage: StageOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """All postmortems, the latest incident first."""
    with opened(project) as platform:
        found = platform.postmortems.search("", limit=10_000, stage=stage)
        show(finding_lines(found), as_json=as_json)


def show_(
    postmortem: str,
    version: Annotated[int | None, typer.Option(help="As it stood at this version.")] = None,
    revision: Annotated[int | None, typer.Option(help="As it was published.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """One postmortem as it is now, with what is still open in it; or as it stood once."""
    with opened(project) as platform:
        if revision is not None:
            show(platform.postmortems.revision(postmortem, revision), as_json=as_json)
        elif version is not None:
            known = platform.postmortems.history(postmortem)
            found = next((one for one in known if one.version == version), None)
            if found is None:
                names = (str(one.version) for one in known)
                raise NotFoundError.among(f"version of postmortem {postmortem}", str(version), names)
            show(found, as_json=as_json)
        else:
            print_record(platform, platform.postmortems.get(postmortem), as_json=as_json)


def history(postmortem: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every version that ever stood, newest first."""
    with opened(project) as platform:
        columns = ("version", "revision", "stage", "step", "actor", "at")
        show(list(platform.postmortems.history(postmortem)), as_json=as_json, columns=columns)


def draft(
    incident: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the draft would be now.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft anew from the record of an incident; what people wrote stays."""
    with opened(project) as platform:
        if dry_run:
            drafted = platform.postmortems.preview(incident)
            if as_json:
                show(drafted, as_json=True)
            else:
                typer.echo(report_markdown(drafted))
            return
        by, name = actor_or_user(actor), key_or_new(key)
        print_record(platform, platform.postmortem_writing.draft(incident, actor=by, key=name), as_json=as_json)


def edit(
    postmortem: str,
    change: Annotated[list[str], typer.Argument(help="field=value, section=text, or section=@FILE.")],
    expect: VersionOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write fields and sections; two who write in different ones are both served."""
    changes = dict(_change(each) for each in change)
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_writing.edit(postmortem, changes, actor=by, key=name, expected_version=expect)
        print_step(platform, done, as_json=as_json)


def judge(
    postmortem: str,
    point: Annotated[str, typer.Argument(help="Id of it, as 'show' prints it; or all undecided of a role, or 'rest'.")],
    standing: Annotated[str, typer.Argument(help="confirmed, struck or suggested.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say yes or no to a suggestion."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_writing.judge(postmortem, point, standing, actor=by, key=name)
        print_step(platform, done, as_json=as_json)


def add(
    postmortem: str,
    role: Annotated[str, typer.Argument(help="root_cause, latent_condition, defence, category, luck, follow_up …")],
    text: Annotated[str, typer.Argument(help="The statement; for a category it may be empty.")] = "",
    kind: Annotated[
        str | None, typer.Option(help="Id of a category; held, hole or absent; fix or improvement.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Layer of a defence; URN that a cause is about.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a cause, a condition, a defence, a category, a follow-up."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_writing.add(postmortem, role, text, actor=by, key=name, kind=kind, subject=subject)
        print_step(platform, done, as_json=as_json)


def rewrite(
    postmortem: str,
    point: str,
    text: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the words of a point, which confirms it."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_writing.rewrite(postmortem, point, text, actor=by, key=name)
        print_step(platform, done, as_json=as_json)


def comment(
    postmortem: str,
    text: str,
    about: Annotated[str | None, typer.Option(help="A section or a point.")] = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say something about it without changing it."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        show(platform.postmortem_writing.comment(postmortem, text, actor=by, key=name, about=about), as_json=as_json)


def comments(postmortem: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What people said about it, oldest first."""
    with opened(project) as platform:
        platform.postmortems.get(postmortem)
        columns = ("at", "actor", "version", "about", "text")
        show(list(platform.postmortem_writing.comments(postmortem)), as_json=as_json, columns=columns)


def review(
    postmortem: str,
    step: Annotated[str, typer.Argument(help="ask, withdraw, accept or return.")],
    comment: Annotated[str, typer.Option(help="What to say with it; needed to return it.")] = "",
    expect: VersionOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for a review, take that back, accept the text, or return it; whoever wrote in it cannot review it."""
    if step not in _REVIEW_STEPS:
        raise InputError(f"{step[:40]!r} is no step of a review; allowed: {', '.join(_REVIEW_STEPS)}")
    with opened(project) as platform:
        by, name, writing = actor_or_user(actor), key_or_new(key), platform.postmortem_writing
        if step in {"ask", "withdraw"}:
            done = writing.ask_review(postmortem, actor=by, key=name, withdraw=step == "withdraw")
        else:
            accept = step == "accept"
            done = writing.review(
                postmortem, accept=accept, actor=by, key=name, comment=comment, expected_version=expect
            )
        print_step(platform, done, as_json=as_json)


def publish(
    postmortem: str,
    reason: Annotated[str, typer.Option(help="Why it is published although something is open in it.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the reviewed text a revision that never changes again; refused while it teaches too little."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_writing.publish(postmortem, actor=by, key=name, reason=reason)
        print_step(platform, done, as_json=as_json)
        platform.subscriptions.deliver()


def import_(
    folder: Annotated[Path, typer.Argument(help="Folder of Markdown and JSON files, or one file.")],
    others: Annotated[bool, typer.Option("--others", help="They are of others; own numbers leave them out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of each file.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in old postmortems; a file is known by its content and never taken twice."""
    files = _files(folder)
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        done = platform.postmortem_import.take(files, actor=by, key=name, others=others, dry_run=dry_run)
        if as_json:
            show(list(done), as_json=True)
        else:
            print_imported(done)


def export(
    to: Annotated[Path, typer.Argument(help="Folder to write to; it is made when it is not there.")],
    postmortem: Annotated[list[str] | None, typer.Option(help="Only these; by default all.")] = None,
    for_outsiders: Annotated[bool, typer.Option("--for-outsiders", help="Roles in the place of names.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write postmortems as Markdown and JSON, readable without steek."""
    with opened(project) as platform:
        library = platform.postmortems
        records = [library.get(name) for name in postmortem] if postmortem else library.list()
        to.mkdir(parents=True, exist_ok=True)
        out = PostmortemExport(platform.follow_ups, platform.incidents.stories)
        made = out.take(records, for_outsiders=for_outsiders)
        for one in made:
            (to / f"{one.name}.md").write_text(one.markdown, encoding="utf-8")
            (to / f"{one.name}.json").write_text(one.json, encoding="utf-8")
        show({"folder": to, "postmortems": len(made)}, as_json=as_json)


def search(
    words: Annotated[list[str] | None, typer.Argument(help="Words, and filters such as category:join-failure.")] = None,
    category: CategoryOption = None,
    system: SystemOption = None,
    detected: DetectedOption = None,
    stage: StageOption = None,
    origin: OriginOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find postmortems by words, category, axis (ml:>=4, distributed:5), system, detection, period; the best first."""
    asked = {
        "category": category,
        "system": system,
        "detected": detected,
        "stage": stage,
        "origin": origin,
        "since": since,
        "until": until,
    }
    with opened(project) as platform:
        found = platform.postmortems.search(" ".join(words or ()), limit=limit, **asked)
        show(finding_lines(found), as_json=as_json)


def statistics(
    words: Annotated[list[str] | None, typer.Argument(help="Words and filters as in search.")] = None,
    with_others: Annotated[bool, typer.Option("--with-others", help="Count those of others too.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Counts over the project's own postmortems: axes, categories, times, who noticed, quarters."""
    with opened(project) as platform:
        counted = platform.postmortems.statistics(" ".join(words or ()), with_others=with_others)
        names = {one.id: one.name for one in platform.taxonomies.current().categories}
        if as_json:
            show(counted, as_json=True)
        else:
            print_statistics(counted, names)


def schema(project: ProjectOption = None, as_json: JsonOption = True) -> None:  # noqa: ARG001 - every verb has it
    """The JSON Schema of a postmortem."""
    show(report_schema(), as_json=as_json)


def _change(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        message = f"{text[:60]!r} is not of the form name=value"
        raise InputError(message, next_step="Write severity=sev2, lessons='…', or lessons=@lessons.md.")
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as cause:
            raise InputError(f"{value[1:]} cannot be read: {cause}", next_step="Name a text file.") from cause
    return name, value


def _files(folder: Path) -> dict[str, bytes]:
    if folder.is_file():
        return {folder.name: folder.read_bytes()}
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder and no file", next_step="Name the folder of the postmortems.")
    found = sorted(path for ending in ("md", "markdown", "json", "txt") for path in folder.rglob(f"*.{ending}"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.is_file()}


COMMANDS = {
    "postmortem": group(
        "Postmortems: draft, edit, review, publish, find, count, bring in and out.",
        list=list_,
        show=show_,
        history=history,
        draft=draft,
        edit=edit,
        judge=judge,
        add=add,
        rewrite=rewrite,
        comment=comment,
        comments=comments,
        review=review,
        publish=publish,
        search=search,
        statistics=statistics,
        schema=schema,
        **{"import": import_, "export": export},
    )
}
