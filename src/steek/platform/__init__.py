"""The wiring: opens a project, builds the services of every room, and holds the one table of subscriptions.

Flows in: a project's folder. Flows out: the frozen record of services that CLI, HTTP and console work with.
"""

from steek.platform.menu import mitigation_menu
from steek.platform.opening import open_project
from steek.platform.record import Platform
from steek.platform.serving import serving_app
from steek.platform.status import LoopStatus, loop_status
from steek.platform.subscriptions import subscriptions
from steek.platform.working import workflow_worker

__all__ = ["LoopStatus", "Platform", "loop_status", "mitigation_menu", "open_project", "serving_app", "subscriptions", "workflow_worker"]
