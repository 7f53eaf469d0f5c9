"""The process that runs workflows, and the way others ask it to.

One worker per project runs at a time; when it starts it takes up what an earlier one left unfinished.
"""

import fcntl
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, WorkflowHandle, WorkflowStatus
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import OperationalError

from steek.kernel.clock import SystemClock
from steek.kernel.errors import BusyError, NotFoundError, ResourceError
from steek.kernel.settings import Settings
from steek.kernel.waiting import wait_until

_QUEUE = "steek"
# Part of each unfinished workflow's identity: a worker takes up only those of the same shape of steps.
_WORKFLOW_SHAPE = "3"
_POLL_S = 0.1
# A night that waits for traffic must not hold up what people start by hand.
_CONCURRENT = 4

_FAILED = frozenset({"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
# Between the id of a workflow and the number of a run after the first.
_AGAIN = " run "

Workflow = Callable[..., Any]

# What DBOS, of which a process has one, knows as workflows while a worker runs.
_registered: dict[str, Workflow] = {}


class Worker:
    """Runs the given workflows until closed.

    Args:
        settings: Of the project.
        workflows: Name to function; arguments and results are JSON values.
    """

    def __init__(self, settings: Settings, workflows: Mapping[str, Workflow]) -> None:
        self._settings = settings
        self._workflows = workflows

    @contextmanager
    def running(self, *, quiet: bool = False, wait_s: float = 0.0) -> Generator[None]:
        """Run the worker in threads of this process for the length of the block.

        Args:
            quiet: Leave a failed workflow's traceback out of the log, where its starter gets the error itself.
            wait_s: How long to wait while another process is the worker, as a command is for as long as it runs.

        Raises:
            BusyError: another process is this project's worker.
        """
        with _only_one(self._settings.data_path / "worker.lock", wait_s):
            DBOS(config=_configuration(self._settings, "CRITICAL" if quiet else "WARNING"))
            for name, function in self._workflows.items():
                _registered[name] = DBOS.workflow(name=name)(_plain(function))
            DBOS.launch()
            try:
                DBOS.register_queue(_QUEUE, worker_concurrency=_CONCURRENT, polling_interval_sec=_POLL_S)
                yield
            finally:
                DBOS.destroy(destroy_registry=True)
                _registered.clear()


def together(workflow: str, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """From inside a workflow: run several calls of another workflow at the same time; results in order of the calls.

    Each call is durable on its own; the first error is raised when the calls before it have ended.
    """
    handles = [DBOS.start_workflow(_registered[workflow], *arguments) for arguments in calls]
    return [handle.get_result() for handle in handles]


class WorkerClient:
    """Asks the worker, from any process, also before a worker ever ran.

    Raises:
        ResourceError: the workflow database does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        with _answering():
            _prepare(settings.workflow_database_url)
            self._client = DBOSClient(system_database_url=settings.workflow_database_url)

    def start(self, workflow: str, workflow_id: str, *arguments: Any) -> None:
        """Put a workflow into the worker's queue; the same id again is the same run, unless that failed.

        A run that failed is begun again from its first step: what its steps finished then is found by their keys.
        """
        latest = self._latest(workflow_id)
        if latest is not None and latest.status not in _FAILED:
            return
        run_id = workflow_id if latest is None else _next_run(workflow_id, latest.workflow_id)
        with _answering():
            self._client.enqueue({"queue_name": _QUEUE, "workflow_name": workflow, "workflow_id": run_id}, *arguments)

    def result(self, workflow_id: str) -> Any:
        """Wait for the result of a workflow's latest run; its error is raised here.

        Raises:
            NotFoundError: it was never started.
        """
        latest = self._latest(workflow_id)
        if latest is None:
            message = f"no workflow {workflow_id!r} was ever started"
            raise NotFoundError(message)
        handle: WorkflowHandle[Any] = self._client.retrieve_workflow(latest.workflow_id)
        return handle.get_result(polling_interval_sec=_POLL_S)

    def status(self, workflow_id: str) -> str | None:
        """PENDING, ENQUEUED, SUCCESS, ERROR, CANCELLED, or None when it was never started."""
        return self.outcome(workflow_id)[0]

    def outcome(self, workflow_id: str) -> tuple[str | None, str | None]:
        """Status, and the message of the error that ended the latest run; (None, None) when it was never started."""
        latest = self._latest(workflow_id)
        if latest is None:
            return None, None
        return latest.status, None if latest.error is None else str(latest.error)

    def _latest(self, workflow_id: str) -> WorkflowStatus | None:
        with _answering():
            first = self._client.list_workflows(workflow_ids=[workflow_id])
        if not first or first[0].status not in _FAILED:
            return first[0] if first else None
        again = self._client.list_workflows(workflow_id_prefix=f"{workflow_id}{_AGAIN}")
        runs = [run for run in again if run.workflow_id.removeprefix(f"{workflow_id}{_AGAIN}").isdecimal()]
        return max([first[0], *runs], key=lambda run: _run_number(workflow_id, run.workflow_id))

    def close(self) -> None:
        self._client.destroy()


def _prepare(database_url: str) -> None:
    """Make the tables of a workflow database that no worker has used yet."""
    engine = create_engine(database_url)
    try:
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        is_new = not inspect(engine).has_table("workflow_status", schema=schema)
    finally:
        engine.dispose()
    if is_new:
        DBOS.migrate(database_url)


@contextmanager
def _answering() -> Generator[None]:
    try:
        yield
    except OperationalError as cause:
        message = f"the workflow database does not answer: {cause.orig}"
        raise ResourceError(message, next_step="Check its disk and its address, then try again.") from cause


def _run_number(workflow_id: str, run_id: str) -> int:
    return 1 if run_id == workflow_id else int(run_id.removeprefix(f"{workflow_id}{_AGAIN}"))


def _next_run(workflow_id: str, run_id: str) -> str:
    return f"{workflow_id}{_AGAIN}{_run_number(workflow_id, run_id) + 1}"


def _plain(function: Workflow) -> Workflow:
    """A function of its own for each workflow: DBOS writes attributes on it, which a bound method refuses."""

    def run(*arguments: Any) -> Any:
        return function(*arguments)

    return run


@contextmanager
def _only_one(lock_path: Path, wait_s: float) -> Generator[None]:
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    with lock_path.open("w") as lock:
        if not wait_until(lambda: _locked(lock.fileno()), SystemClock(), timeout_s=wait_s):
            message = "another process already runs this project's workflows"
            raise BusyError(message, next_step="Use it, or stop it first ('steek up' starts one).")
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _configuration(settings: Settings, log_level: str) -> DBOSConfig:
    return {
        "name": "steek",
        "system_database_url": settings.workflow_database_url,
        "executor_id": "worker",
        "application_version": _WORKFLOW_SHAPE,
        "log_level": log_level,
    }
