"""Changes of an objective as events, with the words of an alert, so that incidents, notices and pagers hear of them."""

from steek.ledger import Draft
from steek.monitoring.monitor import Severity
from steek.monitoring.objectives.lifecycle import Phase
from steek.monitoring.objectives.objective import Objective
from steek.monitoring.objectives.rows import Episode
from steek.monitoring.objectives.standing import Standing
from steek.monitoring.objectives.wording import trouble_text

ACTOR = "steek"
_MONITOR_CHARACTERS = 120
TROUBLE = ("objective.burning", "objective.exhausted", "objective.unmeasured")


def severity_of(objective: Objective, phase: Phase) -> Severity:
    """A fast burn or a spent budget of an objective that pages wakes somebody; the rest is a ticket."""
    declared = declares(objective, phase)
    if declared is not None:
        return declared
    return "sev2" if objective.purpose == "page" and phase in {"fast_burn", "exhausted"} else "sev3"


def declares(objective: Objective, phase: Phase) -> Severity | None:
    """Severity of the incident that this phase declares by itself; None for none."""
    return objective.declare if phase in {"fast_burn", "exhausted"} else None


def told(kind: str, objective: Objective, episode: Episode, standing: Standing) -> Draft:
    """The event of a change; `objective.recovered` says why it is over."""
    identity: dict[str, object] = {
        "alert": episode.id,
        # Told apart from a monitor of the same name.
        "monitor": f"objective {objective.name}"[:_MONITOR_CHARACTERS],
        "objective": objective.name,
        "slice": objective.slice,
        "purpose": objective.purpose,
        "owner": objective.owner,
    }
    if kind not in TROUBLE:
        reason = {"reason": f"{standing.sight_reason}; {standing.reason}"}
        return Draft(kind, episode.subject, ACTOR, {**identity, **reason, "budget": _budget(standing)})
    payload = {
        **identity,
        "text": trouble_text(objective, standing),
        "window": {"start_at": episode.onset.start_at, "end_at": episode.onset.end_at},
        "value": standing.tally.share,
        "lower": objective.target,
        "upper": None,
        "unit": "fraction",
        "onset": {"earliest_at": episode.onset.start_at, "latest_at": episode.onset.end_at},
        "severity": episode.severity,
        "declare": declares(objective, episode.phase),
        "opened_at": episode.opened_at,
        "evidence": _evidence(standing),
        "budget": _budget(standing),
        "policy": _policy(objective, standing),
    }
    return Draft(kind, episode.subject, ACTOR, payload)


def _budget(standing: Standing) -> dict[str, object]:
    return {
        "allowed": standing.budget.allowed,
        "spent": standing.budget.spent,
        "left_fraction": standing.budget.left_fraction,
        "events": standing.tally.total,
    }


def _evidence(standing: Standing) -> dict[str, object]:
    rules: list[dict[str, object]] = [
        {
            "pace": one.rule.pace,
            "long_slots": one.rule.long,
            "short_slots": one.rule.short,
            "rate": one.rule.rate,
            "long_rate": one.long_rate,
            "short_rate": one.short_rate,
            "seen": one.seen,
        }
        for one in standing.looks
    ]
    return {"reason": standing.sight_reason, "verdict": standing.verdict.value, "rules": rules}


def _policy(objective: Objective, standing: Standing) -> dict[str, object] | None:
    """What was agreed to do now, so that whoever is told need not look for it."""
    policy = objective.policy
    if policy is None:
        return None
    steps = [step.then for step in policy.reached(standing.budget.left_fraction)]
    return {"now": steps, "agreed_by": list(policy.agreed_by), "document": policy.document}
