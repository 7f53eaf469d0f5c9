"""The service in which postmortems are found: got, listed, searched, counted, and offered where they are like."""

import math
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select

from steek.incidents.postmortems.blamelessness import BlameWarning, blame
from steek.incidents.postmortems.counting import Counted, Statistics, count
from steek.incidents.postmortems.drafting import PostmortemDrafts, news
from steek.incidents.postmortems.index import WordIndex, tokens
from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.published import confirmed_causes
from steek.incidents.postmortems.query import happened_at, parse_query, words_of
from steek.incidents.postmortems.report import PointRole, Report, Standing
from steek.incidents.postmortems.similarity import Clues, likenesses
from steek.incidents.postmortems.stored import (
    PostmortemRecord,
    PostmortemVersion,
    find,
    find_or_none,
    to_record,
    to_version,
)
from steek.incidents.postmortems.tables import reports, versions
from steek.incidents.postmortems.taxonomies import Taxonomies
from steek.incidents.stories import Stories, Story
from steek.incidents.timeline import own_events
from steek.kernel.errors import NotFoundError
from steek.ledger import Database

_MOST_NOTES = 200
_SUSPECT_SCORE = 0.1
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Found:
    """One postmortem that a search found; `score` is 0 when no words were asked for."""

    record: PostmortemRecord
    score: float


@dataclass(frozen=True, slots=True)
class Similar:
    """A past incident that is like one that is going on: how much (0 to 1), why, what it was, and what ended it."""

    postmortem: str
    title: str
    stage: Stage
    score: float
    because: tuple[str, ...]
    causes: tuple[str, ...]
    ended_by: str


