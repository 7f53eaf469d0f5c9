"""The test bench: runs that are kept, one run with its picture, forms to ask again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup

from steek.charts import before_after_svg
from steek.console.actor import is_of_the_team, signed_in
from steek.console.services import Services
from steek.console.words import percent
from steek.incidents import Run
from steek.kernel.errors import NotFoundError

_MOST_RUNS = 100
_SHOWN_ROWS = 20
_SCORES = "score_"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model with the sides that one most often wants: what answers now and what answered before."""

    name: str
    columns: tuple[str, ...]
    sides: str
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BenchView:
    """Runs, newest first, and what may be asked; others than the team see no run but those they asked for."""

    runs: tuple[Run, ...]
    models: tuple[ModelChoice, ...]
    chosen: ModelChoice | None
    incident: str
    hypothesis: str
    form_key: str
    is_of_the_team: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One side against the first, drawn."""

    before: str
    after: str
    picture: Markup
    said: str
    place: int


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. `answers` are those of a single question with its features; empty for more questions. `signal` is such a
    question as a line to file, "" for others.
    """

    run: Run
    compared: tuple[Compared, ...]
    answers: tuple[Mapping[str, Any], ...]
    others: tuple[Run, ...]
    asked: str
    signal: str
    is_of_the_team: bool
    form_key: str


def bench_view(services: Services, query: Mapping[str, str], *, form_key: str) -> BenchView:
    """The page of all runs; `model`, `incident` and `hypothesis` of the address fill in the forms."""
    models = tuple(_choice(services, name) for name in services.project.definitions)
    wanted = query.get("model", "")
    chosen = next((one for one in models if one.name == wanted), models[0] if models else None)
    incident = query.get("incident", "")[:20]
    runs = services.bench.list(incident=incident or None, limit=_MOST_RUNS) if is_of_the_team() else ()
    hypothesis = query.get("hypothesis", "")[:6]
    return BenchView(runs, models, chosen, incident, hypothesis, form_key, is_of_the_team())


def run_view(services: Services, run_id: str, *, form_key: str) -> RunView:
    """One run with a picture of each pair of sides. Raises NotFoundError, also to support for the run of others."""
    run = services.bench.get(run_id)
    if not is_of_the_team() and run.actor != signed_in():
        raise NotFoundError(f"no bench run {run_id} of yours", next_step="Ask the question again.")
    answers = cast("Sequence[Mapping[str, Any]]", run.question.get("answers", ()))
    others = tuple(one for one in services.bench.list(model=run.model, limit=20) if one.id != run.id)
    drawn, asked = _compared(services, run), _asked(run.question)
    return RunView(run, drawn, tuple(answers), others, asked, _signal(run), is_of_the_team(), form_key)


def _signal(run: Run) -> str:
    """What was answered to a question, in one line that names nobody; its run does. "" for more questions."""
    if "about" not in run.question:
        return ""
    said = [
        f"{one['side']} answers {_best(one['answers'])}" if not one["problem"] else f"{one['side']} cannot answer"
        for one in cast("Sequence[Mapping[str, Any]]", run.question["answers"])
    ]
    return f"{run.model}: {'; '.join(said)} (bench run {run.id})"


def _best(answers: Sequence[Mapping[str, Any]]) -> str:
    if not answers:
        return "nothing"
    best = answers[0]
    score = "" if best["score"] is None else f"{best['score']:.6g}"
    return score if best["candidate"] is None else f"{best['candidate']} ({score})"


def _choice(services: Services, name: str) -> ModelChoice:
    definition = services.project.definitions[name]
    columns = definition.examples.entity
    if definition.partition_by is not None and definition.partition_by not in columns:
        columns = (*columns, definition.partition_by)
    route = services.routes.get(name)
    versions = tuple(one.version for one in services.registry.list(name, limit=20))
    wanted = [route.primary, *route.previous, *versions]
    sides = list(dict.fromkeys(str(version) for version in wanted if version is not None))[:2]
    return ModelChoice(name, columns, " ".join(reversed(sides)), versions)


def _compared(services: Services, run: Run) -> tuple[Compared, ...]:
    if not run.comparisons:
        return ()
    results = services.bench.results(run.id)
    places = {side.label: number for number, side in enumerate(run.sides)}
    found: list[Compared] = []
    for one in run.comparisons:
        first, second = f"{_SCORES}{places[one.before]}", f"{_SCORES}{places[one.after]}"
        both = results.select(first, second).fill_nan(None).drop_nulls()
        spoken = f"scores of {one.after} upwards against those of {one.before} to the right, {both.height} rows"
        drawn = before_after_svg(both.rows(), names=(one.before, one.after), description=spoken)
        # Safe: drawn from numbers, labels are escaped.
        found.append(Compared(one.before, one.after, Markup(drawn), _said(one.whole.best_changed), len(found)))  # noqa: S704
    return tuple(found)


def _said(best_changed: float | None) -> str:
    return "" if best_changed is None else f"another best answer for {percent(best_changed)} of the questions"


def _asked(question: Mapping[str, Any]) -> str:
    """What was asked, in words."""
    if "about" in question:
        return ", ".join(f"{name} {value}" for name, value in question["about"].items())
    if question.get("typed"):
        return f"{question['typed']} typed in"
    words = "rows whose right answers are known" if question.get("source") == "examples" else "logged questions"
    if question.get("requests"):
        return f"{question['requests']} {words} by their ids"
    window = question.get("window")
    span = f" from {window['start_at'][:16]} to {window['end_at'][:16]} UTC" if window else " of the last day"
    sliced = f", {question['slice']} only" if question.get("slice") else ""
    return f"{words}{span}{sliced}".replace("T", " ")
