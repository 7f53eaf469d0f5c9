"""Objectives: what is promised, what is left of each budget, and the page of one with its burn over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from steek.charts import Band, Point, SeriesPicture, budget_svg, series_spec, sparkline_svg, visible_markers
from steek.console.changes_near import changes_near, changes_of_dataset
from steek.console.pictures import Picture, lettered
from steek.console.reach import datasets_of, views_of
from steek.console.services import Services
from steek.console.site import Site
from steek.console.words import interval_words, percent
from steek.kernel.urn import Urn
from steek.ledger import Event
from steek.monitoring import ObjectiveState, ObjectiveStory

_ORDER = ("broken", "watch", "undecided", "well")
_WIDE, _NARROW = 700, 290
_PHASE_WORDS = {
    "kept": "no burn",
    "slow_burn": "burns slowly",
    "fast_burn": "burns fast",
    "exhausted": "spent",
    "blind": "not to be seen",
}


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    """One objective in the list: its state, its budget drawn, what was left over time."""

    state: ObjectiveState
    phase: str
    bar: Markup
    spark: Markup


@dataclass(frozen=True, slots=True)
class ObjectivesView:
    """All objectives, the worst first, and what they come to in a sentence."""

    health: str
    said: str
    lines: tuple[ObjectiveLine, ...]


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One window in the table behind the charts."""

    end_at: datetime
    said: str
    left: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """One objective: its budget over time with what changed, the share kept per window, and every word about it."""

    line: ObjectiveLine
    story: ObjectiveStory
    left: Picture
    kept: Picture
    rows: tuple[SlotRow, ...]
    form_key: str


def objectives_view(services: Services) -> ObjectivesView:
    """Every objective."""
    lines = [_line(services.objectives.story(state.name)) for state in services.objectives.states()]
    lines.sort(key=lambda line: (_ORDER.index(line.state.state), line.state.left_fraction or 0.0, line.state.name))
    health, said = _summary([line.state for line in lines])
    return ObjectivesView(health, said, tuple(lines))


def objective_view(site: Site, name: str, *, form_key: str) -> ObjectiveView:
    """One objective.

    Raises:
        NotFoundError: none by that name.
    """
    story = site.services.objectives.story(name)
    return ObjectiveView(
        line=_line(story),
        story=story,
        left=_left_picture(site, story),
        kept=_kept_picture(site, story),
        rows=tuple(_rows(story))[::-1],
        form_key=form_key,
    )


def _summary(states: Sequence[ObjectiveState]) -> tuple[str, str]:
    if not states:
        return "undecided", "No objective is declared yet."
    count = {health: sum(state.state == health for state in states) for health in _ORDER}
    health = next(health for health in _ORDER if count[health])
    parts = [f"{count['well'] + count['watch']} of {len(states)} objectives are kept"]
    if count["broken"]:
        parts.append(f"{count['broken']} {'is' if count['broken'] == 1 else 'are'} broken, about to be, or blind")
    if count["undecided"]:
        parts.append(f"{count['undecided']} cannot be judged yet")
    return health, "; ".join(parts) + "."


def _line(story: ObjectiveStory) -> ObjectiveLine:
    state = story.state
    # Safe: drawn from numbers, and what is said is escaped.
    bar = Markup(budget_svg(state.left_fraction, state=state.state, description=f"budget: {state.budget}"))  # noqa: S704
    left = [line.left_fraction for line in story.lines][-state.slots :] if state.slots else []
    spoken = f"budget of {state.name} over {state.over}: {state.budget}"
    spark = Markup(sparkline_svg(left, threshold=0.0, state=state.state, description=spoken))  # noqa: S704
    return ObjectiveLine(state, _PHASE_WORDS[state.phase], bar, spark)


def _left_picture(site: Site, story: ObjectiveStory) -> Picture:
    points = tuple(Point(line.window.end_at, line.left_fraction, line.total) for line in story.lines)
    return _picture(site, story, "what was left of the budget", points, lower=0.0, lower_text="spent")


def _kept_picture(site: Site, story: ObjectiveStory) -> Picture:
    points = tuple(
        Point(
            line.window.end_at, None if line.exclusion or not line.total else (line.good or 0) / line.total, line.total
        )
        for line in story.lines
    )
    target = story.state.target
    title = "kept in each window"
    return _picture(site, story, title, points, lower=target, lower_text=f"promised {percent(target)}")


def _picture(
    site: Site, story: ObjectiveStory, title: str, points: tuple[Point, ...], *, lower: float, lower_text: str
) -> Picture:
    picture = SeriesPicture(
        title=title,
        unit="fraction",
        points=points,
        lower=lower,
        lower_text=lower_text,
        onset=_onset(story),
        markers=lettered(_changes(site.services, story)),
    )
    spoken = f"{title} of {story.state.name}: {story.state.budget}, {story.state.reason}"
    drawn = [
        site.drawings.add(series_spec(picture, width=width, height=height), spoken, width=width, height=height)
        for width, height in ((_WIDE, 170), (_NARROW, 150))
    ]
    return Picture(title, "fraction", drawn[0], drawn[1], visible_markers(picture), points, ())


def _onset(story: ObjectiveStory) -> Band | None:
    """Of the trouble that goes on, or else of the latest."""
    if not story.episodes:
        return None
    onset = story.episodes[0].onset
    return Band(onset.start_at, onset.end_at, f"onset, {interval_words(onset.start_at, onset.end_at, onset.end_at)}")


def _changes(services: Services, story: ObjectiveStory) -> list[Event]:
    """What changed upstream of what is promised, while it was counted."""
    if not story.lines:
        return []
    since, until = story.lines[0].window.start_at, services.clock.now()
    subject, project = Urn.parse(story.state.subject), services.project
    definition = project.definitions.get(subject.name) if subject.kind == "model" else None
    if definition is None:
        return changes_of_dataset(services.ledger, subject.name, since=since, until=until)
    return changes_near(
        services.ledger,
        subject.name,
        datasets=datasets_of(definition, project.views, project.datasets),
        views=views_of(definition, project.views),
        since=since,
        until=until,
    )


def _rows(story: ObjectiveStory) -> list[SlotRow]:
    found: list[SlotRow] = []
    for line in story.lines:
        if line.total is None:
            said = f"not measured: {line.reason}"
        elif not line.total:
            said = line.reason or "no events"
        else:
            said = f"{line.good:,} of {line.total:,} good" + (f", {line.reason}" if line.reason else "")
        left = "\N{EN DASH}" if line.left_fraction is None else percent(line.left_fraction)
        found.append(SlotRow(line.window.end_at, said, left, line.exclusion is not None))
    return found
