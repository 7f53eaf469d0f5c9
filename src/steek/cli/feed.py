"""`steek feed`: what the checks say of each batch, and batches that wait for a person."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from steek.cli.commands import group
from steek.cli.opening import opened
from steek.cli.options import ActorOption, JsonOption, KeyOption, ProjectOption, actor_or_user, key_or_new
from steek.cli.output import show
from steek.data import FEED_CHECKS, JudgedBatch
from steek.data.validation.feed.checks import HELD_BY_PEOPLE_ASKS
from steek.platform import dataset_arrival

WhyOption = Annotated[str, typer.Option("--reason", help="What you found out about it.")]
_BATCH_COLUMNS = ("arrived_at", "dataset", "rows", "standing", "verdict", "unusual", "receipt_id")


def verdicts(
    receipt_id: str,
    explain: Annotated[bool, typer.Option("--explain", help="Also what each check asks, and its evidence.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """What each check said of a batch, compared with the good batches before it."""
    with opened(project) as platform:
        batch = platform.feed.verdicts(receipt_id)
        decision = platform.feed.decision(receipt_id)
        if as_json:
            show({"batch": batch, "decision": decision, "asks": FEED_CHECKS if explain else None}, as_json=True)
            return
        show(_line(batch), as_json=False, columns=_BATCH_COLUMNS)
        if explain:
            for said in batch.verdicts:
                asks = FEED_CHECKS.get(said.check, HELD_BY_PEOPLE_ASKS)
                typer.echo(f"\n{said.check}: {said.verdict}\n  {asks}\n  {said.evidence}.")
        else:
            show(list(batch.verdicts), as_json=False, columns=("check", "verdict", "value", "expected"))
        if decision is not None:
            typer.echo(f"\n{decision.action} by {decision.actor} at {decision.at}: {decision.reason}")


def held(
    dataset: Annotated[str | None, typer.Argument(help="Of one dataset; by default of all.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Batches that wait for a person."""
    with opened(project) as platform:
        found = platform.feed.held(dataset)
        show(found if as_json else [_line(one) for one in found], as_json=as_json, columns=_BATCH_COLUMNS)


def release(
    receipt_id: str,
    reason: WhyOption,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a held batch in."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        decision = platform.feed.release(receipt_id, actor=by, reason=reason, key=name)
        platform.ingestion.drain(decision.dataset)
        show(decision, as_json=as_json)


def reject(
    receipt_id: str,
    reason: WhyOption,
    key: KeyOption = None,
    actor: ActorOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a held batch away; its rows stay in quarantine."""
    with opened(project) as platform:
        by, name = actor_or_user(actor), key_or_new(key)
        decision = platform.feed.reject(receipt_id, actor=by, reason=reason, key=name)
        platform.ingestion.drain(decision.dataset)
        show(decision, as_json=as_json)


def quality(
    dataset: str,
    between: Annotated[
        tuple[datetime, datetime] | None, typer.Option(help="Arrived from and until, UTC; by default at any time.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 60,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every judged batch of a dataset in order of arrival, with what was unusual about it."""
    since, until = (at.replace(tzinfo=UTC) for at in between) if between else (None, None)
    with opened(project) as platform:
        found = platform.feed.quality(dataset, since, until, limit)
        show(found if as_json else [_line(one) for one in found], as_json=as_json, columns=_BATCH_COLUMNS)
        arrival = dataset_arrival(platform, dataset)
        if arrival is not None and not as_json:
            typer.echo(f"\n{arrival.state}: {arrival.evidence}")


def _line(batch: JudgedBatch) -> dict[str, object]:
    unusual = [said.check for said in batch.verdicts if said.verdict in ("warn", "hold")]
    return {
        "arrived_at": batch.arrived_at,
        "dataset": batch.dataset,
        "rows": batch.rows,
        "standing": batch.standing,
        "verdict": batch.verdict,
        "unusual": ", ".join(unusual) or None,
        "receipt_id": batch.receipt_id,
    }


COMMANDS = {
    "feed": group(
        "Each batch against the batches before it; held batches.",
        verdicts=verdicts,
        held=held,
        release=release,
        reject=reject,
        quality=quality,
    ),
}
