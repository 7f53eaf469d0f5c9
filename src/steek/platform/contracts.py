"""Contracts and labels on an opened project: who answers for what, what is declared against what holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from steek.data import (
    Contract,
    DraftContract,
    LabelBatch,
    Learned,
    compare,
    contract_of,
    infer_contract,
    read_rows_of,
)
from steek.evaluation.golden import windows_left_out
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.platform.record import Platform
from steek.project import Project

_MODEL_KINDS = frozenset({"definition", "trained", "deployment", "model"})
# A draft needs typical rows, not all of them.
_DRAFT_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One dataset's contract in a list.

    `standing` says how the declared contract stands to the one that holds: same, compatible, widening, breaking;
    new when none holds yet, undeclared when the project no longer declares one.
    """

    dataset: str
    owner: str
    declared: str | None
    holds: str | None
    standing: str
    open_proposals: int


@dataclass(frozen=True, slots=True)
class LabelsSummary:
    """Labels of one name: how many examples have one, of which kind, and how they came."""

    name: str
    owner: str
    window: str
    version: int | None
    examples: int
    late: int
    changed: int
    counts: dict[str, int]
    batches: tuple[LabelBatch, ...]


def owner_finder(project: Project) -> Callable[[str], str | None]:
    """Who answers for a URN without its version, by the declarations of a project."""

    def owner_of(urn: str) -> str | None:
        parsed = Urn.parse(urn)
        if parsed.kind in _MODEL_KINDS:
            definition = project.definitions.get(parsed.name)
            return None if definition is None else definition.owner
        if parsed.kind == "features":
            view = project.views.get(parsed.name)
            return None if view is None else view.owner
        if parsed.kind == "labels":
            labels = project.labels.get(parsed.name)
            return None if labels is None else labels.owner
        dataset = project.datasets.get(parsed.name) if parsed.kind == "dataset" else None
        return None if dataset is None else dataset.owner

    return owner_of


def contract_lines(platform: Platform) -> list[ContractLine]:
    """Every dataset with a contract, declared or held, in order of declaration."""
    declared = {name: contract_of(dataset) for name, dataset in platform.project.datasets.items()}
    names = [*(name for name, contract in declared.items() if contract is not None), *platform.contracts.datasets()]
    return [_line(platform, name, declared.get(name)) for name in dict.fromkeys(names)]


def declared_contract(platform: Platform, dataset: str) -> Contract:
    """The contract that the project declares for a dataset.

    Raises:
        NotFoundError: no such dataset.
        InputError: it is derived and has no contract.
    """
    if dataset not in platform.project.datasets:
        raise NotFoundError.among("dataset", dataset, platform.project.datasets)
    contract = contract_of(platform.project.datasets[dataset])
    if contract is None:
        message = f"dataset {dataset!r} declares no contract"
        raise InputError(message, next_step="Give its declaration one: contract=...")
    return contract


def draft_contract(payload: bytes | Path, dataset: str, *, owner: str, format: str | None = None) -> DraftContract:
    """A contract drafted from a file or a body. Raises as `infer_contract` and as ingestion does for its bytes."""
    rows = read_rows_of(payload, format, max_bytes=_DRAFT_BYTES)
    return infer_contract(rows.frame, dataset, owner=owner, textual=rows.textual)


def labels_summary(platform: Platform, name: str, *, limit: int = 20) -> LabelsSummary:
    """What is known of labels, without an example of anybody. Raises NotFoundError."""
    declared = platform.labels.declaration(name)
    version = platform.labels.version(name)
    counts: dict[str, int] = {}
    examples = late = changed = 0
    if version is not None:
        held = platform.labels.read(name)
        said = held.group_by(pl.col("label").cast(pl.String)).len().sort("len", "label", descending=[True, False])
        counts = dict(said.collect().rows())
        examples, late, changed = (
            held.select(pl.len(), pl.col("is_late").sum(), pl.col("changed").sum()).collect().row(0)
        )
    batches = tuple(platform.labels.batches(name, limit))
    return LabelsSummary(name, declared.owner, str(declared.window), version, examples, late, changed, counts, batches)


def put_labels(
    platform: Platform,
    name: str,
    payload: bytes | Path,
    *,
    format: str | None = None,
    correcting: bool = False,
    reason: str = "",
    key: str,
    actor: str,
) -> LabelBatch:
    """Statements from a file or a body, added or correcting. Raises as the label store and as ingestion do."""
    rows = read_rows_of(payload, format, max_bytes=platform.settings.number("max_batch_bytes"))
    if correcting:
        return platform.labels.correct(name, rows.frame, reason=reason, key=key, actor=actor, textual=rows.textual)
    return platform.labels.put(name, rows.frame, reason=reason, key=key, actor=actor, textual=rows.textual)


def labels_affected(platform: Platform, batch_id: str) -> tuple[Learned, ...]:
    """What learned from the labels that a batch took back; of trained models, by the moments each learned from."""
    return platform.label_uses.learned_from(batch_id, lambda urn: _learned_moments(platform, urn))


def _learned_moments(platform: Platform, urn: str) -> tuple[Window, ...] | None:
    """Moments whose labels a trained model may have been given.

    That is its window without golden sets; where its examples look back, also what lies before, and golden moments.
    """
    parsed = Urn.parse(urn)
    if parsed.kind != "trained" or parsed.version is None or not parsed.version.isdecimal():
        return None
    try:
        trained = platform.registry.get(parsed.name.partition("/")[0], int(parsed.version))
        content = platform.registry.definition_content(trained.name, trained.definition_hash)
    except NotFoundError:
        return None
    definition = platform.project.definitions.get(trained.name)
    if definition is not None and definition.examples.lookback:
        return (Window(trained.window.start_at - definition.examples.lookback, trained.window.end_at),)
    return _without(trained.window, windows_left_out(content))


def _without(window: Window, holes: Sequence[Window]) -> tuple[Window, ...]:
    left: list[Window] = []
    start_at = window.start_at
    for hole in sorted(holes, key=lambda each: each.start_at):
        if start_at < min(hole.start_at, window.end_at):
            left.append(Window(start_at, min(hole.start_at, window.end_at)))
        start_at = max(start_at, hole.end_at)
    if start_at < window.end_at:
        left.append(Window(start_at, window.end_at))
    return tuple(left)


def _line(platform: Platform, dataset: str, declared: Contract | None) -> ContractLine:
    holds = platform.contracts.latest(dataset)
    known = declared or holds
    assert known is not None
    if declared is None:
        standing = "undeclared"
    elif holds is None:
        standing = "new"
    else:
        diff = compare(holds, declared)
        standing = str(diff.compatibility) if diff.changes else "same"
    return ContractLine(
        dataset,
        known.owner,
        None if declared is None else declared.version,
        None if holds is None else holds.version,
        standing,
        len(platform.proposals.list(dataset, open_only=True)),
    )
