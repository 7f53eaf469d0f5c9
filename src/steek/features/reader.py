"""Features for serving: from published blocks to the matrix a model reads, with numpy alone on the hot path."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from steek.features.blocks import Block, Members, Scalar, key_text, unpack
from steek.features.declarations import FeatureView, MomentFeatures
from steek.features.ports import OnlineStore
from steek.features.reading_plan import ReadingPlan, ViewPart, plan_reading
from steek.features.resident import ResidentRows
from steek.kernel.errors import InputError

PRESENT, MISSING, EXPIRED, UNPUBLISHED = "present", "missing", "expired", "unpublished"


class FeatureMatrix(NamedTuple):
    """Features of one request.

    Args:
        values: float32, rows x features, in the order of the names asked for; NaN where nothing valid is known.
        oldest_as_of: The oldest snapshot that gave a value; None when none did.
        statuses: Rows looked up, summed over views: "present"; "missing", the entity is not in the snapshot;
            "expired", the moment lies outside the snapshot's validity; "unpublished", the view has no content.
    """

    values: npt.NDArray[np.float32]
    oldest_as_of: datetime | None
    statuses: dict[str, int]


class FeatureReader:
    """Reads published features; keeps unpacked blocks in memory until any view is published again.

    Safe to share between threads. A newly published snapshot is seen by the next call.

    Args:
        online: Where blocks come from.
        views: Declared views by name.
        moments: Declared features of the moment by name.
        max_cached_blocks: Blocks kept in memory, the oldest read leaving first; also the limit of single rows per view.
    """

    def __init__(
        self,
        online: OnlineStore,
        views: Mapping[str, FeatureView],
        moments: Mapping[str, MomentFeatures],
        max_cached_blocks: int = 100_000,
    ) -> None:
        self._online = online
        self._views = views
        self._moments = moments
        self._max_cached_blocks = max_cached_blocks
        self._lock = Lock()
        self._plans: dict[tuple[tuple[str, ...], str | None], ReadingPlan] = {}
        self._epoch: int | None = None
        self._blocks: dict[tuple[str, tuple[Scalar, ...]], Block | None] = {}
        self._rows: dict[str, ResidentRows] = {}
        self._as_ofs: dict[str, datetime | None] = {}

    def block(self, view: str, key_values: tuple[Scalar, ...]) -> Block | None:
        """The published rows of one value of the view's leading entity columns; None when there are none.

        Whether the block is still valid at the request's moment is for the caller to judge by its `as_of`.
        """
        self._refresh()
        return self._block(view, key_values)

    def matrix(
        self,
        feature_names: Sequence[str],
        query: Mapping[str, Any],
        candidates: Members | None,
        candidate_column: str | None,
        moment: datetime,
    ) -> FeatureMatrix:
        """Features of one query: one row per candidate, or one row where there are no candidates.

        Values equal those of an example set for the same entity and moment, bit for bit.

        Args:
            feature_names: "view.column" names.
            query: The entity columns that the request gives; whole numbers or text.
            candidates: Values of `candidate_column`, int64 or text; None for a single row.
            candidate_column: The entity column that candidates are values of.
            moment: Aware UTC; decides which snapshots are valid.

        Raises:
            InputError: the query lacks an entity column that a view needs.
            DeclarationError: a view's entity does not fit the candidates.
        """
        self._refresh()
        plan = self._plan(tuple(feature_names), None if candidates is None else candidate_column)
        rows = 1 if candidates is None else len(candidates)
        values = np.full((rows, plan.width), np.nan, np.float32)
        statuses = {PRESENT: 0, MISSING: 0, EXPIRED: 0, UNPUBLISHED: 0}
        oldest: datetime | None = None
        for part in plan.views:
            as_of, present, otherwise = self._fill(part, values, query, candidates, moment)
            statuses[PRESENT] += present
            statuses[otherwise] += rows - present
            if present and as_of is not None and (oldest is None or as_of < oldest):
                oldest = as_of
        for part in plan.moments:
            values[:, part.targets] = part.values_at(moment)
        statuses[UNPUBLISHED] += rows * plan.unknown_views
        return FeatureMatrix(values, oldest, statuses)

    def _fill(
        self,
        part: ViewPart,
        values: npt.NDArray[np.float32],
        query: Mapping[str, Any],
        candidates: Members | None,
        moment: datetime,
    ) -> tuple[datetime | None, int, str]:
        """Write one view's columns; returns its snapshot, rows present, and the status of the others."""
        if part.single_rows:
            assert candidates is not None
            return self._fill_single_rows(part, values, candidates, moment)
        block = self._block(part.name, part.key(query))
        if block is None:
            return None, 0, self._why_nothing(part, moment)
        if not part.is_valid(block.as_of, moment):
            return block.as_of, 0, EXPIRED
        source = part.sources(block.names)
        if part.per_candidate:
            assert candidates is not None
            rows = _positions(block, candidates)
            values[:, part.targets] = block.values[rows[:, None], source]
            return block.as_of, int(np.count_nonzero(rows != block.rows)), MISSING
        row = 0 if part.member is None else _position(block, part.value(query, part.member))
        values[:, part.targets] = block.values[row, source]
        return block.as_of, 0 if row == block.rows else len(values), MISSING

    def _fill_single_rows(
        self, part: ViewPart, values: npt.NDArray[np.float32], candidates: Members, moment: datetime
    ) -> tuple[datetime | None, int, str]:
        resident = self._rows.get(part.name)
        if resident is None:
            resident = self._rows[part.name] = ResidentRows(self._online, part.name, self._max_cached_blocks)
        table, rows = resident.find(candidates.tolist())
        if table.as_of is None:
            return None, 0, self._why_nothing(part, moment)
        if not part.is_valid(table.as_of, moment):
            return table.as_of, 0, EXPIRED
        values[:, part.targets] = table.values[rows[:, None], part.sources(table.names)]
        return table.as_of, int(np.count_nonzero(rows)), MISSING

    def _why_nothing(self, part: ViewPart, moment: datetime) -> str:
        if part.name not in self._as_ofs:
            self._as_ofs[part.name] = self._online.as_of(part.name)
        as_of = self._as_ofs[part.name]
        if as_of is None:
            return UNPUBLISHED
        return MISSING if part.is_valid(as_of, moment) else EXPIRED

    def _refresh(self) -> None:
        """Forget everything when a view was published; a put may also renew a snapshot of the same instant."""
        epoch = self._online.epoch()
        if epoch != self._epoch:
            self._blocks, self._rows, self._as_ofs = {}, {}, {}
            self._epoch = epoch

    def _block(self, view: str, key: tuple[Any, ...]) -> Block | None:
        blocks = self._blocks
        try:
            return blocks[view, key]
        except KeyError:
            pass
        for value in key:
            if isinstance(value, bool) or not isinstance(value, int | str | np.integer):
                message = f"{value!r} cannot name an entity of feature view {view}; allowed: whole numbers and text"
                raise InputError(message)
        blob = self._online.get(view, [key_text(key)])[0]
        block = None if blob is None else unpack(blob)
        with self._lock:
            if len(blocks) >= self._max_cached_blocks:
                del blocks[next(iter(blocks))]
            blocks[view, key] = block
        return block

    def _plan(self, names: tuple[str, ...], candidate_column: str | None) -> ReadingPlan:
        plan = self._plans.get((names, candidate_column))
        if plan is None:
            plan = plan_reading(names, candidate_column, self._views, self._moments)
            self._plans[names, candidate_column] = plan
        return plan


def _positions(block: Block, candidates: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Row of each candidate in its block; the NaN row for those that are not there."""
    members: npt.NDArray[Any] | None = block.members
    assert members is not None
    if (members.dtype.kind == "U") != (candidates.dtype.kind == "U"):
        return np.full(len(candidates), block.rows)
    rows: npt.NDArray[np.intp] = members.searchsorted(candidates)
    rows[members.take(rows, mode="clip") != candidates] = block.rows
    return rows


def _position(block: Block, member: Scalar) -> int:
    """Row of one member in its block; the NaN row when it is not there."""
    return int(_positions(block, np.array([member]))[0])
