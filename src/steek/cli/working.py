"""Running workflows from a command: by the project's worker, or as the worker when there is none."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from steek.kernel.errors import BusyError
from steek.platform import Platform, workflow_worker


@contextmanager
def some_worker(platform: Platform) -> Generator[None]:
    """Make sure that a worker runs for the length of the block: the one of `steek up`, or this process."""
    with ExitStack() as stack:
        # Where another process is the worker already, it will take what this one asks for.
        with suppress(BusyError):
            stack.enter_context(workflow_worker(platform).running(quiet=True))
        yield


def run_workflow(platform: Platform, workflow: str, workflow_id: str, *arguments: Any) -> Any:
    """Run a workflow to its end and give back its result; the same id again gives the same result."""
    with some_worker(platform):
        platform.worker.start(workflow, workflow_id, *arguments)
        return platform.worker.result(workflow_id)
