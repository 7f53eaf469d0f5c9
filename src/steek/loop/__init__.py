"""Time: the nightly run as a durable workflow, its worker, and recovery after an outage.

Flows in: declarations and the services of the rooms below. Flows out: snapshots, trained models, verdicts,
deployments and evaluated monitors, each step finished exactly once however often the process dies.
"""

from steek.loop.housekeeping import Housekeeping, Planned
from steek.loop.nights import Night, Nights
from steek.loop.plan import CatchUp, catch_up_plan
from steek.loop.recovery import Recovery
from steek.loop.services import Services
from steek.loop.worker import Worker, WorkerClient
from steek.loop.workflow import NightWorkflow

__all__ = [
    "CatchUp",
    "Housekeeping",
    "Night",
    "NightWorkflow",
    "Nights",
    "Planned",
    "Recovery",
    "Services",
    "Worker",
    "WorkerClient",
    "catch_up_plan",
]
