"""What contracts need of a change freeze, which lives in a room above."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from sqlalchemy import Connection


class ChangeControl(Protocol):
    """Says whether a change may be made now, and writes down what it refuses."""

    def admit(self, connection: Connection, subject: str, action: str, what: str, *, actor: str, key: str) -> None:
        """Return when it may, in the transaction that makes the change; FrozenError otherwise."""
        ...

    def keeping(self, subject: str, action: str, what: str, *, actor: str, key: str) -> AbstractContextManager[None]:
        """Around that transaction: what was refused within is written down once."""
        ...


class NoControl:
    """Holds nothing, where there are no incidents."""

    def admit(self, connection: Connection, subject: str, action: str, what: str, *, actor: str, key: str) -> None:
        """Let it through."""

    def keeping(
        self,
        subject: str,  # noqa: ARG002
        action: str,  # noqa: ARG002
        what: str,  # noqa: ARG002
        *,
        actor: str,  # noqa: ARG002
        key: str,  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        """Nothing is refused, so nothing is written."""
        return nullcontext()
