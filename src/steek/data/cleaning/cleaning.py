"""Applying a cleaning list to the chunks of one batch: once per row, raw values kept, volumes compared."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from steek.data.cleaning.actions import Action, Boundaries, cleaning_version
from steek.data.cleaning.values import as_text, size_bytes
from steek.data.contracts.contract import Contract
from steek.kernel.errors import ContractViolationError
from steek.measures import Volume, unexpected

CLEANED_BY = "_cleaned_by"
RAW_PREFIX = "_raw_"
_NONE = Volume(0, 0)


class Cleaning:
    """The step that cleans one batch. It keeps count, so it serves one batch only.

    Rows that carry the mark of the same list pass as they are: cleaning twice is cleaning once. A mark is a claim: it
    holds when cleaning the raw values beside it gives the row. Rows with the mark of another list, as those replayed
    out of quarantine after the list was changed, get their raw values back first.

    Args:
        actions: The list, in order.
        contract: Whose protected fields never have their raw value kept.
    """

    name = "cleaning"

    def __init__(self, actions: Sequence[Action], contract: Contract) -> None:
        self._actions = tuple(actions)
        self._contract = contract
        self._hash = cleaning_version(actions)
        self._volumes = [(_NONE, _NONE) for _ in self._actions]
        self._whole = (_NONE, _NONE)
        self._changed: Counter[str] = Counter()
        self._passed_rows = 0

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows cleaned, in their order, with `_cleaned_by` and, per changed field, `_raw_<field>`.

        Raises:
            UserCodeError: an action of the project raised.
            ContractViolationError: an action did what it did not imply, or rows carry columns of steek without a mark,
                or a mark that does not fit their values.
        """
        marks = _marks(rows, {f"{RAW_PREFIX}{name}" for name in _unprotected(self._contract)})
        own = marks.eq_missing(pl.Series([self._hash]))
        if rows.height and own.all():
            self._check_claim(rows)
            self._passed_rows += rows.height
            return rows
        if not own.any():
            return self._clean(rows)
        index = "_position"
        indexed = rows.with_row_index(index)
        passed, others = indexed.filter(own), indexed.filter(~own)
        self._check_claim(passed.drop(index))
        self._passed_rows += passed.height
        cleaned = self._clean(others.drop(index)).with_columns(others[index])
        together = pl.concat([passed, cleaned], how="diagonal_relaxed")
        return together.sort(index).drop(index)

    def reports(self) -> dict[str, object]:
        """Version, rows and bytes before and after the whole and each action, and boundaries of quantised fields.

        Raises:
            ContractViolationError: the rows or bytes of the batch differ from what an action implies, and it says
                that such a batch is to be refused.
        """
        surprises: list[str] = []
        told: list[dict[str, object]] = []
        for action, (before, after) in zip(self._actions, self._volumes, strict=True):
            surprise = unexpected(action.implied, before, after)
            if surprise is not None:
                surprises.append(f"{action.name}: {surprise}")
                if action.implied.refuse:
                    raise _broken(self._contract.dataset, action, surprise)
            told.append({"name": action.name, "version": action.hash, **_told(before, after)})
        return {
            "version": self._hash,
            **_told(*self._whole),
            "passed_rows": self._passed_rows,
            "changed_rows": dict(self._changed),
            "actions": told,
            "boundaries": {
                action.boundaries.into: _bands(action.boundaries) for action in self._actions if action.boundaries
            },
            "unexpected": surprises,
        }

    def _check_claim(self, rows: pl.DataFrame) -> None:
        """Refuse rows that say this list cleaned them, and are not what it makes of their raw values."""
        twin = Cleaning(self._actions, self._contract)
        again = twin._clean(_restored(rows, self._contract, set()))
        # Of protected fields no raw value is kept; whoever sends one may as well send it without a mark.
        named = [name for name in rows.columns if name in again.columns and not _is_protected(self._contract, name)]
        for name in named:
            if name != CLEANED_BY and not name.startswith(RAW_PREFIX):
                wrong = int(as_text(rows[name]).ne_missing(as_text(again[name])).sum())
                if wrong:
                    message = f"{wrong} rows are marked as cleaned, but {name!r} is not what their raw values give"
                    raise ContractViolationError(message, next_step=f"Send rows as they came, without {CLEANED_BY}.")

    def _clean(self, rows: pl.DataFrame) -> pl.DataFrame:
        restored = _restored(rows, self._contract, self._touched())
        before = _volume(restored)
        raw: dict[str, pl.Series] = {}
        current = restored
        for at, action in enumerate(self._actions):
            needed = [*action.changes, *([action.boundaries.source] if action.boundaries else [])]
            if any(name not in current.columns for name in needed):
                continue  # A column that did not come; whether it may be missing is the contract's business.
            for name in action.changes:
                raw.setdefault(name, current[name])
            changed = _performed(self._contract.dataset, action, current)
            named = [*action.changes, *action.adds]
            first, then = self._volumes[at]
            self._volumes[at] = first.plus(_volume(current, named)), then.plus(_volume(changed, named))
            current = changed
        self._whole = self._whole[0].plus(before), self._whole[1].plus(_volume(current))
        return current.with_columns(*self._kept(raw, current), pl.lit(self._hash).alias(CLEANED_BY))

    def _kept(self, raw: dict[str, pl.Series], current: pl.DataFrame) -> list[pl.Series]:
        """Values as they came, where they changed; counts the changes."""
        kept: list[pl.Series] = []
        for name, value in raw.items():
            came = value.cast(pl.String) if not isinstance(value.dtype, pl.Datetime) else as_text(value)
            differs = came.ne_missing(as_text(current[name]))
            self._changed[name] += int(differs.sum())
            if not _is_protected(self._contract, name):
                column = pl.select(pl.when(differs).then(came).otherwise(None)).to_series()
                kept.append(column.alias(f"{RAW_PREFIX}{name}"))
        return kept

    def _touched(self) -> set[str]:
        return {name for action in self._actions for name in action.changes}


