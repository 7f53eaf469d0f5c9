"""The collection is searched, counted, and speaks up when something like it happens again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning_world import Learning

from steek.incidents import Incident
from steek.incidents.phases import Times
from steek.incidents.postmortems.counting import Counted, count
from steek.incidents.postmortems.index import WordIndex, tokens
from steek.incidents.postmortems.report import Axes, PointRole, Report, make_point
from steek.incidents.postmortems.similarity import Clues, likenesses
from steek.incidents.types import Duration
from steek.kernel.errors import InputError

NO = Duration(None, None)


def old(
    name: str, *, category: str = "join-failure", day: str = "2017-01-02", words: str = "", cause: str = ""
) -> bytes:
    causes = f"## Root causes\n- {cause}\n" if cause else ""
    head = f"---\ntitle: {name}\ndate: {day}\ncategory: {category}\nseverity: sev2\nsystems: model:{name}\n"
    return f"{head}detected_by: machine\nto_detect: 5 min\n---\n## Summary\n{words}\n{causes}".encode()


@pytest.fixture
def filled(learning: Learning) -> Learning:
    learning.imports.take(
        {
            "keys.md": old("keys", words="The partner keys changed and the join was empty. join join"),
            "cache.md": old(
                "cache", category="cache-invalidation", day="2018-05-06", words="A cache went stale once; join."
            ),
            "labels.md": old("labels", category="labels-not-ready", day="2018-07-08", words="Labels came late."),
        },
        actor="noa",
        key="import",
    )
    return learning


ASKED: dict[str, list[str]] = {
    "": ["labels", "cache", "keys"],
    "joins": ["keys", "cache"],
    "stale joins": ["cache", "keys"],
    "category:join-failure": ["keys"],
    "join category:cache": ["cache"],
    "system:model:labels": ["labels"],
    "ml:>=4": ["labels"],
    "ml:<2 distributed:4": ["cache"],
    "since:2018-05-06 until:2018-05-06": ["cache"],
    "detected:user": [],
    "detected:machine severity:sev2 stage:brought labels": ["labels"],
    "nothing-of-the-kind": [],
    "defence:monitor:hole": [],
}


@pytest.mark.covers("P4", "N3")
def test_words_and_filters_find(filled: Learning) -> None:
    for asked, found in ASKED.items():
        assert [one.record.id for one in filled.library.search(asked)] == found, asked
    for wrong in ("severity:sev7", "ml:7", "since:monday", "detected:luck", "stage:lost"):
        with pytest.raises(InputError):
            filled.library.search(wrong)


@pytest.mark.covers("P4")
def test_what_changed_is_found_by_its_new_words(filled: Learning) -> None:
    assert filled.library.search("zebra") == ()
    filled.writing.edit("keys", {"lessons": "Zebras."}, actor="noa", key="z")
    assert [one.record.id for one in filled.library.search("zebra")] == ["keys"]


@pytest.mark.covers("P4")
@given(st.lists(st.lists(st.sampled_from(["ant", "bee", "cow", "dog"]), max_size=6), max_size=6), st.data())
def test_the_index_forgets_what_it_is_told_to(documents: list[list[str]], data: st.DataObject) -> None:
    grown, fresh = WordIndex(), WordIndex()
    for place, words in enumerate(documents):
        grown.put(str(place), {"eel": 2, **{word: words.count(word) for word in words}})
        grown.put(str(place), {word: words.count(word) for word in words})
    gone = data.draw(st.sets(st.integers(0, max(len(documents) - 1, 0))))
    for place in gone:
        grown.drop(str(place))
    for place, words in enumerate(documents):
        if place not in gone:
            fresh.put(str(place), {word: words.count(word) for word in words})
    for asked in (["ant"], ["ant", "bee"], ["eel"]):
        assert grown.rank(asked) == pytest.approx(fresh.rank(asked))
        assert all(score > 0 for score in fresh.rank(asked).values())


@pytest.mark.covers("P4")
def test_words_are_the_same_words_with_accents_and_plurals() -> None:
    assert tokens("Joins, join, JOINÉS") == ["join", "join", "joine"]


def counted(number: int, *, resolve_s: float | None = None, day: datetime | None = None) -> Counted:
    times = Times(NO, NO, NO, Duration(resolve_s, resolve_s))
    report = Report(id=str(number), title="x", axes=Axes(number % 5 + 1, None, by="noa"), times=times)
    return Counted(str(number), report, day or datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.covers("P4")
def test_where_there_are_few_nothing_is_invented() -> None:
    empty = count([])
    assert (empty.postmortems, empty.quarters, empty.trend) == (0, (), "n = 0, too few for a trend")
    three = count([counted(number, resolve_s=60.0 * number) for number in range(1, 4)])
    assert three.trend == "n = 3, too few for a trend"
    resolve = three.times[-1]
    assert (resolve.values_s, resolve.median_s, resolve.said) == (
        (60.0, 120.0, 180.0),
        None,
        "n = 3, too few for a median",
    )
    assert three.quarters[0].median_to_resolve_s is None


@pytest.mark.covers("P4")
def test_medians_and_quarters_are_counted_by_hand() -> None:
    first = [counted(number, resolve_s=100.0 * number) for number in range(1, 6)]
    later = datetime(2020, 9, 1, tzinfo=UTC)
    second = [counted(number, resolve_s=10.0 * number, day=later) for number in range(1, 6)]
    result = count([*first, *second])
    assert [(one.name, one.incidents, one.median_to_resolve_s) for one in result.quarters] == [
        ("2020 Q1", 5, 300.0),
        ("2020 Q2", 0, None),
        ("2020 Q3", 5, 30.0),
    ]
    assert result.trend == "the median time to resolve of 2020 Q3 is shorter than that of 2020 Q1; n = 10"
    assert result.machine_learning.at_point == (2, 2, 2, 2, 2)
    assert (result.distributed.placed, result.distributed.unplaced) == (0, 10)


def clues(**given: object) -> Clues:
    nothing: dict[str, object] = {name: frozenset[str]() for name in ("categories", "systems", "near", "kinds")}
    return Clues(**{**nothing, "words": {}, **given})  # pyright: ignore[reportArgumentType]


@pytest.mark.covers("P4")
def test_each_share_of_a_likeness_has_its_sentence() -> None:
    one = clues(
        categories=frozenset({"a"}),
        systems=frozenset({"model:x"}),
        kinds=frozenset({"dataset.replaced"}),
        words={"key": 1},
    )
    past = {
        "all": one,
        "none": clues(words={"other": 1}),
        "near": clues(near=frozenset({"model:x"}), categories=frozenset({"a", "b"})),
    }
    first, second = likenesses(one, past, lambda _: 1.0, {"a": "Joins"})
    assert (first.name, first.score) == ("all", 1.0)
    assert first.because == (
        "Both look like Joins.",
        "Both hit model:x.",
        "That one was caused by dataset.replaced, which stands among the suspects of this one.",
        "People wrote the same words: key.",
    )
    assert (second.name, second.score) == ("near", 0.45)
    assert second.because == ("Both look like Joins.", "Both lie near model:x in lineage.")


@pytest.mark.covers("P4")
def test_a_past_incident_is_offered_while_a_new_one_is_open(filled: Learning, drafted: Incident) -> None:
    filled.incidents.note(drafted.id, "the join with partner keys is empty", "noa", key="n1")
    found = filled.library.similar(drafted.id)
    assert found[0].postmortem == "keys"
    assert found[0].because[0] == "Both look like Temporary failure to join with expected data."
    assert any(sentence.startswith("People wrote the same words: ") for sentence in found[0].because)
    assert drafted.id not in {one.postmortem for one in found}


@pytest.mark.covers("P4")
def test_two_thousand_are_searched_and_compared_in_a_moment(learning: Learning, drafted: Incident) -> None:
    index = WordIndex()
    past: dict[str, Clues] = {}
    for number in range(2_000):
        words = {f"w{(number * 7 + step) % 997}": 1 + step % 3 for step in range(80)}
        index.put(str(number), words)
        past[str(number)] = clues(words=words, categories=frozenset({f"c{number % 19}"}))
    started = learning.clock.monotonic_s()
    assert index.rank(["w1", "w2"])
    found = likenesses(clues(words={"w1": 1, "w8": 2}, categories=frozenset({"c3"})), past, index.weight, {})
    assert found
    assert learning.clock.monotonic_s() - started < 2.0


@pytest.mark.covers("P4")
def test_the_past_can_be_counted_while_people_still_write(filled: Learning, drafted: Incident) -> None:
    assert filled.library.statistics().postmortems == 3
    assert filled.library.statistics("stage:draft").postmortems == 1
    assert filled.library.statistics("category:labels").postmortems == 1
    assert filled.library.statistics().by_machine == 3
    learned = filled.library.get("labels").report
    assert make_point(PointRole.CATEGORY, "x", kind="labels-not-ready").id == learned.points[0].id
    assert timedelta(seconds=300) == timedelta(seconds=filled.library.statistics().times[0].values_s[0])
