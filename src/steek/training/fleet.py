"""Assembling a trained fleet from what was fitted now and what is carried over from an earlier version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steek.kernel.errors import NotFoundError, RefusedError
from steek.models import MemberFacts, Registry, TrainedModel, pack
from steek.training.fleet_fit import MemberFit

# Names listed in a report; an event must stay small when a whole fleet is carried over.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class AssembledFleet:
    """The bundle, and what is said of it."""

    data: bytes
    format: str
    members: int
    report: dict[str, Any]


def assemble(
    fits: Sequence[MemberFit],
    *,
    registry: Registry,
    base: TrainedModel | None,
    only: Sequence[str] | None,
    data_until: datetime,
    feature_names: tuple[str, ...],
) -> AssembledFleet:
    """Bundle the fitted members with all members of `base` that were not fitted now.

    Raises:
        RefusedError: no member was fitted.
        NotFoundError: a member of `only` has neither rows nor a model.
    """
    fitted = {fit.member: fit for fit in fits if fit.model is not None}
    models = {member: fit.model for member, fit in fitted.items() if fit.model is not None}
    if not models:
        message = f"none of {len(fits)} members could be fitted: {_why(fits)}"
        raise RefusedError(message, next_step="The last good version stays. Look at the joins of its datasets.")
    artifacts = {member: model.data for member, model in models.items()}
    facts = {member: MemberFacts(fitted[member].rows, data_until) for member in models}
    format = next(iter(models.values())).format
    carried = _carry(registry, base, fitted=models, feature_names=feature_names, format=format)
    for member, (data, known) in carried.items():
        artifacts[member], facts[member] = data, known
    _refuse_unknown(only, artifacts, fits)
    return AssembledFleet(pack(artifacts, facts), format, len(artifacts), _report(fits, carried, base))


def _carry(
    registry: Registry,
    base: TrainedModel | None,
    *,
    fitted: Mapping[str, object],
    feature_names: tuple[str, ...],
    format: str,
) -> dict[str, tuple[bytes, MemberFacts]]:
    # A fleet shares one signature: members of another one cannot be served beside these.
    if base is None or base.members is None or (base.feature_names, base.format) != (feature_names, format):
        return {}
    bundle = registry.bundle(base)
    carried: dict[str, tuple[bytes, MemberFacts]] = {}
    for member in bundle.names():
        if member in fitted:
            continue
        known = bundle.facts(member) or MemberFacts(0, base.data_until)
        origin = base.version if known.carried_from is None else known.carried_from
        carried[member] = (bundle.get(member), MemberFacts(known.rows, known.data_until, origin))
    return carried


def _refuse_unknown(only: Sequence[str] | None, known: Mapping[str, object], fits: Sequence[MemberFit]) -> None:
    missing = sorted(set(only or ()) - set(known) - {fit.member for fit in fits})
    if missing:
        raise NotFoundError.among("fleet member", missing[0], sorted(known)[:_LISTED])


def _why(fits: Sequence[MemberFit]) -> str:
    few = sum(fit.outcome == "too_few_rows" for fit in fits)
    refused = next((fit.reason for fit in fits if fit.reason is not None), None)
    return f"{few} have too few rows" + (f"; one was refused because {refused}" if refused else "")


def _report(fits: Sequence[MemberFit], carried: Mapping[str, object], base: TrainedModel | None) -> dict[str, Any]:
    unfitted = [fit for fit in fits if fit.model is None]
    lost = sorted(fit.member for fit in unfitted if fit.member not in carried)
    refused = {fit.member: fit.reason for fit in unfitted if fit.reason is not None}
    return {
        "fitted": len(fits) - len(unfitted),
        "carried": len(carried),
        "carried_from": base.version if base is not None and carried else None,
        "too_few_rows": sum(fit.outcome == "too_few_rows" for fit in unfitted),
        "refused": dict(sorted(refused.items())[:_LISTED]),
        "refused_members": len(refused),
        "without_model": lost[:_LISTED],
        "without_model_members": len(lost),
    }
