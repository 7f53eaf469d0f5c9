"""Reviews of the architecture: found by itself, added by people, held with a date, compared with the last."""

from pathlib import Path

import pytest
from defence_world import DAY, NOW, move, serve, told

from steek.incidents.reviews.findings import FindingKind
from steek.kernel.errors import ConflictError, InputError, NotFoundError
from steek.platform import Platform


def texts(platform: Platform, kind: FindingKind | None = None) -> set[str]:
    return {one.text for one in platform.reviews.findings() if kind in (None, one.kind)}


@pytest.mark.covers("P7")
def test_configuration_tells_what_has_no_second_and_no_way_back(platform: Platform) -> None:
    assert "State and ledger are one SQLite file on one machine." in texts(platform, FindingKind.SINGLE_POINT)
    assert "Every version of bare needs a person, because it has no gate." in texts(platform, FindingKind.BY_HAND)
    assert "Nothing answers for bare when it cannot." not in texts(platform)
    serve(platform, "bare", versions=1)
    serve(platform, "guarded", versions=2)
    assert "Nothing answers for bare when it cannot." in texts(platform, FindingKind.SINGLE_POINT)
    assert "bare has no earlier version to go back to." in texts(platform, FindingKind.ONE_WAY)
    assert "guarded was never seen to work after a rollback." in texts(platform, FindingKind.ONE_WAY)
    platform.routes.rollback("guarded", to=1, actor="ana", reason="rehearsal", key="r")
    told(platform, "predictions.collected", "dataset:predictions@1", rows=3)
    # The version that was left is none to go back to, and the rehearsal was seen to work.
    assert not any("after a rollback" in text for text in texts(platform))
    told(platform, "gate.overridden", "trained:bare@1", approver="ana", reason="hurry")
    assert "People let versions of bare through in spite of their gate: 1." in texts(platform, FindingKind.BY_HAND)


@pytest.mark.covers("P7")
def test_a_review_is_dated_and_the_next_shows_what_changed(platform: Platform, tmp_path: Path) -> None:
    assert platform.reviews.now().last is None
    held = platform.reviews.hold(note="looked at all", actor="ana", key="1")
    assert platform.reviews.hold(note="again", actor="ana", key="1") == held
    state = platform.reviews.now()
    assert (state.last, state.new, state.gone) == (held, (), ())
    move(tmp_path, NOW + DAY)
    added = platform.reviews.add("the pager is one phone", kind="manual step", subject="on call", actor="bo", key="2")
    serve(platform, "bare", versions=1)
    after = platform.reviews.now()
    assert {one.text for one in after.new} >= {added.text, "bare has no earlier version to go back to."}
    settled = platform.reviews.settle(added.id, reason="two phones", actor="bo", key="3")
    assert settled.id == added.id
    assert added.text not in texts(platform)
    assert platform.reviews.settle(added.id, reason="two phones", actor="bo", key="3").id == added.id
    with pytest.raises(ConflictError, match="settled by bo: two phones"):
        platform.reviews.settle(added.id, reason="other", actor="cy", key="4")
    serve(platform, "guarded", versions=2)
    platform.reviews.hold(note="second", actor="ana", key="5")
    assert [one.id for one in platform.reviews.list()] == ["R-2", "R-1"]
    kinds = [event.kind for event in platform.ledger.events() if event.kind.startswith("architecture.")]
    assert kinds == ["architecture.reviewed", "architecture.noted", "architecture.noted", "architecture.reviewed"]


@pytest.mark.covers("P7", "N3")
def test_what_cannot_be_is_refused(platform: Platform) -> None:
    with pytest.raises(InputError, match="single point of failure, manual step"):
        platform.reviews.add("t", kind="ugly", subject="s", actor="a", key="k")
    with pytest.raises(InputError, match="note is empty"):
        platform.reviews.hold(note="", actor="a", key="k")
    with pytest.raises(NotFoundError):
        platform.reviews.settle("A-9", reason="r", actor="a", key="k")
