"""Catching up after an outage, as durable workflows: extract again, compute again, retrain by priority, verify."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
from dbos import DBOS

from steek.kernel.errors import InputError, NotFoundError
from steek.loop import data_steps, feature_steps, model_steps
from steek.loop.plan import CatchUp, catch_up_plan
from steek.loop.services import Services

Summary = dict[str, Any]


class Recovery:
    """What people start by hand. The key of a call names its run: the same key again is the same run."""

    def __init__(self, services: Services) -> None:
        self._s = services

    def extract(self, dataset: str, days: list[str], key: str, actor: str) -> Summary:
        """Extract days of a derived dataset again, and make anew every snapshot that was computed from them.

        Returns:
            Rows per day and the number of snapshots made anew per view.
        """
        rows = {
            day: self._step(f"derive:{day}", data_steps.derive_again, dataset, day, key, actor)["rows"] for day in days
        }
        views = [view for view, declared in self._s.views.items() if dataset in declared.inputs]
        remade = {
            view: self._step(f"features:{view}", feature_steps.recompute, view, min(days), key, actor) for view in views
        }
        return {"rows": rows, "snapshots": remade}

    def retrain(self, model: str, known_until: str, members: list[str] | None, key: str, actor: str) -> Summary:
        """Make missing features, train on what is known at the end of a day, judge, deploy, and verify what serves.

        Args:
            model: Name of the definition.
            known_until: Business day, ISO format, whose end the training knows.
            members: Members of a fleet to retrain, all others are carried over; None for all.
            key: Idempotency key.
            actor: Who asked.
        """
        self._step("features", feature_steps.make_missing, date.fromisoformat(known_until), model, actor)
        summary: Summary = self._step("train", model_steps.train_again, model, known_until, members, key, actor)
        version: int = summary["version"]
        summary |= self._step("judge", model_steps.judge, model, version, key)
        summary |= self._step("deploy", model_steps.deploy, model, version, key, actor)
        if summary["deployed"]:
            summary |= self._step("sync", model_steps.sync, model, version)
        return summary

    def plan(self, model: str, *, first: int) -> list[CatchUp]:
        """The order in which a fleet is retrained, with the time each group is expected to be fresh.

        Raises:
            InputError: the model is no fleet, or names no priority.
        """
        definition = self._s.definitions.get(model)
        if definition is None:
            raise NotFoundError.among("model", model, self._s.definitions)
        if definition.partition_by is None or definition.priority is None:
            message = f"{model} cannot be caught up by priority: it names no partition_by and priority"
            raise InputError(message, next_step="Retrain it as a whole, or give its definition a priority.")
        view, _, column = definition.priority.partition(".")
        frame = self._s.features.read(self._s.features.snapshots(view)[-1:], [column]).collect()
        keys = frame[definition.partition_by].cast(pl.String).to_list()
        return catch_up_plan(
            dict(zip(keys, frame[column].to_list(), strict=True)),
            first=first,
            started_at=self._s.clock.now(),
            time_per_member=self._time_per_member(model),
        )

    def workflows(self) -> Mapping[str, Callable[..., Any]]:
        """Names under which the worker runs these."""
        return {"extract": self.extract, "retrain": self.retrain}

    def _time_per_member(self, model: str) -> timedelta:
        latest = self._s.registry.latest(model)
        if latest is None or not latest.members:
            return timedelta()
        return timedelta(seconds=float(latest.learner_report.get("duration_s", 0.0)) / latest.members)

    def _step(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        def run() -> Any:
            result = function(self._s, *arguments)
            self._s.deliver()
            return result

        return DBOS.run_step({"name": name}, run)
