"""What the table of one target says, read strictly."""

from collections.abc import Mapping, Sequence
from typing import cast

from steek.kernel.errors import SettingsError, describe_unknown
from steek.kernel.secret import Secret, without_secrets


class Options:
    """Values of one table; each is taken once by who understands it, and what nobody takes is an error.

    Args:
        where: Name of the table, for messages.
        table: Its content.
    """

    def __init__(self, where: str, table: Mapping[str, object]) -> None:
        self.where = where
        self._table = dict(table)
        self._known: list[str] = []
        self._secrets = [value for value in table.values() if isinstance(value, Secret)]

    def __repr__(self) -> str:
        return f"Options({self.where})"

    def text(self, name: str, default: str | None = None, *, allowed: Sequence[str] = ()) -> str:
        """A text that may be shown.

        Raises:
            SettingsError: it is missing, no text, a reference to the environment, or not among those allowed.
        """
        value = self._take(name, default)
        if not isinstance(value, str) or (allowed and value not in allowed):
            told = f"one of {', '.join(allowed)}" if allowed else "a text"
            raise self._wrong(name, value, told)
        return value

    def secret(self, name: str) -> Secret:
        """A text that is never shown. Raises SettingsError when it is missing or no text."""
        value = self._take(name, None)
        if isinstance(value, str) and value:
            value = Secret(value)
            self._secrets.append(value)
        if not isinstance(value, Secret):
            raise self._wrong(name, value, "a text, or env:NAME for the variable that holds it")
        return value

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number within bounds. Raises SettingsError when it is something else."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self._wrong(name, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def texts(self, name: str, default: Sequence[str], *, allowed: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of texts. Raises SettingsError when it is something else, empty, or one is not among those allowed."""
        value = self._take(name, list(default))
        items = cast("list[object]", value) if isinstance(value, list) else []
        if not items or any(not isinstance(item, str) or (allowed and item not in allowed) for item in items):
            raise self._wrong(name, cast("object", value), f"a list of {', '.join(allowed) or 'texts'}")
        return tuple(str(item) for item in items)

    def done(self) -> None:
        """Raises SettingsError when something is left that nobody took."""
        for name in self._table:
            if name not in self._known:
                message, hint = describe_unknown(f"option of {self.where}", name, self._known)
                raise SettingsError(message, next_step=hint)

    def hide(self, text: str) -> str:
        """The text without the secrets of this table."""
        return without_secrets(text, self._secrets)

    def _take(self, name: str, default: object) -> object:
        self._known.append(name)
        value = self._table.get(name, default)
        if value is None:
            message = f"{self.where} lacks {name}"
            raise SettingsError(message, next_step=f"Write {name} = ... into that table of steek.toml.")
        return value

    def _wrong(self, name: str, value: object, allowed: str) -> SettingsError:
        # The value is not told: it may be a secret in the wrong place.
        return SettingsError(f"{self.where}: {name} must be {allowed}, not this {type(value).__name__}")
