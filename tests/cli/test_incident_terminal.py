"""An incident at the terminal: what is read there at night, and what two people decide at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from steek.cli import incident, signal
from steek.kernel.errors import StaleWriteError

Steek = Callable[..., str]


@pytest.fixture(scope="module")
def steek(tmp_path_factory: pytest.TempPathFactory) -> Steek:
    """Runs one verb in this process and gives what it prints."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "steek.toml").write_text('name = "night"\n')
    commands = {**incident.COMMANDS, **signal.COMMANDS}

    def run(noun: str, *words: str) -> str:
        done = CliRunner().invoke(commands[noun], [*words, "--project", str(folder)], catch_exceptions=True)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def declared(steek: Steek, title: str) -> Any:
    return json.loads(steek("incident", "declare", title, "--on", "model:till", "--severity", "sev2", "--json"))


@pytest.mark.covers("I2", "I3")
def test_who_decides_second_at_the_terminal_is_told_who_did_what(steek: Steek) -> None:
    one, other = declared(steek, "no orders"), declared(steek, "no orders either")
    found, seen = one["id"], ("--seen", str(one["version"]))
    steek("incident", "assign", found, "commander", "ada", *seen, "--actor", "ada")
    late = [
        ("assign", found, "commander", "bo"),
        ("act", found, "post-notice", "--with", "text=wait"),
        ("advance", found, "investigate"),
        ("resolve", found, "--no-verify", "--reason", "over"),
        ("severity", found, "sev1", "--reason", "worse"),
        ("system", found, "model:other", "--reason", "too"),
        ("merge", found, "--into", other["id"], "--reason", "same"),
        ("hand-over", found, "commander", "kim", "--summary", "what is known"),
        ("take", found, "operations", "--reason", "nobody"),
    ]
    for words in late:
        with pytest.raises(StaleWriteError, match="changed by ada while you were looking.*since then ada: ada is comm"):
            steek("incident", *words, *seen, "--actor", "bo")
    now = json.loads(steek("incident", "show", found, "--json"))
    assert (now["version"], now["roles"], now["severity"]) == (one["version"] + 1, {"commander": "ada"}, "sev2")
