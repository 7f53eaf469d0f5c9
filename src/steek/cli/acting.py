"""Doing something either as an action of an incident or on its own."""

from collections.abc import Mapping
from typing import Any

from steek.cli.working import run_workflow, some_worker
from steek.incidents import Outcome
from steek.kernel.errors import RefusedError
from steek.platform import Platform


def act_or_run(
    platform: Platform,
    incident: str | None,
    *,
    mitigation: str,
    arguments: Mapping[str, object],
    workflow: tuple[Any, ...],
    key: str,
    actor: str,
) -> Any:
    """Run the workflow; with an incident, as the mitigation of its menu that runs the same."""
    if incident is None:
        name, *given = workflow
        return run_workflow(platform, name, f"{name}:{key}", *given)
    with some_worker(platform):
        return act(platform, incident, mitigation, arguments, key=key, actor=actor)


def act(
    platform: Platform,
    incident: str,
    mitigation: str,
    arguments: Mapping[str, object],
    *,
    key: str,
    actor: str,
    expected_version: int | None = None,
) -> Mapping[str, object]:
    """Execute a mitigation from an incident; its result.

    Raises:
        RefusedError: it was tried and failed; the incident's timeline holds the attempt.
    """
    taken = platform.incidents.act(incident, mitigation, arguments, actor, key=key, expected_version=expected_version)
    if taken.outcome is Outcome.FAILED:
        message = f"{mitigation} failed: {taken.error}"
        raise RefusedError(message, next_step="The attempt is in the incident's timeline; choose another mitigation.")
    return taken.result
