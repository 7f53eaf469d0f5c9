"""The wiring: opens a project, builds the services of every room, and holds the one table of subscriptions.

Flows in: a project's folder. Flows out: the frozen record of services that CLI, HTTP and console work with.
"""

from steek.platform.access import Rows, explain_access, read_rows
from steek.platform.alerting import alert_picture
from steek.platform.contracts import (
    ContractLine,
    LabelsSummary,
    contract_lines,
    declared_contract,
    draft_contract,
    labels_affected,
    labels_summary,
    put_labels,
)
from steek.platform.deploying import deploy_version
from steek.platform.emergency import person_asking, read_in_emergency
from steek.platform.feeding import read_series_file, series_values
from steek.platform.finding import find_definition, find_derived
from steek.platform.looking import (
    DatasetFacts,
    DatasetLine,
    dataset_arrival,
    dataset_facts,
    dataset_lines,
    last_days,
    looking,
)
from steek.platform.measuring import measure_again, measure_due
from steek.platform.menu import MitigationLine, mitigation_lines, mitigation_menu
from steek.platform.opening import open_project
from steek.platform.preparing import ActionLine, Preparation, preparation, preparations, sampling_costs
from steek.platform.privacy import check_export
from steek.platform.process_facts import note_process
from steek.platform.record import Platform
from steek.platform.serving import serving_app
from steek.platform.status import LoopStatus, loop_status
from steek.platform.subscriptions import subscriptions
from steek.platform.targets import rollback_target
from steek.platform.watching import Watched, monitors_of_watched, watch
from steek.platform.working import workflow_worker

__all__ = [
    "ActionLine",
    "ContractLine",
    "DatasetFacts",
    "DatasetLine",
    "LabelsSummary",
    "LoopStatus",
    "MitigationLine",
    "Platform",
    "Preparation",
    "Rows",
    "Watched",
    "alert_picture",
    "check_export",
    "contract_lines",
    "dataset_arrival",
    "dataset_facts",
    "dataset_lines",
    "declared_contract",
    "deploy_version",
    "draft_contract",
    "explain_access",
    "find_definition",
    "find_derived",
    "labels_affected",
    "labels_summary",
    "last_days",
    "looking",
    "loop_status",
    "measure_again",
    "measure_due",
    "mitigation_lines",
    "mitigation_menu",
    "monitors_of_watched",
    "note_process",
    "open_project",
    "person_asking",
    "preparation",
    "preparations",
    "put_labels",
    "read_in_emergency",
    "read_rows",
    "read_series_file",
    "rollback_target",
    "sampling_costs",
    "series_values",
    "serving_app",
    "subscriptions",
    "watch",
    "workflow_worker",
]
