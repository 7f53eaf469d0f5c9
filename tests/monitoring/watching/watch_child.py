"""Runs the watched model of a project once; started by a test that kills it."""

import sys
from pathlib import Path

from steek.platform import open_project

if __name__ == "__main__":
    with_project = open_project(Path(sys.argv[1]))
    for name in with_project.watching.models:
        with_project.watching.run(name, actor="a@b")
    with_project.close()
