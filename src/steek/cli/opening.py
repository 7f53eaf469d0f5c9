"""How every command opens its project."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from steek.kernel.settings import find_project
from steek.platform import Platform, open_project


@contextmanager
def opened(project: Path | None) -> Generator[Platform]:
    """The opened project; new events are delivered to their subscribers at the end."""
    platform = open_project(find_project((project or Path.cwd()).resolve()))
    try:
        yield platform
        platform.subscriptions.deliver()
    finally:
        platform.close()
