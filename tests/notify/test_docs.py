"""What the documentation shows works as it stands there."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.notify.receiving_end import Receiver

from steek.kernel.target_tables import read_targets
from steek.notify import open_notifier, open_targets, read_target
from steek.testing.notifier import notice

PAGE = (Path(__file__).parent.parent.parent / "docs" / "notices.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.covers("O11")
def test_the_receiver_of_the_page_tells_genuine_webhooks_from_others(receiver: Receiver) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    is_from_steek: Callable[..., bool] = names["is_from_steek"]
    hook = open_notifier(read_target("t", {"kind": "webhook", "url": receiver.url, "secret": "s3cret"}))
    sent = notice("open")
    hook.send(sent, key="k", at=sent.at)
    (request,) = receiver.requests
    now_s = sent.at.timestamp()
    assert is_from_steek(request.headers, request.body, "s3cret", now_s)
    assert not is_from_steek(request.headers, request.body + b" ", "s3cret", now_s)
    assert not is_from_steek(request.headers, request.body, "other", now_s)
    assert not is_from_steek(request.headers, request.body, "s3cret", now_s + 301)


@pytest.mark.covers("O11", "N3")
def test_the_targets_of_the_page_are_valid_and_their_variables_are_secrets() -> None:
    tables = read_targets(tomllib.loads(block("toml"))["notify"], {"PAGERDUTY_KEY": "hunter2"})
    opened = open_targets(tables)
    assert list(opened.targets) == ["night", "room", "alertmanager", "tickets"]
    assert "hunter2" not in f"{tables} {opened}"
    opened.close()
