"""The one part of steek.toml that is not flat: a table for each system that notices go to."""

from collections.abc import Mapping
from typing import cast

from steek.kernel.errors import SettingsError, describe_unknown
from steek.kernel.secret import secret_of

_FORM = "Write [notify.targets.NAME] with kind = and what that kind takes."


def read_targets(notify: object, variables: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The tables below `[notify.targets]` by name; texts of the form `env:NAME` have become secrets.

    Raises:
        SettingsError: something else stands in `[notify]`, or a target is no table.
    """
    for name in _table("notify", notify):
        if name != "targets":
            message, hint = describe_unknown("table in [notify]", name, ["targets"])
            raise SettingsError(message, next_step=hint or _FORM)
    targets = _table("notify.targets", _table("notify", notify).get("targets", {}))
    return {name: _with_secrets(f"notify.targets.{name}", table, variables) for name, table in targets.items()}


def _with_secrets(where: str, table: object, variables: Mapping[str, str]) -> dict[str, object]:
    return {
        name: secret_of(value, variables) if isinstance(value, str) and value.startswith("env:") else value
        for name, value in _table(where, table).items()
    }


def _table(where: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        message = f"{where} in steek.toml must be a table, not {type(value).__name__}"
        raise SettingsError(message, next_step=_FORM)
    return cast("dict[str, object]", value)
