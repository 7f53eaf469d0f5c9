"""Who is on call: exactly one person at every moment, or a gap that is named, also when the clocks change."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steek.incidents.oncall.icalendar import icalendar
from steek.incidents.oncall.rotation import Escalation, Rotation, document_of, read_rotation
from steek.incidents.oncall.watches import Absence, Calendar, Override, chain, gaps, watches, who
from steek.kernel.errors import InputError

SPRING = datetime(2024, 3, 20, tzinfo=UTC)
PEOPLE = ("ada", "ben", "mara")
HOUR = timedelta(hours=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def rotation(**given: object) -> Rotation:
    values: dict[str, object] = {"name": "core", "people": PEOPLE, "starts_on": date(2024, 3, 18), **given}
    return Rotation(**values)  # pyright: ignore[reportArgumentType]


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(0, 60 * 24 * 300).map(lambda minutes: SPRING + timedelta(minutes=minutes))


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime]:
    start = draw(moments())
    return start, start + timedelta(minutes=draw(st.integers(1, 60 * 24 * 20)))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    people = st.sampled_from((*PEOPLE, "zoe"))
    absences = [
        Absence(id=str(number), person=draw(people), start_at=span[0], end_at=span[1])
        for number, span in enumerate(draw(st.lists(spans(), max_size=6)))
    ]
    overrides = [
        Override(id=f"o{number}", rotation="core", person=draw(people), start_at=span[0], end_at=span[1])
        for number, span in enumerate(draw(st.lists(spans(), max_size=4)))
    ]
    return Calendar(tuple(absences), tuple(overrides))


@pytest.mark.covers("I13")
@given(
    zone=st.sampled_from(ZONES),
    shift_hours=st.sampled_from([5, 8, 12, 24, 168, 400]),
    hour=st.integers(0, 23),
    span=spans(),
    calendar=calendars(),
    asked=st.lists(st.floats(0, 0.99), min_size=1, max_size=4),
)
@settings(max_examples=30)
def test_every_moment_has_exactly_one_person_or_a_named_gap(
    zone: str,
    shift_hours: int,
    hour: int,
    span: tuple[datetime, datetime],
    calendar: Calendar,
    asked: list[float],
) -> None:
    one = rotation(zone=zone, shift_hours=shift_hours, hands_over_at=time(hour))
    found = watches(one, *span, calendar)
    assert (found[0].start_at, found[-1].end_at) == span
    assert all(before.end_at == after.start_at for before, after in itertools.pairwise(found))
    for share in asked:
        at = span[0] + (span[1] - span[0]) * share
        (covering,) = [watch for watch in found if watch.start_at <= at < watch.end_at]
        now = who(one, at, calendar)
        assert (covering.person, covering.because) == (now.person, now.because)
        assert now.person is not None or now.because
        away = [each for each in calendar.absences if each.person == now.person and each.start_at <= at < each.end_at]
        assert away == []
    assert all(watch.because for watch in gaps(one, *span, calendar))


@pytest.mark.covers("I13")
@given(zone=st.sampled_from(ZONES), hour=st.integers(0, 23), number=st.integers(0, 60))
@example(zone="Europe/Berlin", hour=2, number=13)
@settings(max_examples=40)
def test_turns_change_at_the_same_time_on_the_wall_all_year(zone: str, hour: int, number: int) -> None:
    one = rotation(zone=zone, shift_hours=24, hands_over_at=time(hour))
    begins, ends = one.boundary(number), one.boundary(number + 1)
    assert begins < ends
    assert one.turn_at(begins) == number
    assert one.turn_at(ends - timedelta(seconds=1)) == number


@pytest.mark.covers("I13")
def test_a_turn_over_the_change_of_the_clocks_is_an_hour_shorter_or_longer() -> None:
    one = rotation(zone="Europe/Berlin", hands_over_at=time(9))
    lengths = [one.boundary(number + 1) - one.boundary(number) for number in range(40)]
    assert lengths.count(timedelta(hours=167)) == 1
    assert lengths.count(timedelta(hours=169)) == 1
    assert set(lengths) <= {timedelta(hours=167), timedelta(hours=168), timedelta(hours=169)}
    # Before the clocks change nine in the morning is eight in UTC, after it seven.
    assert [one.boundary(number).hour for number in (0, 1, 2)] == [8, 8, 7]


@pytest.mark.covers("I13")
def test_an_override_holds_the_last_word_unless_its_person_is_away() -> None:
    day, one = SPRING, rotation(shift_hours=24)
    overrides = tuple(
        Override(id=who, rotation="core", person=who, start_at=day, end_at=day + 24 * HOUR) for who in ("zoe", "kim")
    )
    assert who(one, day + HOUR, Calendar((), overrides)).person == "kim"
    away = Absence(id="a", person="kim", start_at=day, end_at=day + 2 * HOUR)
    assert who(one, day + HOUR, Calendar((away,), overrides)).person == "zoe"
    other = Override(id="x", rotation="other", person="zoe", start_at=day, end_at=day + 24 * HOUR)
    assert who(one, day + 12 * HOUR, Calendar((), (other,))).because == "turn"


@pytest.mark.covers("I13")
def test_gaps_are_named_ahead_of_time() -> None:
    one = rotation(shift_hours=24, ends_on=date(2024, 4, 1))
    away = tuple(Absence(id=who, person=who, start_at=SPRING + 48 * HOUR, end_at=SPRING + 50 * HOUR) for who in PEOPLE)
    found = gaps(one, SPRING - timedelta(days=9), SPRING + timedelta(days=30), Calendar(away))
    assert [gap.because for gap in found] == [
        "core begins on 2024-03-18",
        "everybody of core is absent",
        "core ended on 2024-04-01",
    ]
    assert found[1].start_at == SPRING + 48 * HOUR


@pytest.mark.covers("I13")
def test_a_chain_calls_each_person_once_and_makes_nobody_wait_for_a_gap() -> None:
    steps = (Escalation(5, "next"), Escalation(10, "rotation:leads"), Escalation(15, "boss"), Escalation(20, "boss"))
    core = rotation(shift_hours=24, escalation=steps)
    leads = Rotation(name="leads", people=("ada",), starts_on=date(2024, 1, 1))
    both = {"core": core, "leads": leads}
    on_call = who(core, SPRING).person
    after = PEOPLE[(PEOPLE.index(on_call or "") + 1) % 3]
    leads_too = [("ada", 10)] if "ada" not in (on_call, after) else []
    assert [(rung.person, rung.after_minutes) for rung in chain("core", both, SPRING)] == [
        (on_call, 0),
        (after, 5),
        *leads_too,
        ("boss", 15),
    ]
    away = tuple(Absence(id=one, person=one, start_at=SPRING, end_at=SPRING + HOUR) for one in PEOPLE)
    assert [(one.person, one.after_minutes) for one in chain("core", both, SPRING, Calendar(away))] == [("boss", 0)]


@pytest.mark.covers("I13")
def test_a_rotation_is_data_and_reads_back_as_it_was() -> None:
    one = rotation(zone="Europe/Berlin", covers=("partner_*",), escalation=(Escalation(7, "rotation:leads"),))
    assert read_rotation(document_of(one)) == one
    assert one.is_for("model:partner_demand@7")
    assert not one.is_for("model:search_ranking")


@pytest.mark.covers("I13")
@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"people": []}, "has 0 people"),
        ({"zone": "Berlin"}, "is no time zone"),
        ({"shift_hours": 0}, "a turn of 0 hours"),
        ({"starts_on": "soon"}, "cannot be read"),
        ({"escalation": [{"after_minutes": 9, "to": "x"}, {"after_minutes": 5, "to": "y"}]}, "growing minutes"),
        ({"colour": "red"}, "a rotation has name"),
    ],
)
def test_what_cannot_be_says_what_is_allowed(given_: dict[str, object], said: str) -> None:
    document: dict[str, object] = {"name": "core", "people": ["ada"], "starts_on": "2024-03-18"}
    with pytest.raises(InputError, match=said):
        read_rotation({**document, **given_})


@pytest.mark.covers("I13")
def test_calendars_take_the_file_and_hostile_names_stay_text() -> None:
    one = Rotation(name="a,b;c", people=("ada\r\nEND:VCALENDAR", "ö" * 80), starts_on=date(2024, 3, 18), shift_hours=24)
    text = icalendar(watches(one, SPRING, SPRING + timedelta(days=2)), made_at=SPRING)
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.count("\r\nEND:VCALENDAR\r\n") == 1
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") >= 2
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
