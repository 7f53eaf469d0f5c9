"""What people type into the search of postmortems: words, and filters such as `category:join-failure`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from steek.incidents.postmortems.index import tokens
from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.report import PointRole, Report, Standing
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.kernel.errors import InputError

_TERM = re.compile(r'(?:([a-z_]{2,20}):)?(?:"([^"]{0,200})"|(\S{1,200}))')
_BOUNDS = re.compile(r"(>=|<=|>|<)?([1-5])")
_MOST_CHARACTERS = 1_000
HELP: Mapping[str, str] = {
    "category": "id of a category that is confirmed, or a part of it",
    "system": "a part of the name of a system",
    "severity": "sev1, sev2 or sev3",
    "detected": "machine or user",
    "stage": "draft, review, reviewed, published or brought (in from a file)",
    "origin": "own or others",
    "ml": "place on the axis of machine learning: 4, >=4, <3",
    "distributed": "place on the axis of distribution: 4, >=4, <3",
    "since": "began on or after this day",
    "until": "began before or on this day",
    "defence": "layer:state, such as canary:hole; or one of both",
    "near": "miss",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: words to rank by, and filters that all have to hold, in words and as functions."""

    words: tuple[str, ...]
    said: tuple[str, ...]
    filters: tuple[Callable[[PostmortemRecord], bool], ...]

    def admits(self, record: PostmortemRecord) -> bool:
        """Whether every filter holds."""
        return all(holds(record) for holds in self.filters)


def parse_query(text: str, **more: str | None) -> Query:
    """Read a query; `more` are filters by name, as options and addresses give them.

    Raises:
        InputError: a filter with a value that it does not take.
    """
    words: list[str] = []
    asked: list[tuple[str, str]] = [(name, value.strip()) for name, value in more.items() if value and value.strip()]
    for name, quoted, bare in _TERM.findall(text[:_MOST_CHARACTERS]):
        value = quoted or bare
        if name in HELP:
            asked.append((name, value))
        else:
            words += tokens(f"{name} {value}")
    unknown = [name for name, _ in asked if name not in HELP]
    if unknown:
        raise InputError(f"no filter named {unknown[0]!r}; there are: {', '.join(HELP)}")
    filters = tuple(_FILTERS[name](value.lower()) for name, value in asked)
    return Query(tuple(dict.fromkeys(words)), tuple(f"{name}:{value}" for name, value in asked), filters)


Filter = Callable[[PostmortemRecord], bool]


def _category(value: str) -> Filter:
    return lambda record: any(value in name for name in record.report.categories)


def _system(value: str) -> Filter:
    return lambda record: any(value in system.lower() for system in record.report.systems)


def _severity(value: str) -> Filter:
    said = _one_of("severity", value, ("sev1", "sev2", "sev3"))
    return lambda record: record.report.severity == said


def _detected(value: str) -> Filter:
    said = _one_of("detected", value, ("machine", "user"))
    return lambda record: record.report.detected_by == said


def _stage(value: str) -> Filter:
    short = {"review": Stage.IN_REVIEW, "brought": Stage.BROUGHT_IN}
    known = {**{stage.value: stage for stage in Stage}, **short}
    said = known[_one_of("stage", value, tuple(known))]
    return lambda record: record.stage is said


def _origin(value: str) -> Filter:
    said = _one_of("origin", value, ("own", "others"))
    return lambda record: record.report.origin == said


def _axis(name: str) -> Callable[[str], Filter]:
    def build(value: str) -> Filter:
        found = _BOUNDS.fullmatch(value)
        if found is None:
            raise InputError(f"{value[:20]!r} is no place on an axis", next_step="Write 4, >=4 or <3.")
        sign, place = found.group(1) or "=", int(found.group(2))
        compare: Mapping[str, Callable[[int], bool]] = {
            "=": lambda at: at == place,
            ">=": lambda at: at >= place,
            "<=": lambda at: at <= place,
            ">": lambda at: at > place,
            "<": lambda at: at < place,
        }
        return lambda record: (at := getattr(record.report.placement, name)) is not None and compare[sign](at)

    return build


def _since(value: str) -> Filter:
    day = _day(value)
    return lambda record: (at := happened_at(record)) is not None and at >= day


def _until(value: str) -> Filter:
    day = _day(value).date()
    return lambda record: (at := happened_at(record)) is not None and at.date() <= day


def _defence(value: str) -> Filter:
    layer, _, state = value.partition(":")

    def holds(record: PostmortemRecord) -> bool:
        told = [one for one in record.report.of_role(PointRole.DEFENCE) if one.standing is Standing.CONFIRMED]
        found = [((one.subject or "").lower(), one.kind or "") for one in told]
        return any(
            (layer in has_layer and state in has_state) or (not state and layer == has_state)
            for has_layer, has_state in found
        )

    return holds


def _near(value: str) -> Filter:
    _one_of("near", value, ("miss",))
    return lambda record: record.report.near_miss


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"{value[:40]!r} is no {what}; allowed: {', '.join(allowed)}")
    return value


def _day(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise InputError(f"{value[:40]!r} is no day", next_step="Write it as 2017-10-15.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def happened_at(record: PostmortemRecord) -> datetime | None:
    """When it began; None when nobody knows. An incident that was worked on here began before its draft."""
    here = None if record.incident_id is None else record.created_at
    return record.report.began_at or here


def words_of(report: Report) -> dict[str, int]:
    """Words of a report with how often they stand there; the title counts three times, struck points not at all."""
    counts: dict[str, int] = {}
    told = [report.title] * 3 + [*report.systems, *report.sections, *report.sections.values()]
    for point in report.points:
        if point.standing != "struck":
            told += [point.text, point.because, point.kind or "", point.subject or ""]
    for word in tokens("\n".join(told)):
        counts[word] = counts.get(word, 0) + 1
    return counts


_FILTERS: Mapping[str, Callable[[str], Filter]] = {
    "category": _category,
    "system": _system,
    "severity": _severity,
    "detected": _detected,
    "stage": _stage,
    "origin": _origin,
    "ml": _axis("machine_learning"),
    "distributed": _axis("distributed"),
    "since": _since,
    "until": _until,
    "defence": _defence,
    "near": _near,
}
