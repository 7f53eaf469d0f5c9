"""Mitigations that hold data back from the loop, and let it in again."""

from collections.abc import Mapping

from steek.data import FeedChecking
from steek.incidents import Action, Argument, Mitigation, MitigationCall
from steek.models import Freezes

_DATASET = Argument("dataset", "name of the dataset")
_REASON = Argument("reason", "why, for the history", required=False)


def data_holds(freezes: Freezes, feed: FeedChecking) -> tuple[Mitigation, ...]:
    """Hold a dataset's batches from now on, and release them; rows that are in already are not touched."""

    def observe(arguments: Mapping[str, object]) -> Mapping[str, object]:
        dataset = str(arguments["dataset"])
        return {"held": freezes.reason(f"dataset:{dataset}", "ingest"), "batches_waiting": len(feed.held(dataset))}

    def hold(call: MitigationCall) -> Mapping[str, object]:
        dataset = str(call.arguments["dataset"])
        waiting = len(feed.held(dataset))
        why, urn = f"data held in incident {call.incident}", f"incident:{call.incident}"
        freezes.hold(f"dataset:{dataset}", ("ingest",), why, urn, actor=call.actor, key=call.key)
        return {"held": dataset, "batches_waiting": waiting}

    def release(call: MitigationCall) -> Mapping[str, object]:
        dataset, urn = str(call.arguments["dataset"]), f"incident:{call.incident}"
        freezes.release(urn, actor=call.actor, subject=f"dataset:{dataset}", only=("ingest",))
        reason = f"released in incident {call.incident}"
        let_in: list[str] = []
        for batch in feed.held(dataset):
            alone = all(one.verdict != "hold" or one.check == "held_by_people" for one in batch.verdicts)
            if alone and batch.verdicts:
                key = f"{call.key}:{batch.receipt_id}"
                feed.release(batch.receipt_id, actor=call.actor, reason=reason, key=key)
                let_in.append(batch.receipt_id)
        return {"released": dataset, "batches_let_in": let_in, "batches_waiting": len(feed.held(dataset))}

    return (
        Mitigation(
            name="hold-data",
            risk="What is learned and derived from the dataset grows stale while it is held.",
            effect="New batches of the dataset wait in the spool; nothing of them is learned or served.",
            undo="release-data.",
            run=hold,
            arguments=(_DATASET, _REASON),
            observe=observe,
            takes="at once, for batches that come from now on",
        ),
        Mitigation(
            name="release-data",
            risk="The loop learns from the held batches, also if they are wrong.",
            effect="Batches that only people held are let in; those that a check of the feed holds wait on.",
            undo="hold-data for what comes; take rows out by replacing the dataset.",
            run=release,
            arguments=(_DATASET, _REASON),
            observe=observe,
            advances=Action.RECOVER,
            takes="seconds for a batch",
        ),
    )
