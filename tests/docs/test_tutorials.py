"""Tutorials: every command and every file of a page, in its order, as a reader would do it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.docs.forked_steek import forked_steek

ROOT = Path(__file__).parent.parent.parent
FIRST_NIGHT = ROOT / "docs" / "tutorials" / "first-night.md"
TRUSTED = ROOT / "docs" / "tutorials" / "trusted-dataset.md"
INCIDENT = ROOT / "docs" / "tutorials" / "first-incident.md"
WATCHING = ROOT / "docs" / "tutorials" / "watch-a-model.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAVE_AS = re.compile(r"Save as `([^`]+)`:\s*$")
CHANGE = re.compile(r"in `([^`]+)`, change `([^`]+)` to `([^`]+)`")
PORT = "8321"
START_S = 60


@dataclass
class Reader:
    """Somebody with two terminals who does what the page says."""

    folder: Path
    environment: dict[str, str]
    printed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def run(self, command: str) -> str:
        """Run a line in the first terminal; what it printed. Folder and variables last from line to line."""
        assigned = re.match(r"(\w+)=", command)
        told = f'"${assigned.group(1)}"' if assigned else '""'
        left = self.folder / ".left"
        script = f"set -e\ncd '{self.folder}'\n{command}\nprintf '%s\\n' \"$PWD\" {told} > '{left}'"
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, env=self.environment, check=False, timeout=300
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        folder, value = left.read_text(encoding="utf-8").splitlines()
        left.unlink()
        self.folder = Path(folder)
        if assigned:
            self.environment[assigned.group(1)] = value
        self.printed.append((command, done.stdout))
        return done.stdout

    def output_of(self, command: str) -> str:
        """What a command printed, the last time."""
        return next(out for said, out in reversed(self.printed) if said.startswith(command))


@contextmanager
def second_terminal(reader: Reader, port: int) -> Generator[None]:
    """`steek up` until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "steek", "up"],
        cwd=reader.folder,
        env=reader.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for address in (f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port + 1}/v2/health/ready"):
            _wait_for(process, address)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s:
        assert process.poll() is None, "steek up ended"
        try:
            if httpx.get(address).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"nothing answers on {address}")


