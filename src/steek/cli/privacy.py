"""`steek privacy`: keys and their backup, pseudonyms and their reversal, groups too small to leave."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.governance import permission_of
from steek.kernel.errors import InputError, NotFoundError
from steek.measures import require_anonymity
from steek.platform import check_export

PassphraseOption = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase; asked for without.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; written into the ledger.")]


def keys(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """How many keys of each kind there are, and how many were shredded; never a key."""
    with opened(project) as platform:
        show(platform.custody.summary(), as_json=as_json)


def backup(
    file: Annotated[Path, typer.Argument(help="Where the sealed backup is written; must not exist yet.")],
    passphrase_file: PassphraseOption = None,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save all keys, sealed under a passphrase. Without file and passphrase a lost vault is lost for good."""
    passphrase = _passphrase(passphrase_file, confirm=True)
    with opened(project) as platform:
        blob = platform.custody.backup(passphrase, key=key_or_new(key), actor=actor_or_user(actor))
        _write_new(file, blob)
        show({"file": file, "size_bytes": len(blob), **platform.custody.summary()}, as_json=as_json)


def restore(
    file: Path,
    passphrase_file: PassphraseOption = None,
    yes: YesOption = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring back the keys of a backup that the vault lacks; those shredded since stay gone."""
    if not file.is_file():
        message = f"there is no file {file}"
        raise NotFoundError(message, next_step="Give the file that 'steek privacy backup' wrote.")
    passphrase = _passphrase(passphrase_file, confirm=False)
    with opened(project) as platform:
        _ask(yes, f"Bring keys back into the vault of {platform.settings.name}?")
        custody, by = platform.custody, actor_or_user(actor)
        show(custody.restore(file.read_bytes(), passphrase, key=key_or_new(key), actor=by), as_json=as_json)


def rotate(
    scope: Annotated[str, typer.Argument(help="By default a dataset's name.")],
    yes: YesOption = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a new key for the pseudonyms of a scope: rows to come get others than rows that are there."""
    with opened(project) as platform:
        _ask(yes, f"New rows of {scope} will not join with old ones by pseudonym. Go on?")
        version = platform.pseudonyms.rotate(scope, key=key_or_new(key), actor=actor_or_user(actor))
        show({"scope": scope, "version": version}, as_json=as_json)


def pseudonym(
    value: Annotated[str, typer.Argument(help="The value; '-' reads it from standard input, away from the history.")],
    scope: Annotated[str, typer.Argument(help="By default a dataset's name.")],
    reason: ReasonOption,
    method: Annotated[Literal["keyed", "prefix"], typer.Option(help="How the field is pseudonymised.")] = "keyed",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The pseudonyms of a value; takes the role 'reverser', since asking for all values would undo all."""
    with opened(project) as platform:
        by = platform.access.actor(actor_or_user(actor))
        found = platform.pseudonyms.look_up(
            sys.stdin.readline().rstrip("\n") if value == "-" else value,
            scope,
            method,
            actor=by.principal,
            reason=reason,
            permission=permission_of(by),
            key=key_or_new(key),
        )
        show({"scope": scope, "pseudonyms": list(found)}, as_json=as_json)


def reverse(
    pseudonym: str,
    scope: Annotated[str, typer.Argument(help="By default a dataset's name.")],
    reason: ReasonOption,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo a pseudonym; takes the role 'reverser', and the ledger keeps who and why, not the value."""
    with opened(project) as platform:
        by = platform.access.actor(actor_or_user(actor))
        found = platform.pseudonyms.reverse(
            pseudonym,
            scope,
            actor=by.principal,
            reason=reason,
            permission=permission_of(by),
            key=key_or_new(key),
        )
        show(found, as_json=as_json)


def check_export_(
    dataset: str,
    quasi: Annotated[str, typer.Option(help="Columns somebody may know from elsewhere, separated by commas.")],
    k: Annotated[int, typer.Option(min=1, help="People that a group must have at least.")] = 5,
    sensitive: Annotated[str | None, typer.Option(help="Column whose value nobody may learn.")] = None,
    l: Annotated[int | None, typer.Option(min=1, help="Values of it that a group must have.")] = None,  # noqa: E741
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Whether rows may leave: is every group of people large enough? Refuses when one is not."""
    names = [name.strip() for name in quasi.split(",") if name.strip()]
    with opened(project) as platform:
        check = check_export(platform, dataset, names, k=k, sensitive=sensitive, l=l)
        require_anonymity(check, dataset)
        show(check, as_json=as_json)


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is None:
        return typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        message = f"the passphrase file {file} cannot be read"
        raise InputError(message, next_step="Give a text file whose first line is the passphrase.") from None


def _write_new(file: Path, blob: bytes) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{file} exists already"
        raise InputError(message, next_step="Choose another name; a backup never replaces one.") from None
    except FileNotFoundError:
        message = f"the folder of {file} does not exist"
        raise InputError(message, next_step="Make it first.") from None
    with os.fdopen(descriptor, "wb") as opened_file:
        opened_file.write(blob)
        opened_file.flush()
        os.fsync(opened_file.fileno())


def _ask(yes: bool, question: str) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


COMMANDS = {
    "privacy": group(
        "Keys, pseudonyms, and groups too small to leave.",
        keys=keys,
        backup=backup,
        restore=restore,
        rotate=rotate,
        pseudonym=pseudonym,
        reverse=reverse,
        check_export=check_export_,
    )
}
