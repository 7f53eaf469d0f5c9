"""Watching the loop: indicators measured per window and slice, thresholds from their own past, alerts.

Flows in: what the rooms below stored (volumes, joins, predictions, outcomes, evaluations, routes), and incidents.
Flows out: points for charts, a state for each monitor, and alerts as events.
"""

from steek.monitoring.alerting.evidence_chart import evidence_picture
from steek.monitoring.alerting.explaining import Explaining
from steek.monitoring.alerting.groups import AlertGroup
from steek.monitoring.alerting.inbox import AlertInbox, InboxOptions
from steek.monitoring.alerting.noise import NoiseReport, RuleNoise
from steek.monitoring.alerting.silences import Silence
from steek.monitoring.alerting.stories import AlertStory, GroupLine, GroupStory
from steek.monitoring.alerting.verdicts import AlertVerdict
from steek.monitoring.alerts import TRANSITIONS, Alert
from steek.monitoring.attribution.attributions import Attributions
from steek.monitoring.attribution.movers import Mover, first_movers
from steek.monitoring.attribution.questions import Question, parse_slices
from steek.monitoring.attribution.slices import SliceLine, SliceOrder, SliceTable, read_slice_points, read_slices
from steek.monitoring.attribution.stored import Attributed
from steek.monitoring.defaults import Defaults, default_monitors
from steek.monitoring.evaluating import EvaluationOptions
from steek.monitoring.exploring import Explored, MonitorFilter
from steek.monitoring.incident_events import INCIDENT_KINDS
from steek.monitoring.indicators import (
    FeedReceipt,
    MonitorHealth,
    OutsideSeries,
    SeriesValue,
    Sources,
    calibration_error,
    canary_share,
    candidate_unavailable_share,
    column_mean,
    column_quantile,
    data_age,
    distinct,
    drift,
    expected_vs_observed,
    fallback_share,
    feature_skew,
    freshness,
    golden_age,
    golden_change,
    indicator,
    join_against_expected,
    join_matched,
    latency,
    model_age,
    new_slices,
    non_finite_share,
    null_share,
    outcome_hit_rate,
    outside_series,
    prediction_mean,
    prediction_statistic,
    queue_age,
    recommendations_per_page,
    training_backlog,
    training_rate,
    vanished_slices,
    volume,
)
from steek.monitoring.monitor import IndicatorSpec, Monitor
from steek.monitoring.monitoring import Monitoring
from steek.monitoring.objectives import slis
from steek.monitoring.objectives.counting import Readings
from steek.monitoring.objectives.objective import BudgetPolicy, Burn, Objective, PolicyStep
from steek.monitoring.objectives.objectives import Objectives
from steek.monitoring.objectives.views import ObjectiveState, ObjectiveStory
from steek.monitoring.points import Point
from steek.monitoring.profiles.comparing import ColumnChange
from steek.monitoring.profiles.profile import ColumnSummary, Profile
from steek.monitoring.profiles.profiles import Profiles
from steek.monitoring.profiles.spec import Profiled
from steek.monitoring.series import Series
from steek.monitoring.states import MonitorState
from steek.monitoring.thresholds.back_test import BackTest, Firing
from steek.monitoring.thresholds.calendar import EXPECTED_KINDS
from steek.monitoring.thresholds.declared import ExplicitThreshold, LearnedThreshold, explicit, learned
from steek.monitoring.watching.declared import WatchedModel, from_delta, from_files, from_query
from steek.monitoring.watching.watching import Watching, WatchRun, WatchState
from steek.monitoring.wording import slice_words

__all__ = [
    "EXPECTED_KINDS",
    "INCIDENT_KINDS",
    "TRANSITIONS",
    "Alert",
    "AlertGroup",
    "AlertInbox",
    "AlertStory",
    "AlertVerdict",
    "Attributed",
    "Attributions",
    "BackTest",
    "BudgetPolicy",
    "Burn",
    "ColumnChange",
    "ColumnSummary",
    "Defaults",
    "EvaluationOptions",
    "Explaining",
    "ExplicitThreshold",
    "Explored",
    "FeedReceipt",
    "Firing",
    "GroupLine",
    "GroupStory",
    "InboxOptions",
    "IndicatorSpec",
    "LearnedThreshold",
    "Monitor",
    "MonitorFilter",
    "MonitorHealth",
    "MonitorState",
    "Monitoring",
    "Mover",
    "NoiseReport",
    "Objective",
    "ObjectiveState",
    "ObjectiveStory",
    "Objectives",
    "OutsideSeries",
    "Point",
    "PolicyStep",
    "Profile",
    "Profiled",
    "Profiles",
    "Question",
    "Readings",
    "RuleNoise",
    "Series",
    "SeriesValue",
    "Silence",
    "SliceLine",
    "SliceOrder",
    "SliceTable",
    "Sources",
    "WatchRun",
    "WatchState",
    "WatchedModel",
    "Watching",
    "calibration_error",
    "canary_share",
    "candidate_unavailable_share",
    "column_mean",
    "column_quantile",
    "data_age",
    "default_monitors",
    "distinct",
    "drift",
    "evidence_picture",
    "expected_vs_observed",
    "explicit",
    "fallback_share",
    "feature_skew",
    "first_movers",
    "freshness",
    "from_delta",
    "from_files",
    "from_query",
    "golden_age",
    "golden_change",
    "indicator",
    "join_against_expected",
    "join_matched",
    "latency",
    "learned",
    "model_age",
    "new_slices",
    "non_finite_share",
    "null_share",
    "outcome_hit_rate",
    "outside_series",
    "parse_slices",
    "prediction_mean",
    "prediction_statistic",
    "queue_age",
    "read_slice_points",
    "read_slices",
    "recommendations_per_page",
    "slice_words",
    "slis",
    "training_backlog",
    "training_rate",
    "vanished_slices",
    "volume",
]
