"""Changes of what values a field may have: presence, range and categories."""

from collections.abc import Iterator

from steek.data.contracts.changes import Compatibility, ContractChange
from steek.data.contracts.contract import Field

_WIDER, _NARROWER = Compatibility.WIDENING, Compatibility.BREAKING
_REFUSED = "Rows that were good are held back now, and rows already stored may not fit."


def limit_changes(before: Field, after: Field) -> Iterator[ContractChange]:
    """Changes between two fields of one name in nullability, minimum, maximum and categories."""
    name = after.name
    if before.nullable != after.nullable:
        why = "Readers may meet absent values they never met." if after.nullable else f"Absence was allowed. {_REFUSED}"
        kind = _WIDER if after.nullable else _NARROWER
        yield ContractChange(name, "nullable", before.nullable, after.nullable, kind, why)
    yield from _bound(name, "minimum", before.minimum, after.minimum, wider=_is_below(after.minimum, before.minimum))
    yield from _bound(name, "maximum", before.maximum, after.maximum, wider=_is_above(after.maximum, before.maximum))
    yield from _categories(before, after)


def _bound(name: str, what: str, before: float | None, after: float | None, *, wider: bool) -> Iterator[ContractChange]:
    if before == after:
        return
    if wider:
        yield ContractChange(name, what, before, after, _WIDER, "Values may arrive that were out of range before.")
    else:
        yield ContractChange(name, what, before, after, _NARROWER, f"The range is narrower. {_REFUSED}")


def _is_below(after: float | None, before: float | None) -> bool:
    return after is None or (before is not None and after < before)


def _is_above(after: float | None, before: float | None) -> bool:
    return after is None or (before is not None and after > before)


def _categories(before: Field, after: Field) -> Iterator[ContractChange]:
    old, new = before.categories, after.categories
    if set(old) == set(new):
        return
    if not old:
        why = f"Any value was allowed, now only those listed are. {_REFUSED}"
        yield ContractChange(after.name, "categories", old, new, _NARROWER, why)
        return
    if not new:
        why = "The list is gone: any value may arrive, and who counts on the listed ones meets others."
        yield ContractChange(after.name, "categories", old, new, _WIDER, why)
        return
    gone = tuple(item for item in old if item not in new)
    if gone:
        why = f"No longer allowed: {_listed(gone)}. {_REFUSED}"
        yield ContractChange(after.name, "categories removed", gone, None, _NARROWER, why)
    fresh = tuple(item for item in new if item not in old)
    if fresh:
        why = f"New values may arrive: {_listed(fresh)}; encodings and slices do not know them."
        yield ContractChange(after.name, "categories added", None, fresh, _WIDER, why)


def _listed(values: tuple[str | int, ...]) -> str:
    return ", ".join(str(value) for value in values)
