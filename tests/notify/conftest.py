"""Somebody to tell."""

from collections.abc import Iterator

import pytest
from tests.notify.receiving_end import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one