class PostmortemLibrary:
    """All postmortems to look at; writes nothing. Safe to share between threads.

    Words are indexed in memory, once per version; ten thousand postmortems take some seconds at the first search.

    Args:
        database: Holds them.
        stories: What is known of an incident.
        drafts: Drafts reports from stories.
        taxonomies: Names of categories.
    """

    def __init__(self, database: Database, stories: Stories, drafts: PostmortemDrafts, taxonomies: Taxonomies) -> None:
        self._database = database
        self._stories = stories
        self._drafts = drafts
        self._taxonomies = taxonomies
        self._lock = Lock()
        self._index = WordIndex()
        self._records: dict[str, PostmortemRecord] = {}

    def get(self, postmortem: str) -> PostmortemRecord:
        """One postmortem as it is now. Raises NotFoundError."""
        with self._database.reading() as connection:
            return find(connection, postmortem)

    def get_or_none(self, postmortem: str) -> PostmortemRecord | None:
        """One postmortem as it is now, or None before there is one."""
        with self._database.reading() as connection:
            return find_or_none(connection, postmortem)

    def preview(self, incident: str) -> Report:
        """What the draft of an incident would be now; nothing is written. Raises NotFoundError."""
        return self._drafts.preview(self._stories.read(incident))

    def history(self, postmortem: str) -> tuple[PostmortemVersion, ...]:
        """Every version that ever stood, newest first. Raises NotFoundError."""
        query = select(versions).where(versions.c.postmortem_id == postmortem).order_by(versions.c.version.desc())
        with self._database.reading() as connection:
            find(connection, postmortem)
            return tuple(to_version(row) for row in connection.execute(query).mappings())

    def revision(self, postmortem: str, number: int | None = None) -> PostmortemVersion:
        """A published revision, None for the latest. Raises NotFoundError when it was never published."""
        published = [one for one in self.history(postmortem) if one.revision is not None]
        found = next((one for one in published if number in {None, one.revision}), None)
        if found is None:
            known = (str(one.revision) for one in published)
            raise NotFoundError.among(f"revision of postmortem {postmortem}", str(number or "published"), known)
        return found

    def list(self, *, limit: int = 10_000) -> tuple[PostmortemRecord, ...]:
        """All postmortems, the latest incident first."""
        return tuple(found.record for found in self.search("", limit=limit))

    def search(self, text: str = "", *, limit: int = 100, **filters: str | None) -> tuple[Found, ...]:
        """Postmortems in which the words stand and for which the filters hold, the best first.

        Args:
            text: Words, and filters as in `steek.incidents.postmortems.query.HELP`, such as "category:join-failure".
            limit: Most of them.
            filters: The same filters by name.

        Raises:
            InputError: a filter that takes no such value.
        """
        asked = parse_query(text, **filters)
        with self._lock:
            self._refresh()
            records = list(self._records.values())
            scores = self._index.rank(asked.words)
        found = [
            Found(record, scores.get(record.id, 0.0))
            for record in records
            if (not asked.words or record.id in scores) and asked.admits(record)
        ]
        # What nobody knows the day of comes last.
        ordered = sorted(found, key=lambda one: (_moment(one.record), one.record.id), reverse=True)
        return tuple(sorted(ordered, key=lambda one: -one.score)[:limit])

    def statistics(self, text: str = "", *, with_others: bool = False, **filters: str | None) -> Statistics:
        """Counts over the project's own postmortems that were published or brought in.

        Args:
            text: Words and filters, as in `search`; one by stage or by origin decides instead.
            with_others: Those of others are counted with them.
            filters: The same filters by name.
        """
        asked = {said.partition(":")[0] for said in parse_query(text, **filters).said}
        told = [
            one.record
            for one in self.search(text, limit=1_000_000, **filters)
            if "stage" in asked or one.record.stage in {Stage.PUBLISHED, Stage.BROUGHT_IN}
        ]
        chosen = [one for one in told if with_others or "origin" in asked or one.report.origin == "own"]
        counted = [Counted(one.id, one.report, happened_at(one)) for one in chosen]
        return count(counted, left_out=len(told) - len(chosen))

    def similar(self, incident: str, *, limit: int = 5) -> tuple[Similar, ...]:
        """Past incidents that are like one, each with why. Raises NotFoundError."""
        return self.similar_to(self._stories.read(incident), limit=limit)

    def similar_to(self, story: Story, *, limit: int = 5) -> tuple[Similar, ...]:
        """The same for a story that was read already."""
        taxonomy = self._taxonomies.current()
        names = {one.id: one.name for one in taxonomy.categories}
        with self._lock:
            self._refresh()
            past = {name: self._clues(one) for name, one in self._records.items() if name != story.incident.id}
            if not past:
                return ()
            found = likenesses(self._clues_of(story), past, self._index.weight, names)[:limit]
            records = {one.name: self._records[one.name] for one in found}
        return tuple(_similar(records[one.name], one.score, one.because) for one in found)

    def newer(self, record: PostmortemRecord) -> tuple[str, ...]:
        """What the record of the incident says by now and the text does not, by heading; a new draft takes it in."""
        if record.incident_id is None:
            return ()
        story = self._stories.read(record.incident_id)
        return news(record.report, self._drafts.preview(story), own_events(story.timeline, "incident.noted"))

    def warnings(self, record: PostmortemRecord) -> tuple[BlameWarning, ...]:
        """Where a cause names a person or blames; see `blame`."""
        people = [*record.writers, record.asked_by, record.reviewed_by, record.changed_by]
        return blame(record.report, [name for name in people if name])

    def _refresh(self) -> None:
        """Read what changed since the last look; with the lock held."""
        with self._database.reading() as connection:
            now = {row[0]: row[1] for row in connection.execute(select(reports.c.id, reports.c.version))}
            changed = [
                name for name, at in now.items() if name not in self._records or self._records[name].version != at
            ]
            for start in range(0, len(changed), _CHUNK):
                query = select(reports).where(reports.c.id.in_(changed[start : start + _CHUNK]))
                for row in connection.execute(query).mappings():
                    record = to_record(row)
                    self._records[record.id] = record
                    self._index.put(record.id, words_of(record.report))
        for name in [name for name in self._records if name not in now]:
            del self._records[name]
            self._index.drop(name)

    def _clues(self, record: PostmortemRecord) -> Clues:
        report = record.report
        causes = [
            one
            for role in (PointRole.ROOT_CAUSE, PointRole.CONTRIBUTING_CAUSE)
            for one in report.of_role(role)
            if one.kind and one.subject and (one.standing is Standing.CONFIRMED or role is PointRole.ROOT_CAUSE)
        ]
        return Clues(
            categories=frozenset(report.categories or report.suggested_categories[:1]),
            systems=frozenset(report.systems),
            near=frozenset((one.subject or "").partition("@")[0] for one in causes),
            kinds=frozenset(one.kind or "" for one in causes),
            words=self._index.counts(record.id),
        )

    def _clues_of(self, story: Story) -> Clues:
        strong = [one for one in story.changed.suspects if one.score >= _SUSPECT_SCORE]
        notes = [str(entry.payload.get("text", "")) for entry in own_events(story.timeline, "incident.noted")]
        # The page of an incident asks at every new line: thousands of notes say no more about likeness than the newest.
        notes = notes[-_MOST_NOTES:]
        words: dict[str, int] = {}
        for word in tokens("\n".join([story.incident.title, *notes, *(alert.monitor for alert in story.alerts)])):
            words[word] = words.get(word, 0) + 1
        return Clues(
            categories=frozenset(self._drafts.preview(story).suggested_categories),
            systems=frozenset(story.incident.systems),
            near=frozenset(one.event.subject.partition("@")[0] for one in strong),
            kinds=frozenset(one.event.kind for one in strong),
            words=words,
        )


def _moment(record: PostmortemRecord) -> float:
    at = happened_at(record)
    return -math.inf if at is None else at.timestamp()


def _similar(record: PostmortemRecord, score: float, because: tuple[str, ...]) -> Similar:
    report = record.report
    told = [one.text for one in report.of_role(PointRole.ROOT_CAUSE) if one.standing is Standing.CONFIRMED]
    told = told or [one.text for one in report.of_role(PointRole.ACTIVE_FAILURE) if one.standing is Standing.CONFIRMED]
    causes: list[str] = told or [f"{one['kind']} of {one['subject']}" for one in confirmed_causes(report)]
    ended = next((line.strip() for line in report.sections.get("resolution", "").splitlines() if line.strip()), "")
    return Similar(record.id, report.title, record.stage, score, because, tuple(causes[:3]), ended[:300])
