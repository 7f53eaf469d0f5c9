"""Old postmortems come in from files: tolerant, once, never over what people wrote; and go out again."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learning_world import Learning

from steek.incidents import Incident
from steek.incidents.postmortems.exporting import export
from steek.incidents.postmortems.importing import ImportOutcome
from steek.incidents.postmortems.lengths import length_words, read_length
from steek.incidents.postmortems.markdown_blocks import take_apart
from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.reading import read_postmortem
from steek.incidents.postmortems.report import PointRole, Report, make_point, plain, read_report, schema
from steek.incidents.postmortems.report_markdown import report_markdown
from steek.incidents.postmortems.taxonomy import load_taxonomy
from steek.incidents.types import Duration
from steek.kernel.errors import InputError, UnreadableError

SAMPLES = Path(__file__).parents[3] / "examples" / "postmortems"
OLD = b"""---
title: "Till scores: stale"
date: 2019-03-04
severity: SEV2
systems: [till, scores]
time_to_detect: 2 hours
ttr: 1 d 2 h
category: cache-invalidation
owner: somebody
detected_by: an angry partner
---
Intro that stands nowhere.

## 1. Overview
Old scores were served.

## Root Cause(s)
- A cache was not told. Because: nobody knew of it
- Its age was not watched.

## Defenses
- monitor (hole): there was none
- rollback: worked

## Weather on that day
It rained.

```
## not a heading
```
"""


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.md"))}


@pytest.mark.covers("P4")
def test_an_old_file_is_mapped_and_keeps_what_cannot_be(learning: Learning) -> None:
    [done] = learning.imports.take({"2019/Till scores.md": OLD}, actor="noa", key="import 1")
    assert (done.outcome, done.postmortem, done.title) == (ImportOutcome.NEW, "till-scores", "Till scores: stale")
    record = learning.library.get("till-scores")
    report = record.report
    assert (record.stage, record.revision, report.severity) == (Stage.BROUGHT_IN, 0, "sev2")
    assert report.systems == ("till", "scores")
    assert (report.times.to_detect, report.times.to_resolve) == (Duration(7200.0, 7200.0), Duration(93600.0, 93600.0))
    assert [(one.text, one.because) for one in report.of_role(PointRole.ROOT_CAUSE)] == [
        ("A cache was not told.", "nobody knew of it"),
        ("Its age was not watched.", ""),
    ]
    assert [(one.subject, one.kind) for one in report.of_role(PointRole.DEFENCE)] == [
        ("monitor", "hole"),
        ("rollback", "held"),
    ]
    assert report.sections["summary"] == "Intro that stands nowhere.\n\nOld scores were served."
    assert "## not a heading" in report.sections["Weather on that day"]
    assert report.sections["Front matter"] == "- owner: somebody\n- detected_by: an angry partner"
    assert "detected_by was not understood" in done.notes[0]
    assert (report.categories, report.axes.machine_learning) == (("cache-invalidation",), 1)


DATED: dict[str, tuple[bytes, str | None]] = {
    "2019-03-12-search.md": (b"# Search\nIt was slow.", "2019-03-12"),
    "20190312 search.md": (b"# Search, again\nIt was slow.", "2019-03-12"),
    "search.md": (b"# Search outage of 12 March 2019\nIt was slow.", "2019-03-12"),
    "us.md": (b"# Search outage, March 12th, 2019\nIt was slow.", "2019-03-12"),
    "2001-01-01.md": (b"---\ndate: 2019-03-12\n---\n# Told by itself\nSlow.", "2019-03-12"),
    "weeks.md": (b"# From 2019-03-12 to 2019-04-01\nIt was slow.", None),
    "none.md": (b"# Version 2.0.2019\nIt was slow.", None),
}


@pytest.mark.covers("P4")
def test_the_day_comes_from_the_name_or_the_title_and_is_never_the_day_of_the_import(learning: Learning) -> None:
    taken = {one.file: one for one in learning.imports.take({n: c for n, (c, _) in DATED.items()}, actor="a", key="k")}
    for name, (_, day) in DATED.items():
        began = learning.library.get(str(taken[name].postmortem)).report.began_at
        assert (None if began is None else began.date().isoformat()) == day, name
    assert "the day is from its name" in taken["2019-03-12-search.md"].notes
    assert "the day is from its title" in taken["search.md"].notes
    assert taken["weeks.md"].notes == ("the day it began is not known; it stands in no quarter",)
    counted = learning.library.statistics()
    assert [(one.name, one.incidents) for one in counted.quarters] == [("2019 Q1", 5)]
    assert (counted.postmortems, counted.undated) == (7, 2)
    assert {one.record.id for one in learning.library.search("")[-2:]} == {"weeks", "none"}
    assert len(learning.library.search("since:1900-01-01")) == 5


@pytest.mark.covers("P3", "P4")
def test_action_items_bring_box_owner_and_day_and_every_line_says_what_was_recognised(learning: Learning) -> None:
    text = b"""# Search of 2019-03-12