def free_pair() -> int:
    """A port that is free, and so is the next."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture
def reader(tmp_path: Path) -> Generator[Reader]:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (tools / "python").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STEEK_")}
    with forked_steek(tools / "steek", kept):
        yield Reader(tmp_path, {**kept, "PATH": f"{tools}:{kept['PATH']}"})


@pytest.mark.slow
@pytest.mark.covers("P1", "N3")
def test_the_first_night_goes_as_the_page_says(reader: Reader) -> None:
    port = free_pair()
    reader.environment |= {"STEEK_PORT": str(port), "STEEK_SERVING_PORT": str(port + 1)}
    first, _, after = FIRST_NIGHT.read_text(encoding="utf-8").partition("```console\n$ steek up\n```")
    follow(reader, first, port)
    assert "undecided" in reader.output_of("steek models gate demand 1")
    assert receipts(reader) == 2
    with second_terminal(reader, port):
        follow(reader, after, port)
    assert re.search(r"^verdict +pass$", reader.output_of("steek models gate demand 2"), re.MULTILINE)
    assert re.search(r"^demand .* 2 ", reader.output_of("steek status"), re.MULTILINE)
    assert '"model_version":2' in reader.output_of("curl").replace(" ", "").replace('"2"', "2")
    assert "receipt:" in reader.output_of("steek lineage up")
    assert "verified_events" in reader.output_of("steek ledger verify")


def follow(reader: Reader, text: str, port: int) -> None:
    """Do what a stretch of the page says: save files, make changes, run commands."""
    position = 0
    for block in FENCE.finditer(text):
        before = text[position : block.start()]
        position = block.end()
        make_changes(reader, before)
        name = SAVE_AS.search(before)
        if name:
            (reader.folder / name.group(1)).write_text(block.group(2), encoding="utf-8")
        elif block.group(1) == "console":
            for line in block.group(2).splitlines():
                command = line.removeprefix("$ ").replace(f":{int(PORT) + 1}", f":{port + 1}")
                reader.run(command)
    make_changes(reader, text[position:])


def make_changes(reader: Reader, text: str) -> None:
    for name, old, new in CHANGE.findall(text.replace("\n", " ")):
        file = reader.folder / name
        source = file.read_text(encoding="utf-8")
        assert source.count(old) == 1
        file.write_text(source.replace(old, new), encoding="utf-8")


def receipts(reader: Reader) -> int:
    """How many different batches the first files were: one sent twice, and the three weeks."""
    ids = {
        re.findall(r"^id +(\w+)", out, re.MULTILINE)[0]
        for said, out in reader.printed
        if said.startswith("steek ingest")
    }
    return len(ids)


@pytest.mark.slow
@pytest.mark.covers("D3", "D4", "D5", "D6", "D11", "D12", "D13", "D14", "D15", "D18")
def test_a_messy_csv_becomes_a_trusted_dataset(reader: Reader) -> None:
    follow(reader, TRUSTED.read_text(encoding="utf-8"), int(PORT))
    assert "# TODO required: 2 of 57 rows have no value" in reader.output_of("steek contract infer")
    monday, *_, wednesday = (out for said, out in reader.printed if said.startswith("steek ingest"))
    assert counts(monday) == (42, 15)
    assert re.search(r"^state +committed$", wednesday, re.MULTILINE)
    assert re.search(r"^row_count +11\b", reader.output_of("steek quarantine replay"), re.MULTILINE)
    assert reader.output_of("steek quarantine list").count("\n") == 2
    assert reader.output_of("steek ingest sales tuesday.csv || echo").endswith("refused\n")
    assert reader.output_of("steek contract diff").startswith("compatible, 1 change")
    assert re.search(r"^state +held$", reader.output_of("steek ingest sales again.csv"), re.MULTILINE)
    assert "duplicate_batch: hold" in reader.output_of("steek feed verdicts")
    assert reader.output_of("steek ingest sales wednesday.csv || echo").endswith("refused, as it should be\n")
    assert "reports@example.org" in reader.output_of("steek contract proposal")
    assert "dataset:category_sales@1" in reader.output_of("steek lineage down")
    assert "•••" in reader.output_of("steek access rows")
    assert "closed" not in reader.output_of("steek access explain ana@example.org sales --purpose research")
    certificate = reader.output_of("steek erasure certificate")
    assert re.search(r"^searched .*\"found\": 0", certificate, re.MULTILINE)
    assert reader.output_of("steek erasure search") == "nothing yet\n"


@pytest.mark.slow
@pytest.mark.covers("N2", "O8", "I1", "I3", "I5", "I7", "I10", "I11", "I12", "P1", "P3", "P5")
def test_a_model_of_others_is_watched_and_its_incident_worked(reader: Reader) -> None:
    follow(reader, WATCHING.read_text(encoding="utf-8"), int(PORT))
    assert "slices = region" in reader.output_of("steek watch init")
    taken = reader.output_of("steek watch run")
    assert re.search(r"^predictions of store_sales: [\d,]+ new, 0 repeated, 0 unusable$", taken, re.MULTILINE)
    alerts = reader.output_of("steek alerts list --flat --open")
    assert re.search(r"mean answer by region +region=north ", alerts)
    assert re.search(r"observed against expected by region +region=north ", alerts)
    assert "south" not in alerts
    work_the_first_incident(reader)


def work_the_first_incident(reader: Reader) -> None:
    """The page that goes on where the one about watching ends."""
    follow(reader, INCIDENT.read_text(encoding="utf-8"), int(PORT))
    assert re.search(r"^ana@example.org +operations ", reader.output_of("steek oncall reachable"), re.MULTILINE)
    assert "5 open alerts, 1 partner complaint, 1 finance question" in reader.output_of("steek signal list")
    assert "The call reached ana@example.org." in reader.output_of("steek signal declare")
    assert reader.output_of("cat called.txt").endswith("Forecasts for the north are a hundred times too high\n")
    before, after = (out for said, out in reader.printed if said == "steek incident suspects $INCIDENT")
    assert "Nobody records what changes here; look outside too." in before
    assert re.match(r"1\. \d+%  binary: Release 5.1 of the forecaster\n", after)
    assert re.search(r"^money +0 to 40,000 EUR", reader.output_of("steek incident impact $INCIDENT"), re.MULTILINE)
    assert reader.output_of("steek incident resolve $INCIDENT --actor").endswith("not over yet\n")
    outside = reader.output_of("steek incident status")
    assert "wait for a check by hand" in outside
    assert not [word for word in ("store_sales", "ben@", "cents", "40,000") if word in outside]
    assert "watching" in reader.output_of("steek incident watch")
    assert "published" in reader.output_of("steek postmortem publish")
    assert "F-1" in reader.output_of("steek follow-up list")
    assert "Nothing here would stop" in reader.output_of("steek assess")


def counts(receipt: str) -> tuple[int, int]:
    """Accepted and quarantined rows of a printed receipt."""
    found = [re.search(rf"^{name}_rows +(\d+)$", receipt, re.MULTILINE) for name in ("accepted", "quarantined")]
    accepted, quarantined = (int(one.group(1)) for one in found if one)
    return accepted, quarantined
