"""Targets and their notifiers from settings, through the door that strangers' notifiers use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from steek.kernel.plugins import load_plugin
from steek.notify.ports import Notifier
from steek.notify.targets import Target, read_target


@dataclass(frozen=True, slots=True)
class OpenTargets:
    """All targets of a project and how each is told, by name, in the order of steek.toml."""

    targets: Mapping[str, Target]
    notifiers: Mapping[str, Notifier]

    def close(self) -> None:
        """Let go of every connection."""
        for notifier in self.notifiers.values():
            notifier.close()


def open_targets(tables: Mapping[str, Mapping[str, object]]) -> OpenTargets:
    """Read every table and make its notifier; nothing is connected to yet.

    Raises:
        SettingsError: a value is missing, of the wrong form, or understood by nobody.
        NotFoundError: no notifier of that kind is installed; the message lists those that are.
    """
    targets = {name: read_target(name, table) for name, table in tables.items()}
    return OpenTargets(targets, {name: open_notifier(target) for name, target in targets.items()})


def open_notifier(target: Target) -> Notifier:
    """The notifier of a target, whose options must all be understood."""
    make = cast("Callable[[Target], Notifier]", load_plugin("notifier", target.kind))
    notifier = make(target)
    target.options.done()
    return notifier