## Impact
All of it.
## Action items
- [ ] Add alert (@bob, 2019-04-01)
- [x] fix: Remove the cache (owner: ana@shop, due 2019-03-20)
- [ ] Ask the partners (if they answer)
- Write it down (2019-02-30)
"""
    [done] = learning.imports.take({"search.md": text}, actor="noa", key="import 31")
    points = learning.library.get(
        "search-of-2019-03-12" if done.postmortem is None else done.postmortem
    ).report.of_role(PointRole.FOLLOW_UP)
    told = [(one.text, one.owner, one.due_at and f"{one.due_at:%m-%d}", one.is_done) for one in points]
    assert told == [
        ("Add alert", "bob", "04-01", False),
        ("Remove the cache", "ana@shop", "03-20", True),
        ("Ask the partners (if they answer)", None, None, False),
        ("Write it down (2019-02-30)", None, None, False),
    ]
    assert points[1].kind == "fix"
    assert {"began: 2019-03-12", "impact: 3 words", "follow-ups: 4, 2 with an owner, 2 with a day, 1 done"} <= {
        *done.recognised
    }
    assert {"severity: not said", "time to resolve: not said", "root causes: not said"} <= {*done.not_recognised}
    out = export(learning.library.get(str(done.postmortem)).report)
    again, _ = read_postmortem(out.markdown.encode(), name="x.md", actor="noa", taxonomy=load_taxonomy())
    assert again.of_role(PointRole.FOLLOW_UP) == points


@pytest.mark.covers("P4")
def test_the_same_folder_again_writes_nothing_and_a_changed_file_is_the_next_version(learning: Learning) -> None:
    learning.imports.take({"old.md": OLD}, actor="noa", key="import 3")
    assert [one.outcome for one in learning.imports.take({"moved.md": OLD}, actor="noa", key="import 5")] == [
        ImportOutcome.SAME
    ]
    changed = OLD.replace(b"It rained.", b"It snowed.")
    assert [one.outcome for one in learning.imports.take({"old.md": changed}, actor="noa", key="import 7")] == [
        ImportOutcome.UPDATED
    ]
    assert (learning.library.get("old").version, learning.library.get("old").revision) == (2, 0)
    assert learning.library.history("old")[-1].report.sections["Weather on that day"].startswith("It rained.")
    learning.writing.edit("old", {"lessons": "ours"}, actor="gil", key="e1")
    kept = learning.imports.take({"old.md": changed + b"\nmore"}, actor="noa", key="import 9")
    assert [one.outcome for one in kept] == [ImportOutcome.KEPT]
    assert learning.library.get("old").report.sections["lessons"] == "ours"
    assert [event.payload["postmortem"] for event in learning.told("postmortem.imported")] == ["old", "old"]


@pytest.mark.covers("P4")
def test_a_dry_run_says_what_would_come_and_writes_nothing(learning: Learning) -> None:
    done = learning.imports.take({"a.md": OLD, "README.md": b"# about"}, actor="noa", key="import 11", dry_run=True)
    assert [one.outcome for one in done] == [ImportOutcome.LEFT_OUT, ImportOutcome.NEW]
    assert (learning.library.list(), learning.told("postmortem.imported")) == ((), [])


@pytest.mark.covers("P4")
def test_two_files_of_one_name_are_two_postmortems(learning: Learning, drafted: Incident) -> None:
    done = learning.imports.take({"a/outage.md": OLD, "b/outage.md": OLD + b"\nother"}, actor="noa", key="import 13")
    assert [one.outcome for one in done] == [ImportOutcome.NEW, ImportOutcome.NEW]
    assert done[0].postmortem != done[1].postmortem
    [own] = learning.imports.take({f"{drafted.id}.md": OLD + b"\nx"}, actor="noa", key="import 15")
    assert (own.outcome, own.notes[-1]) == (
        ImportOutcome.KEPT,
        "a postmortem of an own incident has this id; it was left alone",
    )
    [free] = learning.imports.take({"1999-001.md": OLD + b"\ny"}, actor="noa", key="import 17")
    assert free.postmortem == "imported-1999-001"


@pytest.mark.covers("P4", "N3")
def test_hostile_files_harm_nobody(learning: Learning) -> None:
    hostile = {
        "bytes.md": bytes(range(256)) * 20,
        "bomb.md": b"---\na: &a [x,x]\nb: *a\n---\n" + b"# h\n" * 5_000,
        "brackets.md": b"[" * 100_000,
        "deep.json": b"[" * 100_000,
        "empty.md": b" \n ",
        "html.md": b"# <script>alert(1)</script>\n## Root cause\n- <img src=x onerror=alert(1)>\n",
        "huge.md": b"x" * 1_000_001,
        "number.json": b'{"id": 3}',
        "open.md": b"---\ntitle: never closed\n" + b"- a\n" * 1_000,
        "../../etc/passwd.md": b"# path\ntext",
    }
    done = {one.file: one for one in learning.imports.take(hostile, actor="noa", key="import 19")}
    assert {name for name, one in done.items() if one.outcome is ImportOutcome.REFUSED} == {
        "deep.json",
        "empty.md",
        "huge.md",
        "number.json",
    }
    assert done["../../etc/passwd.md"].postmortem == "passwd"
    assert len(learning.library.list()) == 6
    assert learning.library.get("html").report.title == "<script>alert(1)</script>"
    assert "# \\<script>alert(1)\\</script>" in report_markdown(learning.library.get("html").report)


@pytest.mark.covers("P4")
@given(st.text(max_size=400))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    try:
        report, _ = read_postmortem(text.encode(), name="odd.md", actor="noa", taxonomy=load_taxonomy())
    except UnreadableError:
        assert not "".join(one for one in text if one >= " ").strip()
        return
    assert read_report(plain(report)) == report
    assert take_apart(text).title is None or report.title


@pytest.mark.covers("P4")
@given(st.floats(1, 8e6), st.floats(1, 8e6))
def test_lengths_that_are_written_are_read_again(one_s: float, other_s: float) -> None:
    length = Duration(min(one_s, other_s), max(one_s, other_s))
    words = length_words(length)
    assert words is not None
    again = read_length(words)
    assert again.shortest_s == pytest.approx(length.shortest_s, rel=0.06)
    assert length_words(again) == words


@pytest.mark.covers("P4", "N3")
@pytest.mark.parametrize("text", ["soon", "5", "5 parsecs", "1 to", "to 5 min", "-3 h", "99999999 w"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no length of time"):
        read_length(text)


@pytest.mark.covers("P4")
def test_what_goes_out_comes_back_as_it_was(learning: Learning, drafted: Incident) -> None:
    learning.writing.add(drafted.id, "root_cause", "a *star* _and_ [more]: 1. x", actor="noa", key="a1")
    learning.writing.add(drafted.id, "defence", "late", kind="hole", subject="monitor (night)", actor="noa", key="a2")
    learning.writing.edit(drafted.id, {"lessons": "# big\ntext", "to_detect": "10 to 15 min"}, actor="noa", key="e1")
    record = learning.library.get(drafted.id)
    out = export(record.report)
    values = json.loads(out.json)
    jsonschema.validate(values, schema(), jsonschema.Draft202012Validator)
    assert read_report(values) == record.report
    report, notes = read_postmortem(out.markdown.encode(), name="x.md", actor="noa", taxonomy=load_taxonomy())
    assert notes == ()
    assert (report.title, report.times.to_detect, report.systems) == (
        record.report.title,
        record.report.times.to_detect,
        record.report.systems,
    )
    assert report.sections["lessons"].endswith("big\ntext")

    def said(one: Report) -> set[tuple[str, str, str | None, str]]:
        return {(each.role, each.text, each.subject, each.standing) for each in one.points}

    assert said(report) == said(record.report)


@pytest.mark.covers("P4")
def test_the_schema_refuses_what_is_no_postmortem() -> None:
    rules = schema()
    good = plain(Report(id="a", title="b", points=(make_point(PointRole.LUCK, "c"),)))
    jsonschema.validate(json.loads(json.dumps(good)), rules, jsonschema.Draft202012Validator)
    for wrong in ({"severity": "sev9"}, {"axes": {"machine_learning": 6}}, {"title": 3}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | wrong, rules, jsonschema.Draft202012Validator)


@pytest.mark.covers("P2", "P4")
def test_the_five_public_failures_come_in_classified(learning: Learning) -> None:
    done = learning.imports.take(files(), actor="noa", key="import 21")
    taken = {one.postmortem: one for one in done if one.outcome is ImportOutcome.NEW}
    assert len(taken) == 5
    assert all(one.notes == () for one in taken.values())
    assert (learning.library.statistics().postmortems, learning.library.statistics().left_out) == (0, 5)
    counted = learning.library.statistics(with_others=True)
    assert (counted.postmortems, learning.library.statistics("origin:others").postmortems) == (5, 5)
    assert [one.unknown for one in counted.times] == [5, 5, 5, 5, 2], "a lost rocket was never resolved"
    assert dict(counted.categories) == {
        "config-unvalidated": 1,
        "incorrect-assertion": 1,
        "process-orchestration": 1,
        "tests-in-production": 1,
    }
    assert counted.unclassified == 1
    assert counted.machine_learning.at_point == (5, 0, 0, 0, 0)
    assert counted.distributed.at_point == (1, 1, 1, 2, 0)
    assert dict(counted.holes) == {
        "access": 2,
        "canary": 1,
        "contract": 2,
        "fallback": 3,
        "gate": 2,
        "monitor": 5,
        "process": 4,
        "rollback": 3,
    }
    for name in taken:
        report = learning.library.get(str(name)).report
        words = len(" ".join(report.sections.values()).split()) + sum(len(one.text.split()) for one in report.points)
        assert 150 <= words <= 400
        assert all(one.link.startswith("https://") or one.publisher for one in report.references)
        assert report.references
        classified = report.of_role(PointRole.CATEGORY)
        assert all(one.because for one in classified)
        assert classified or "None of the nineteen fits" in report.sections["Classification"]
        assert report.of_role(PointRole.LATENT_CONDITION)
    assert learning.library.search("snapshot standby")[0].record.id == "gitlab-lost-database-2017"
