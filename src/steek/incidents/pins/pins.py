"""The service of pins: charts as they were when somebody looked, and files, kept for as long as the ledger."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from steek.charts import Point, SeriesPicture, render_svg, series_spec
from steek.incidents.desk import Desk
from steek.incidents.pins.media import media_type
from steek.incidents.pins.tables import pins
from steek.incidents.pins.types import Pin, PinKind
from steek.incidents.rows import find, remember, request
from steek.incidents.text import NAME_CHARACTERS, TITLE_CHARACTERS, checked
from steek.kernel.errors import InputError, NotFoundError, TooLargeError
from steek.kernel.ids import new_id
from steek.kernel.records import to_plain
from steek.ledger import Draft
from steek.ledger.tables import events
from steek.models import ArtifactStore
from steek.monitoring import Monitoring, Series

_SPAN = timedelta(days=42)
_WIDTH, _HEIGHT = 640, 180
_MOST_POINTS = 5_000
_MOST_PINS = 500
_KEY_CHARACTERS = 300
_SVG = "image/svg+xml"
_PUBLIC = tuple(Pin.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class _New:
    """What is about to be pinned."""

    kind: PinKind
    title: str
    sha256: str
    media_type: str
    size_bytes: int
    chart: Mapping[str, object] | None = None
    svg: str | None = None


class Pins:
    """Charts and files of incidents; every writing method is idempotent by `key`.

    Args:
        desk: Database, ledger and clock.
        monitoring: Has the series that charts are of.
        files: Keeps what was attached, by the hash of what is in it.
        most_bytes: Largest file that is taken.
    """

    def __init__(self, desk: Desk, monitoring: Monitoring, files: ArtifactStore, *, most_bytes: int) -> None:
        self._desk = desk
        self._monitoring = monitoring
        self._files = files
        self.most_bytes = most_bytes

    def pin_chart(
        self,
        incident: str,
        monitor: str,
        actor: str,
        *,
        key: str,
        slice: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        title: str | None = None,
    ) -> Pin:
        """Keep a chart as it is now, points and picture: what is measured again later does not change it.

        Args:
            incident: Which.
            monitor: Whose series.
            actor: Who pins.
            key: Idempotency key.
            slice: One slice of it; None is the whole.
            since: Window starts from here on; by default six weeks.
            until: Window starts before this.
            title: What it shows; by default the name of the monitor and its slice.

        Raises:
            NotFoundError: no such monitor.
            InputError: nothing was measured in that time.
        """
        known = self._known(incident, key)
        if known is not None:
            return known
        now = self._desk.clock.now()
        series = self._monitoring.series(monitor, slice, since=since or now - _SPAN, until=until)
        if not series.points:
            message = f"{monitor}{f' [{slice}]' if slice else ''} has no value in that time"
            raise InputError(message, next_step="Choose another time, or a slice that is measured.")
        about = monitor + (f" [{slice}]" if slice is not None else "")
        said = checked(title or about, what="title", most=TITLE_CHARACTERS)
        svg = _picture(series, said)
        content = svg.encode()
        new = _New(
            PinKind.CHART, said, hashlib.sha256(content).hexdigest(), _SVG, len(content), _chart(series, now), svg
        )
        return self._write(incident, new, actor=actor, key=key)

    def attach(self, incident: str, name: str, content: bytes, actor: str, *, key: str) -> Pin:
        """Keep a file. It is never opened or run here, and it is only handed out to be saved.

        Raises:
            TooLargeError: more than `most_bytes`.
            InputError: empty, or neither text nor a known format.
        """
        known = self._known(incident, key)
        if known is not None:
            return known
        said = checked(name, what="file name", most=NAME_CHARACTERS)
        if len(content) > self.most_bytes:
            message = f"the file has {len(content):,} bytes; {self.most_bytes:,} are allowed"
            raise TooLargeError(message, next_step="Attach the part that shows it, or raise most_attachment_bytes.")
        kind = media_type(content) if content else None
        if kind is None:
            what = "is empty" if not content else "is neither text nor PNG, JPEG, GIF, PDF, Parquet, gzip or zip"
            message = f"the file {what}"
            raise InputError(message, next_step="Attach text or a picture of it.")
        with self._desk.database.reading() as connection:
            find(connection, incident)
        # Before the transaction: a file without its row is harmless, a row without its file is not.
        sha256 = self._files.put(content)
        return self._write(incident, _New(PinKind.FILE, said, sha256, kind, len(content)), actor=actor, key=key)

    def list(self, incident: str) -> tuple[Pin, ...]:
        """What is pinned to an incident, oldest first."""
        columns = [pins.c[name] for name in _PUBLIC]
        with self._desk.database.reading() as connection:
            find(connection, incident)
            query = select(*columns).where(pins.c.incident_id == incident).order_by(pins.c.pinned_at, pins.c.id)
            return tuple(_to_pin(row) for row in connection.execute(query).mappings())

    def get(self, pin: str) -> Pin:
        """One pin. Raises NotFoundError when there is none by that id."""
        with self._desk.database.reading() as connection:
            return _find(connection, pin)

    def content(self, pin: str) -> bytes:
        """The bytes of a file, or the SVG of a chart, exactly as they were pinned.

        Raises:
            NotFoundError: there is none by that id.
            DamagedArtifactError: the file on the disk is not what was pinned.
        """
        with self._desk.database.reading() as connection:
            found = _find(connection, pin)
            svg = connection.execute(select(pins.c.svg).where(pins.c.id == pin)).scalar_one()
        return self._files.get(found.sha256) if svg is None else svg.encode()

    def _known(self, incident: str, key: str) -> Pin | None:
        with self._desk.database.reading() as connection:
            written = request(connection, checked(key, what="key", most=_KEY_CHARACTERS), "pin", incident_id=incident)
            return None if written is None else _of_event(connection, written.event_id)

    def _write(self, incident: str, new: _New, *, actor: str, key: str) -> Pin:
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        now = self._desk.clock.now()
        with self._desk.database.transaction() as connection:
            present = find(connection, incident)
            written = request(connection, key, "pin", incident_id=incident)
            if written is not None:
                return _of_event(connection, written.event_id)
            count = len(connection.execute(select(pins.c.id).where(pins.c.incident_id == incident)).all())
            if count >= _MOST_PINS:
                message = f"incident {incident} has {count} pins already"
                raise InputError(message, next_step="Put what belongs together into one file.")
            pin_id = new_id(now)
            payload: dict[str, object] = {
                "incident": incident,
                "pin": pin_id,
                "kind": new.kind,
                "title": new.title,
                "sha256": new.sha256,
                "media_type": new.media_type,
                "size_bytes": new.size_bytes,
                "monitor": None if new.chart is None else new.chart["monitor"],
                "slice": None if new.chart is None else new.chart["slice"],
            }
            event = self._desk.ledger.append(connection, Draft("incident.pinned", present.urn, by, payload))[0]
            values: dict[str, object] = {
                name: payload[name] for name in ("title", "sha256", "media_type", "size_bytes")
            }
            values |= {"id": pin_id, "incident_id": incident, "kind": new.kind.value, "chart": to_plain(new.chart)}
            connection.execute(insert(pins).values({**values, "svg": new.svg, "pinned_by": by, "pinned_at": now}))
            remember(connection, key, "pin", incident_id=incident, event_id=event.id)
            return _find(connection, pin_id)


def _picture(series: Series, title: str) -> str:
    points = tuple(Point(point.window_start, point.value, point.rows) for point in series.points)
    picture = SeriesPicture(title, series.unit, points, lower=series.lower, upper=series.upper)
    return render_svg(series_spec(picture, width=_WIDTH, height=_HEIGHT), description=title)


def _chart(series: Series, now: datetime) -> dict[str, object]:
    return {
        "monitor": series.monitor,
        "slice": series.slice,
        "unit": series.unit,
        "lower": series.lower,
        "upper": series.upper,
        "threshold": series.threshold,
        "as_of": now,
        "points": [[point.window_start, point.value, point.rows] for point in series.points[-_MOST_POINTS:]],
    }


def _find(connection: Connection, pin: str) -> Pin:
    row = connection.execute(select(pins).where(pins.c.id == pin)).mappings().first()
    if row is None:
        message = f"no pin with id {pin!r}"
        raise NotFoundError(message, next_step="Take the id from the list of the incident's pins.")
    return _to_pin(row)


def _of_event(connection: Connection, event_id: str) -> Pin:
    payload = connection.execute(select(events.c.payload).where(events.c.id == event_id)).scalar_one()
    return _find(connection, payload["pin"])


def _to_pin(row: RowMapping) -> Pin:
    values: dict[str, Any] = {name: row[name] for name in _PUBLIC}
    values["kind"] = PinKind(row["kind"])
    return Pin(**values)
