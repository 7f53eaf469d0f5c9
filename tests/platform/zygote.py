"""Runs commands of steek, each in a process of its own that is forked after the imports.

A line of JSON in says what to run, a line out how it ended. Nothing of a project is imported before the fork, so
every command starts as fresh as `python -m steek` does, only without waiting for the libraries again.
"""

import importlib
import json
import os
import resource
import sys
import traceback
from typing import Any

from steek.cli import main
from steek.cli.root import NOUNS


def run(order: dict[str, Any]) -> int:
    """Fork, become the command, and give back its exit status."""
    child = os.fork()
    if child == 0:
        os._exit(become(order))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def become(order: dict[str, Any]) -> int:
    """Be the command until it ends."""
    for number, path in ((1, order["stdout"]), (2, order["stderr"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if order["most_file_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["most_file_bytes"], order["most_file_bytes"]))
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    sys.argv = ["steek", *order["words"]]
    try:
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:  # noqa: BLE001 - a crash ends as in any interpreter
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    for module in {module for module, _ in NOUNS.values()}:
        importlib.import_module(f"steek.cli.{module}")
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)
