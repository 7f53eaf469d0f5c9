"""`steek contract`: what datasets promise, and how a promise is changed."""

from pathlib import Path
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.data import (
    Affected,
    ContractChange,
    ContractDiff,
    Preview,
    Proposal,
    compare,
    read_contract,
    write_contract,
    write_draft,
)
from steek.kernel.errors import InputError
from steek.platform import contract_lines, declared_contract, draft_contract

VersionArgument = Annotated[
    str | None, typer.Argument(help="Author's version, number or start of the hash; by default the one that holds.")
]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Propose what the project declares for it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for those who are asked.")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Also why each change is of its class, and the impact.")]
_FIELD_COLUMNS = ("name", "type", "unit", "meaning", "nullable", "key", "sensitivity")
_ABOUT = ("dataset", "version", "owner", "source", "jurisdiction", "retention", "cadence", "description")
_PROPOSAL_COLUMNS = ("id", "dataset", "version", "state", "compatibility", "proposed_by", "proposed_at")
_CHANGE_COLUMNS = ("where", "what", "before", "after", "compatibility")


def list_(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every dataset's contract: declared, held, and how the two stand to each other."""
    with opened(project) as platform:
        show(contract_lines(platform), as_json=as_json)


def show_(
    dataset: str, version: VersionArgument = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """What a dataset promises, field by field; before its first batch, what the project declares."""
    with opened(project) as platform:
        no_history = version is None and platform.contracts.latest(dataset) is None
        held = None if no_history else platform.contracts.find(dataset, version)
        contract = declared_contract(platform, dataset) if held is None else held.contract
        if as_json:
            show(contract, as_json=True)
            return
        show({name: getattr(contract, name) for name in _ABOUT}, as_json=False)
        typer.echo("")
        show(list(contract.fields), as_json=False, columns=_FIELD_COLUMNS)
        for volume in contract.volumes:
            most = "any number of" if volume.maximum is None else volume.maximum
            typer.echo(f"expected of {volume.slice}: {volume.minimum or 0} to {most} rows per {volume.per}")


def history(dataset: str, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Every contract that held, oldest first."""
    with opened(project) as platform:
        platform.contracts.find(dataset)
        held = [
            {"number": each.number, "at": each.at, "version": each.contract.version, "hash": each.hash}
            for each in platform.contracts.history(dataset)
        ]
        show(held, as_json=as_json)


def diff(
    dataset: str,
    before: VersionArgument = None,
    after: VersionArgument = None,
    explain: ExplainOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between two versions; without any, from what holds to what the project declares."""
    with opened(project) as platform:
        if before is None:
            found = compare(platform.contracts.find(dataset).contract, declared_contract(platform, dataset))
        else:
            found = platform.contracts.diff(dataset, before, after)
        _show_diff(found, explain=explain, as_json=as_json)


def export(
    dataset: str, version: VersionArgument = None, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """The contract that holds as YAML in the Open Data Contract Standard."""
    with opened(project) as platform:
        text = write_contract(platform.contracts.find(dataset, version).contract)
        show({"yaml": text}, as_json=True) if as_json else typer.echo(text, nl=False)


def infer(
    file: Path,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Its name; by default from the file's.")] = None,
    format: Annotated[str | None, typer.Option(help="parquet, arrow, csv, ndjson or json.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Who answers for it; by default you.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a contract from a file: YAML with a TODO wherever a human must decide. Needs no project."""
    name = dataset or "".join(letter if letter.isalnum() else "_" for letter in file.stem.lower())
    draft = draft_contract(file, name, owner=actor_or_user(owner), format=format)
    show(draft, as_json=True) if as_json else typer.echo(write_draft(draft), nl=False)


def propose(
    file: Annotated[Path | None, typer.Argument(help="A contract's YAML file.")] = None,
    dataset: DatasetOption = None,
    reason: ReasonOption = "",
    explain: ExplainOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show impact and owners only; ask nobody.")] = False,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a changed contract does downstream, and ask the owners there."""
    with opened(project) as platform:
        if (file is None) == (dataset is None):
            message = "a proposal is a file or a dataset of the project, one of them"
            raise InputError(message, next_step="Give FILE, or --dataset NAME.")
        contract = declared_contract(platform, dataset) if dataset else read_contract(file or Path())
        by = actor_or_user(actor)
        if dry_run:
            _show_preview(platform.proposals.preview(contract, actor=by), as_json=as_json)
            return
        _show_proposal(
            platform.proposals.propose(contract, reason=reason, key=key_or_new(key), actor=by),
            explain=explain,
            as_json=as_json,
        )


def proposals(
    dataset: Annotated[str | None, typer.Argument(help="Of one dataset; by default of all.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Proposed changes, newest first."""
    with opened(project) as platform:
        show(platform.proposals.list(dataset, open_only=open_only), as_json=as_json, columns=_PROPOSAL_COLUMNS)


def waiting(
    owner: Annotated[str | None, typer.Argument(help="Whose answer is waited for; by default yours.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open proposals that wait for an owner."""
    with opened(project) as platform:
        found = platform.proposals.waiting_for(actor_or_user(owner))
        show(found, as_json=as_json, columns=_PROPOSAL_COLUMNS)


def proposal(
    proposal_id: str, explain: ExplainOption = False, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """One proposal: its changes, who was asked and who answered."""
    with opened(project) as platform:
        _show_proposal(platform.proposals.get(proposal_id), explain=explain, as_json=as_json)


def acknowledge(
    proposal_id: str,
    owner: Annotated[str | None, typer.Option("--owner", help="For whom; by default for yourself.")] = None,
    note: Annotated[str, typer.Option("--note", help="What the proposer should know.")] = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say for an owner downstream that the change is known and can come."""
    with opened(project) as platform:
        by = actor_or_user(actor)
        done = platform.proposals.acknowledge(proposal_id, owner=owner or by, note=note, key=key_or_new(key), actor=by)
        _show_proposal(done, explain=False, as_json=as_json)


def override(
    proposal_id: str,
    reason: Annotated[str, typer.Option("--reason", help="Why the missing owners are not waited for.")],
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a breaking change through without the missing answers; name and reason stay for ever."""
    with opened(project) as platform:
        done = platform.proposals.override(proposal_id, reason=reason, key=key_or_new(key), actor=actor_or_user(actor))
        _show_proposal(done, explain=False, as_json=as_json)


def apply(
    proposal_id: str,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the proposed contract the one that holds."""
    with opened(project) as platform:
        done = platform.proposals.apply(proposal_id, key=key_or_new(key), actor=actor_or_user(actor))
        _show_proposal(done, explain=False, as_json=as_json)


def withdraw(
    proposal_id: str,
    reason: ReasonOption = "",
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a proposal up."""
    with opened(project) as platform:
        done = platform.proposals.withdraw(proposal_id, reason=reason, key=key_or_new(key), actor=actor_or_user(actor))
        _show_proposal(done, explain=False, as_json=as_json)


def _show_diff(found: ContractDiff, *, explain: bool, as_json: bool) -> None:
    if as_json:
        show({"compatibility": found.compatibility, "changes": found.changes}, as_json=True)
        return
    typer.echo(f"{found.compatibility}, {len(found.changes)} changes")
    _show_changes(found.changes, explain=explain)


def _show_changes(changes: tuple[ContractChange, ...], *, explain: bool) -> None:
    if not explain:
        show(list(changes), as_json=False, columns=_CHANGE_COLUMNS)
        return
    for change in changes:
        typer.echo(f"  {change.sentence}")


def _show_preview(preview: Preview, *, as_json: bool) -> None:
    if as_json:
        show(preview, as_json=True)
        return
    typer.echo(f"{preview.dataset}: {preview.compatibility}")
    _show_changes(preview.changes, explain=True)
    _show_impact(preview.impact)
    show(list(preview.askings), as_json=False, columns=("owner", "must_answer", "urns"), title="\nOwners")


def _show_impact(impact: tuple[Affected, ...]) -> None:
    show(list(impact), as_json=False, columns=("distance", "urn", "standing", "newest", "owner"), title="\nDownstream")
    read = [
        {
            "column": each.column,
            "urn": affected.urn,
            "reading": each.reading,
            "through": ", ".join(each.through) or None,
        }
        for affected in impact
        for each in affected.columns
    ]
    if read:
        show(read, as_json=False, columns=("column", "urn", "reading", "through"), title="\nReaders of each column")


def _show_proposal(proposal: Proposal, *, explain: bool, as_json: bool) -> None:
    if as_json:
        show(proposal, as_json=True)
        return
    show(proposal, as_json=False, columns=(*_PROPOSAL_COLUMNS, "reason", "overridden_by", "override_reason"))
    typer.echo("")
    _show_changes(proposal.changes, explain=explain)
    if explain:
        _show_impact(proposal.impact)
    if proposal.askings:
        columns = ("owner", "must_answer", "acknowledged_by", "acknowledged_at", "note")
        show(list(proposal.askings), as_json=False, columns=columns, title="\nOwners")
    if proposal.missing:
        typer.echo(f"\nwaits for {', '.join(proposal.missing)}")


COMMANDS = {
    "contract": group(
        "What datasets promise, and how a promise is changed.",
        list=list_,
        show=show_,
        history=history,
        diff=diff,
        export=export,
        infer=infer,
        propose=propose,
        proposals=proposals,
        waiting=waiting,
        proposal=proposal,
        acknowledge=acknowledge,
        override=override,
        apply=apply,
        withdraw=withdraw,
    ),
}
