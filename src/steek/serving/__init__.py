"""Serving: which trained model answers whom, the process that answers, and the log of what it answered.

Flows in: trained models from the registry, the gate's verdicts from the ledger, features from the online store,
requests over HTTP. Flows out: answers; the lake table "predictions"; route changes and fallbacks as events.
The server (`steek.serving.app`, `steek.serving.server`) and its client (`steek.serving.client`) are imported by
those who run or ask one, because they bring an HTTP stack with them.
"""

from steek.serving.canary import judge_canary
from steek.serving.collection import Collection, PredictionCollector
from steek.serving.prediction_log import PredictionLog
from steek.serving.prediction_record import PREDICTIONS, PredictionRecord
from steek.serving.replicas import Replica, live_replicas
from steek.serving.rollout import TRANSITIONS, RolloutAction, RolloutState, state_of
from steek.serving.routes import Routes
from steek.serving.types import CanaryDecision, Route, RouteChange, RouteStats

__all__ = [
    "PREDICTIONS",
    "TRANSITIONS",
    "CanaryDecision",
    "Collection",
    "PredictionCollector",
    "PredictionLog",
    "PredictionRecord",
    "Replica",
    "RolloutAction",
    "RolloutState",
    "Route",
    "RouteChange",
    "RouteStats",
    "Routes",
    "judge_canary",
    "live_replicas",
    "state_of",
]
