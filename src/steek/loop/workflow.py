"""The night as one durable workflow: the order of its steps, and nothing else.

A step that finished is never run again; a step in which the process died is repeated, which its keys make harmless.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from dbos import DBOS

from steek.governance import attributed
from steek.kernel.tracing import span
from steek.loop import canary_steps, data_steps, feature_steps, model_steps
from steek.loop.calendar import actor, nightly_models
from steek.loop.nights import Nights
from steek.loop.services import Services
from steek.loop.worker import together

Summary = dict[str, Any]

# Parts of a night that are independent of each other within their kind.
OUTCOMES, FEATURES, MODEL = "outcomes", "features", "model"


class NightWorkflow:
    """Runs nights; `run` is the loop of the house, read from top to bottom."""

    def __init__(self, services: Services, nights: Nights) -> None:
        self._s = services
        self._nights = nights

    def run(self, day_text: str) -> Summary:
        """The whole night of one business day; returns what each step said."""
        day = date.fromisoformat(day_text)
        models = nightly_models(self._s)
        report: Summary = {}
        self._step(day, "starting", "start", self._start, day)
        report["data"] = self._step(day, "waiting for data", "data", data_steps.wait_for_data, day)
        report["predictions"] = self._step(
            day, "collecting predictions", "predictions", data_steps.collect_predictions, day
        )
        report["derived"] = self._derive(day)
        watched = self._step(day, "watching data", "data monitors", data_steps.watch_data, day)
        report |= {"data_monitors": watched} if watched else {}
        report["outcomes"] = self._each(day, OUTCOMES, models)
        report["features"] = self._each(day, FEATURES, feature_steps.nightly_views(self._s))
        report["models"] = self._each(day, MODEL, models)
        profiled = self._step(day, "profiling", "profiles", data_steps.catch_up_profiles, day)
        report |= {"profiles": profiled} if profiled else {}
        report["monitors"] = self._step(day, "watching", "monitors", model_steps.evaluate_monitors, day)
        promised = self._step(day, "judging objectives", "objectives", model_steps.check_objectives, day)
        report |= {"objectives": promised} if promised else {}
        report["canaries"] = self._canaries(day, models)
        kept = self._step(day, "housekeeping", "housekeeping", data_steps.keep_house, day)
        # A night in which nothing was due says nothing of it.
        report |= {"housekeeping": kept} if kept else {}
        self._step(day, "finishing", "finish", self._finish, day, report)
        return report

    def run_part(self, day_text: str, part: str, name: str) -> Summary:
        """One part of a night, about one model or view; parts of a kind run at the same time."""
        day = date.fromisoformat(day_text)
        if part == OUTCOMES:
            return self._step(
                day, f"joining outcomes of {name}", f"outcomes:{name}", data_steps.join_outcomes, day, name
            )
        return self._features(day, name) if part == FEATURES else self._model(day, name)

    def workflows(self) -> Mapping[str, Callable[..., Any]]:
        """Names under which the worker runs these."""
        return {"night": self.run, "night part": self.run_part}

    def _each(self, day: date, part: str, names: Sequence[str]) -> Summary:
        summaries = together("night part", [(day.isoformat(), part, name) for name in names])
        return dict(zip(names, summaries, strict=True))

    def _derive(self, day: date) -> Summary:
        summary: Summary = {}
        for dataset in data_steps.derived_datasets(self._s):
            missing = self._step(
                day, f"extracting {dataset}", f"days:{dataset}", data_steps.missing_derivations, day, dataset
            )
            for number, at in enumerate(missing, start=1):
                stage = f"extracting {dataset}, day {number} of {len(missing)}"
                summary[dataset] = self._step(day, stage, f"derive:{dataset}:{at}", data_steps.derive, day, dataset, at)
        return summary

    def _features(self, day: date, view: str) -> Summary:
        summary: Summary = {}
        missing = self._step(day, f"features {view}", f"moments:{view}", feature_steps.missing_for_nights, day, view)
        for number, as_of in enumerate(missing, start=1):
            stage = f"features {view}, moment {number} of {len(missing)}"
            name = f"features:{view}:{as_of}"
            summary = self._step(day, stage, name, feature_steps.materialise, view, as_of, actor(day))
        return summary | self._step(day, f"publishing {view}", f"publish:{view}", feature_steps.publish, day, view)

    def _model(self, day: date, model: str) -> Summary:
        key = f"night:{day}:{model}"
        summary: Summary = self._step(day, f"training {model}", f"train:{model}", model_steps.train, day, model)
        if "version" not in summary:
            return summary
        version: int = summary["version"]
        summary |= self._step(
            day, f"evaluating {model} {version}", f"judge:{model}", model_steps.judge, model, version, key
        )
        summary |= self._step(
            day, f"deploying {model} {version}", f"deploy:{model}", model_steps.deploy, model, version, key, actor(day)
        )
        if summary["deployed"]:
            summary |= self._step(
                day, f"verifying {model} {version} in serving", f"sync:{model}", model_steps.sync, model, version
            )
        return summary

    def _canaries(self, day: date, models: list[str]) -> list[Summary]:
        looks: list[Summary] = []
        began = self._step(day, "canaries begin", "canaries", canary_steps.begin, models)
        while began and self._step(day, "canaries go on", "in canary", canary_steps.in_canary, models):
            number = len(looks) + 1
            stage = f"canary look {number}, due {canary_steps.due_at(began, number).isoformat(timespec='minutes')}"
            looks.append(self._step(day, stage, f"look:{number}", canary_steps.look, day, models, began, number))
        return looks

    def _step(self, day: date, stage: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        def run() -> Any:
            self._nights.stage(day, stage)
            facts = {"steek.day": day.isoformat(), "steek.step": name}
            with span("steek.night.step", facts), attributed(job=actor(day)):
                result = function(self._s, *arguments)
            self._s.deliver()
            return result

        return DBOS.run_step({"name": name}, run)

    def _start(self, s: Services, day: date) -> None:
        self._nights.start(day)
        s.deliver()

    def _finish(self, _s: Services, day: date, report: Summary) -> None:
        self._nights.finish(day, report)
