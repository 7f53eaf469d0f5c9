"""What cleaning adds to a contract, and whether a list fits one."""

from collections.abc import Sequence
from dataclasses import replace

from steek.data.cleaning.actions import Action, Boundaries
from steek.data.contracts.contract import Contract, Field
from steek.kernel.errors import DeclarationError


def documented(contract: Contract, cleaning: Sequence[Action]) -> Contract:
    """The contract with every quantised field in it: its bands as categories, their version in its meaning.

    A field that the contract lacks is added after the others and is protected like its source. So other boundaries
    make another contract.

    Raises:
        DeclarationError: the contract describes a quantised field otherwise.
    """
    for action in cleaning:
        if action.boundaries is not None:
            contract = _with_bands(contract, action.boundaries)
    return contract


def check_cleaning(contract: Contract, cleaning: Sequence[Action]) -> None:
    """Refuse a list that names fields which its contract does not have."""
    known = {*contract.names, *(old for action in cleaning for old, _ in action.renames)}
    for action in cleaning:
        named = [*action.changes, *action.adds, *(new for _, new in action.renames)]
        missing = [name for name in named if name not in known]
        if missing:
            message = f"dataset {contract.dataset!r}: cleaning {action.name!r} names {', '.join(missing)}"
            raise DeclarationError(message, next_step=f"Fields: {', '.join(contract.names)}.")


def _with_bands(contract: Contract, bands: Boundaries) -> Contract:
    source = contract.field(bands.source)
    if source is None:
        message = f"dataset {contract.dataset!r}: cleaning quantises {bands.source!r}"
        raise DeclarationError(message, next_step=f"Fields: {', '.join(contract.names)}.")
    cuts = ", ".join(f"{cut:.15g}" for cut in bands.cuts)
    unit = f" {source.unit}" if source.unit else ""
    version = f"Bands of {bands.source} cut at {cuts}{unit}; boundaries version {bands.version}."
    present = contract.field(bands.into)
    if present is None:
        added = Field(
            bands.into,
            "string",
            meaning=version,
            nullable=source.nullable,
            categories=bands.labels,
            sensitivity=source.sensitivity,
            sealed=source.sealed,
        )
        return replace(contract, fields=(*contract.fields, added))
    if present.type != "string" or present.categories not in ((), bands.labels):
        message = (
            f"dataset {contract.dataset!r}: field {bands.into!r} is {present.type} with categories "
            f"{', '.join(map(str, present.categories)) or 'none'}; its bands are {', '.join(bands.labels)}"
        )
        raise DeclarationError(message, next_step="Make it a string with these categories, or with none.")
    if version in present.meaning:
        return contract
    told = replace(present, categories=bands.labels, meaning=f"{present.meaning} {version}".strip())
    return replace(contract, fields=tuple(told if each is present else each for each in contract.fields))
