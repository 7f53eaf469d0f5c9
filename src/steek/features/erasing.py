"""The online store as a place that holds traces of persons."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from steek.data.erasure.ports import Finding
from steek.data.erasure.subjects import Trace, wanted
from steek.features.blocks import unpack
from steek.features.declarations import FeatureView
from steek.features.ports import OnlineStore
from steek.features.service import FeatureService
from steek.features.snapshots import lake_table
from steek.kernel.errors import NotFoundError


class OnlineEntries:
    """A `Holder` of entries for views that have a person among their entity.

    Entries are never changed one by one: a view that holds a person is published again from its snapshot in the
    lake, which the person has left by then.

    Args:
        online: The store.
        features: Publishes.
        views: Declared views by name.
    """

    name = "online store"

    def __init__(self, online: OnlineStore, features: FeatureService, views: Mapping[str, FeatureView]) -> None:
        self._online = online
        self._features = features
        self._views = views

    def find(self, traces: Sequence[Trace]) -> list[Finding]:
        looked_for = wanted(traces)
        findings: list[Finding] = []
        for view in self._views.values():
            counts: dict[str, int] = {}
            for column in view.entity:
                for digest in self._named(view, column, looked_for.get(column, {})):
                    counts[digest] = counts.get(digest, 0) + 1
            where = f"online store {view.name}"
            findings += [Finding(digest, where, count, "entries") for digest, count in sorted(counts.items())]
        return findings

    def erase(self, traces: Sequence[Trace], *, cause: str) -> int:  # noqa: ARG002 - the seam's
        """Nothing yet: snapshots in the lake come first."""
        return 0

    def clear(self, traces: Sequence[Trace], *, cause: str) -> int:
        """Publish every view again that still holds one of the persons."""
        looked_for = wanted(traces)
        again = [
            view
            for view in self._views.values()
            if any(self._named(view, column, looked_for.get(column, {})) for column in view.entity)
        ]
        for view in again:
            self._publish(view, cause)
        return len(again)

    def _publish(self, view: FeatureView, cause: str) -> None:
        as_of = self._online.as_of(view.name)
        assert as_of is not None
        version = self._features.table_version(view.name)
        try:
            self._features.publish(view.name, as_of, key=f"{cause}:{lake_table(view.name)}@{version}")
        except NotFoundError:
            # Its snapshot is not known any more: serving nothing is better than serving who was erased.
            self._online.put(view.name, as_of, [])

    def _named(self, view: FeatureView, column: str, forms: Mapping[str, str]) -> list[str]:
        """The person of each entry that names one in this column."""
        if not forms:
            return []
        keys = self._online.keys(view.name)
        if column in view.leading:
            at = view.leading.index(column)
            values = [str(_parts(key)[at]) for key in keys]
        else:
            blobs = [blob for blob in self._online.get(view.name, keys) if blob is not None]
            members = [unpack(blob).members for blob in blobs]
            values = [str(value) for each in members if each is not None for value in each.tolist()]
        return [forms[value] for value in values if value in forms]


def _parts(key: str) -> list[Any]:
    return json.loads(f"[{key}]")