def _marks(rows: pl.DataFrame, kept: set[str]) -> pl.Series:
    """The mark of each row, null where there is none; `kept` are the raw columns that cleaning itself writes."""
    marked = CLEANED_BY in rows.columns
    allowed = {CLEANED_BY, *kept} if marked else set[str]()
    found = [name for name in rows.columns if name.startswith("_") and name not in allowed]
    if found:
        message = f"the batch has columns that belong to steek: {', '.join(found)}"
        step = f"Leave them out; rows that were cleaned carry {CLEANED_BY} beside their raw values."
        raise ContractViolationError(message, next_step=step, details={"unknown_columns": found})
    if marked:
        return rows[CLEANED_BY].cast(pl.String)
    return pl.Series(CLEANED_BY, [None], dtype=pl.String).new_from_index(0, rows.height)


def _restored(rows: pl.DataFrame, contract: Contract, touched: set[str]) -> pl.DataFrame:
    """Rows as they came before any list: raw values in their place, no column of cleaning."""
    marked = CLEANED_BY in rows.columns and rows[CLEANED_BY].null_count() < rows.height
    protected = sorted(name for name in touched if _is_protected(contract, name)) if marked else []
    if protected:
        message = f"rows were cleaned by another list, and the raw values of {', '.join(protected)} are never kept"
        raise ContractViolationError(message, next_step="Send these rows again as they came.")
    names = [name for name in rows.columns if name.startswith(RAW_PREFIX)]
    restored = rows
    for raw in names:
        name = raw.removeprefix(RAW_PREFIX)
        if name in rows.columns and rows[raw].null_count() < rows.height:
            restored = restored.with_columns(pl.coalesce(rows[raw], as_text(rows[name])).alias(name))
    return restored.drop(*names, CLEANED_BY, strict=False)


def _performed(dataset: str, action: Action, rows: pl.DataFrame) -> pl.DataFrame:
    changed = action.transform(rows)
    if not isinstance(changed, pl.DataFrame):  # pyright: ignore[reportUnnecessaryIsInstance] - code of the project
        raise _broken(dataset, action, f"it gave a {type(changed).__name__} instead of a DataFrame")
    if changed.height != rows.height:
        raise _broken(dataset, action, f"{changed.height} of {rows.height} rows came out; cleaning keeps every row")
    renamed = dict(action.renames)
    for name in rows.columns:
        now = renamed.get(name, name) if name not in changed.columns else name
        if now not in changed.columns:
            raise _broken(dataset, action, f"column {name!r} is gone")
        if name not in (*action.changes, *action.adds) and not changed[now].equals(rows[name]):
            raise _broken(dataset, action, f"it changed {name!r}, which it does not declare")
    return changed


def _broken(dataset: str, action: Action, what: str) -> ContractViolationError:
    message = f"cleaning {action.name!r} of {dataset!r} did not do what it implies: {what}"
    return ContractViolationError(message, next_step="Mend the action, or declare what it does.")


def _volume(rows: pl.DataFrame, names: Sequence[str] | None = None) -> Volume:
    """Rows, and bytes of all columns or of the named ones."""
    part = rows if names is None else rows.select(name for name in names if name in rows.columns)
    return Volume(rows.height, size_bytes(part))


def _told(before: Volume, after: Volume) -> dict[str, object]:
    return {
        "rows_before": before.rows,
        "rows_after": after.rows,
        "bytes_before": before.size_bytes,
        "bytes_after": after.size_bytes,
    }


def _bands(bands: Boundaries) -> dict[str, object]:
    return {"source": bands.source, "version": bands.version, "cuts": list(bands.cuts), "labels": list(bands.labels)}


def _unprotected(contract: Contract) -> list[str]:
    return [name for name in contract.names if not _is_protected(contract, name)]


def _is_protected(contract: Contract, name: str) -> bool:
    field = contract.field(name)
    return field is not None and (field.pseudonym != "" or field.sealed)
