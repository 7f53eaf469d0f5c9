"""Charts as they were, and files, beside the timeline."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.incidents.conftest import Loop, Production, Reader, joins
from tests.monitoring.shop import Shop

from steek.incidents import Incident, Incidents, Pins
from steek.incidents.desk import Desk
from steek.incidents.pins.media import TEXT, media_type
from steek.kernel import ReplayClock
from steek.kernel.errors import ConflictError, DamagedArtifactError, InputError, NotFoundError, TooLargeError
from steek.ledger import Database, Ledger, Lineage
from steek.models import ArtifactStore

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def pins(
    tmp_path: Path,
    database: Database,
    ledger: Ledger,
    lineage: Lineage,
    clock: ReplayClock,
    production: Production,
    incidents: Incidents,
) -> Pins:
    desk = Desk(database, ledger, lineage, clock, incidents.menu)
    monitoring = Shop.open(tmp_path, database, ledger, clock).monitoring(joins())
    return Pins(desk, monitoring, ArtifactStore(tmp_path / "files"), most_bytes=1000)


@pytest.mark.covers("I5")
def test_a_chart_stays_as_it_was_when_its_windows_are_measured_again(
    pins: Pins, loop: Loop, declared: Incident, incidents: Incidents, of_kind: Reader
) -> None:
    alert, _ = loop.fire(joins(), value=0.12)
    pinned = pins.pin_chart(declared.id, "partner_joins", "kim", key="p", title="<b>joins</b>")
    before = pins.content(pinned.id)
    loop.recover(joins(), alert, day=0)
    assert pins.content(pinned.id) == before
    assert pins.pin_chart(declared.id, "partner_joins", "kim", key="p") == pinned
    assert pinned.chart is not None
    points = pinned.chart["points"]
    assert isinstance(points, list)
    assert points[0][1:] == [0.12, 4012]
    assert b"<b>" not in before
    assert b"<script" not in before
    assert len(of_kind("incident.pinned")) == 1
    assert "pinned chart: <b>joins</b>" in [entry.text for entry in incidents.timeline(declared.id)]
    with pytest.raises(InputError, match="has no value in that time"):
        pins.pin_chart(declared.id, "partner_joins", "kim", key="q", slice="nowhere")
    with pytest.raises(NotFoundError):
        pins.pin_chart(declared.id, "no monitor", "kim", key="r")


@pytest.mark.covers("I5")
def test_a_file_is_kept_by_what_is_in_it(
    tmp_path: Path, pins: Pins, declared: Incident, incidents: Incidents, of_kind: Reader
) -> None:
    hostile = b"<script>alert(document.cookie)</script>"
    page = pins.attach(declared.id, "../../etc/passwd\u202e.html", hostile, "kim", key="a")
    picture = pins.attach(declared.id, "till.png", PNG, "kim", key="b")
    assert (page.media_type, picture.media_type) == (TEXT, "image/png")
    assert pins.content(page.id) == hostile
    assert {pin.id for pin in pins.list(declared.id)} == {page.id, picture.id}
    assert pins.attach(declared.id, "again", PNG, "kim", key="b") == picture
    assert {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()} == {page.sha256, picture.sha256}
    assert len(of_kind("incident.pinned")) == 2
    other = incidents.declare("other", on="x", severity="sev3", actor="kim", key="o")
    with pytest.raises(ConflictError, match="already used"):
        pins.attach(other.id, "till.png", PNG, "kim", key="b")
    next((tmp_path / "files").rglob(picture.sha256)).write_bytes(b"changed")
    with pytest.raises(DamagedArtifactError):
        pins.content(picture.id)


@pytest.mark.covers("I5")
@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"", InputError, "is empty"),
        (b"MZ\x00\x00\x90\xff", InputError, "neither text nor PNG"),
        (b"\x7fELF\x02\x01", InputError, "neither text nor PNG"),
        (b"x" * 1001, TooLargeError, "1,001 bytes; 1,000 are allowed"),
    ],
)
def test_what_can_run_or_is_too_large_is_refused(
    pins: Pins, declared: Incident, content: bytes, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        pins.attach(declared.id, "x", content, "kim", key="a")
    assert pins.list(declared.id) == ()


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_have_a_known_type_or_none(content: bytes) -> None:
    found = media_type(content)
    assert found is None or "html" not in found
    assert found is None or "script" not in found
