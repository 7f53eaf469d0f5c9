"""How every command opens its project."""

import getpass
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from steek.governance import OPERATIONS, OWNER, calling
from steek.kernel.settings import find_project
from steek.platform import Platform, open_project


@contextmanager
def opened(project: Path | None) -> Generator[Platform]:
    """The opened project, for its owner at the terminal; new events are delivered to their subscribers at the end."""
    platform = open_project(find_project((project or Path.cwd()).resolve()))
    try:
        with calling(platform.access.actor(_user(), OPERATIONS, roles=(OWNER,))):
            yield platform
            platform.subscriptions.deliver()
    finally:
        platform.close()


def _user() -> str:
    """The user of this machine, or "owner" where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return OWNER
