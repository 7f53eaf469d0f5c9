"""The worker of an opened project, with every workflow it can run."""

from steek.loop import NightWorkflow, Worker
from steek.platform.record import Platform


def workflow_worker(platform: Platform) -> Worker:
    """The worker; it runs nothing before its `running`."""
    night = NightWorkflow(platform.loop, platform.nights)
    return Worker(platform.settings, {**night.workflows(), **platform.recovery.workflows()})
