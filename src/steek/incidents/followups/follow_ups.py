"""The service: what was agreed to do, from the agreement to the evidence that it is done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from steek.incidents.defences.situation import Situation
from steek.incidents.followups import rows
from steek.incidents.followups.checks import Check, Finding, evaluate, read_check
from steek.incidents.followups.fields import (
    CHANGEABLE,
    to_action,
    to_actor,
    to_aware,
    to_key,
    to_kind,
    to_optional,
    to_priority,
    to_values,
)
from steek.incidents.followups.follow_up import (
    Ending,
    FollowUp,
    LeaderReview,
    Looked,
    NewFollowUp,
    Selection,
    Tracked,
)
from steek.incidents.followups.lifecycle import FollowUpAction, FollowUpState, move_follow_up
from steek.incidents.followups.scales import COST_WORDS, VALUE_WORDS, place
from steek.incidents.followups.telling import Telling
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import ConflictError, InputError
from steek.ledger import Database, Draft, Ledger

Decide = Callable[[FollowUp, datetime], dict[str, object]]


class FollowUps:
    """Follow-ups; safe to share between threads and processes.

    Every writing method takes `key`: called again with the same key it writes nothing and returns what is stored.
    Those that decide take `expected_version`, the version the actor looked at; None decides on whatever is stored.

    Args:
        database: Holds state and ledger.
        ledger: Every change is an event in it, written with the state it describes.
        clock: Processing time.
        situation: What checks are evaluated on.
        telling: Tells issue trackers, in the same transaction.
    """

    def __init__(
        self, database: Database, ledger: Ledger, clock: Clock, situation: Situation, telling: Telling
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._situation = situation
        self._telling = telling

    def create(
        self,
        text: str,
        *,
        kind: str,
        priority: str,
        value: int | str,
        cost: int | str,
        owner: str,
        actor: str,
        key: str,
        due_at: datetime | None = None,
        done_means: str = "",
        check: Mapping[str, object] | None = None,
        postmortem: str | None = None,
        category: str | None = None,
    ) -> FollowUp:
        """Agree on something to do.

        Args:
            text: What.
            kind: "fix" or "improvement".
            priority: "P0" to "P3".
            value: 1 to 5 or in words (`VALUE_WORDS`).
            cost: 1 to 5 or in words (`COST_WORDS`).
            owner: Who does it.
            actor: Who agrees.
            key: Idempotency key.
            due_at: Until when; None for no day.
            done_means: What done means, in words.
            check: `{"kind": ..., argument: ...}`, see `CHECKS`; None where only a person can say that it is done.
            postmortem: Incident that it comes from.
            category: Kind of failure it is against.

        Raises InputError for what is not known or cannot be stored, ConflictError for a check that passes already.
        """
        new = NewFollowUp(
            text=checked(text, what="text", most=NOTE_CHARACTERS),
            kind=to_kind(kind),
            priority=to_priority(priority),
            value=place(value, what="value", words=VALUE_WORDS),
            cost=place(cost, what="cost", words=COST_WORDS),
            owner=checked(owner, what="owner", most=NAME_CHARACTERS),
            due_at=to_aware(due_at),
            done_means=to_optional(done_means, "meaning of done"),
            check=read_check(check),
            postmortem=None if postmortem is None else checked(postmortem, what="postmortem", most=60),
            category=None if category is None else checked(category, what="category", most=80),
        )
        return self._add(new, to_actor(actor), to_key(key))

    def _refuse_passing(self, check: Check | None, key: str, operation: str) -> None:
        """Refuse a check that would end the follow-up before anybody did anything; what `key` wrote before stands."""
        with self._database.reading() as connection:
            is_known = rows.known(connection, key, operation) is not None
        finding = None if is_known else self.find_out(check)
        if finding is not None and finding.passes:
            message = f"this passes already, so it would show nothing: {finding.sentence}"
            next_step = "Take a check that fails today, or none: then say in words what done means, and a person looks."
            raise ConflictError(message, next_step=next_step)

    def _add(self, new: NewFollowUp, by: str, at_key: str) -> FollowUp:
        self._refuse_passing(new.check, at_key, "create")
        with self._database.transaction() as connection:
            before = rows.known(connection, at_key, "create")
            if before is not None:
                return rows.find(connection, before)
            now = self._clock.now()
            made = rows.add(connection, new, actor=by, now=now)
            self._record(connection, made, "follow_up.created", by, {"text": made.text, "done_means": made.done_means})
            rows.remember(connection, at_key, "create", made.id, at=now)
        return made

    def get(self, follow_up: str) -> FollowUp:
        """One by its id, e.g. "F-3". Raises NotFoundError when there is none."""
        with self._database.reading() as connection:
            return rows.find(connection, follow_up)

    def list(self, chosen: Selection | None = None) -> tuple[FollowUp, ...]:
        """Those that fit, the most urgent first: by priority, then what is worth most for its cost, then the oldest."""
        wanted, now = chosen or Selection(), self._clock.now()
        with self._database.reading() as connection:
            found = rows.listed(connection)
        return tuple(one for one in found if _fits(one, wanted, now))

    def look(self, follow_up: str) -> Looked:
        """One, with what its check says now."""
        found = self.get(follow_up)
        return Looked(found, self._look(found))

    def find_out(self, check: Check | None) -> Finding | None:
        """What a check says now, by everything that ever was; None without one."""
        return None if check is None else evaluate(check, self._situation)

    def _look(self, found: FollowUp) -> Finding | None:
        return None if found.check is None else evaluate(found.check, self._situation, since=found.created_at)

    def change(
        self,
        follow_up: str,
        changes: Mapping[str, object],
        *,
        actor: str,
        key: str,
        expected_version: int | None = None,
    ) -> FollowUp:
        """Change fields of `CHANGEABLE`, or its state by {"action": "start" | "drop" | "reopen", "reason": why}.

        Raises:
            InputError: an unknown field, or a value that is not allowed.
            ConflictError: it is over; reopen it first. Or its new check passes already.
            IllegalTransitionError: no such move from where it is.
            StaleWriteError: somebody changed it meanwhile.
        """
        given = dict(changes)
        action, reason = given.pop("action", None), str(given.pop("reason", "") or "")
        values, by = to_values(given), to_actor(actor)
        moved = None if action is None else to_action(str(action))
        if "done_check" in values:
            new_check = read_check(cast("Mapping[str, object]", values["done_check"]))
            self._refuse_passing(new_check, to_key(key), "change")
        if moved is FollowUpAction.DROP:
            checked(reason, what="reason", most=NOTE_CHARACTERS)
        if not values and moved is None:
            raise InputError("nothing is to be changed", next_step=f"Name one of: {', '.join(CHANGEABLE)}, action.")

        def decide(before: FollowUp, now: datetime) -> dict[str, object]:
            if moved is None and not before.state.is_open:
                message = f"follow-up {before.id} is {before.state.value}; it does not change any more"
                raise ConflictError(message, next_step="Reopen it first.")
            state = before.state if moved is None else move_follow_up(before.state, moved, follow_up=before.id)
            ending: object = {}
            if state is FollowUpState.DROPPED:
                ending = Ending("dropped", by, now, reason)
            # A new day is a new agreement: being late begins anew.
            late = {"escalation_step": 0} if "due_at" in values or moved is FollowUpAction.REOPEN else {}
            return {**values, **late, "state": state.value, "ending": ending}

        said: dict[str, object] = {"changed": sorted(values), "action": moved, "reason": reason}
        return self._decide(follow_up, "change", decide, said, by, key, expected_version)

    def done(
        self, follow_up: str, *, actor: str, key: str, reason: str = "", expected_version: int | None = None
    ) -> FollowUp:
        """Finish one: because its check passes, or by the word of a person, who says why.

        Raises:
            ConflictError: the check does not pass, or there is none, and no reason was given.
            IllegalTransitionError: it is over already.
        """
        by, found = to_actor(actor), self.get(follow_up)
        finding = self._look(found)
        shown = finding is not None and finding.passes is True
        if not shown and not reason.strip() and found.state.is_open:
            why = "no check says so by itself" if finding is None else finding.sentence
            message = f"follow-up {found.id} is not shown to be done: {why}"
            raise ConflictError(message, next_step="Do what is missing, or give a reason why it is done nevertheless.")
        said = to_optional(reason, "reason")

        def decide(before: FollowUp, now: datetime) -> dict[str, object]:
            state = move_follow_up(before.state, FollowUpAction.FINISH, follow_up=before.id)
            how = "check" if shown else "word"
            text = finding.sentence if shown and finding is not None and not said else said
            evidence = () if finding is None else (finding.sentence, *finding.evidence)
            return {"state": state.value, "ending": Ending(how, by, now, text, evidence)}

        told: dict[str, object] = {
            "how": "check" if shown else "word",
            "reason": said,
            "finding": None if finding is None else finding.sentence,
            "evidence": [] if finding is None else list(finding.evidence),
        }
        return self._decide(follow_up, "done", decide, told, by, key, expected_version, kind="follow_up.done")

    def check(self, follow_up: str | None = None, *, actor: str) -> tuple[Looked, ...]:
        """Evaluate the checks of one, or of all that are open; what passes is done from now on, once."""
        open_ones = [self.get(follow_up)] if follow_up is not None else list(self.list(Selection(open_only=True)))
        looked: list[Looked] = []
        for one in open_ones:
            finding = self._look(one)
            if finding is not None and finding.passes and one.state.is_open:
                key = f"check:{one.id}:{one.version}"
                looked.append(Looked(self.done(one.id, actor=actor, key=key), finding))
            else:
                looked.append(Looked(one, finding))
        return tuple(looked)

    def review(
        self, follow_up: str, *, note: str, actor: str, key: str, expected_version: int | None = None
    ) -> FollowUp:
        """Write down what leaders said of something valuable but very hard; it is on their list from then on."""
        by, said = to_actor(actor), checked(note, what="note", most=NOTE_CHARACTERS)

        def decide(_: FollowUp, now: datetime) -> dict[str, object]:
            return {"review": LeaderReview(now, by, said), "for_leaders": True}

        return self._decide(follow_up, "review", decide, {"review": said}, by, key, expected_version)

    def track(
        self, follow_up: str, *, tracker: str, outside_id: str, url: str, state: str, actor: str, key: str
    ) -> FollowUp:
        """Take in what an issue tracker says. It ends nothing: closing there is the word of nobody here.

        Raises:
            InputError: an address that is none of the web, or a text that cannot be stored.
        """
        if url and not url.startswith(("https://", "http://")):
            raise InputError("the address of the issue is none of the web", next_step="Send https://… or nothing.")
        named = {"tracker": tracker, "outside_id": outside_id, "state": state}
        given = {name: checked(text, what=name, most=NAME_CHARACTERS) for name, text in named.items()}
        by, address = to_actor(actor), url if not url else checked(url, what="url", most=2000)

        def decide(_: FollowUp, now: datetime) -> dict[str, object]:
            return {"tracker": Tracked(**given, url=address, at=now)}

        return self._decide(follow_up, "track", decide, {"tracker": given}, by, key, None, tell=False)

    def _decide(
        self,
        follow_up: str,
        operation: str,
        decide: Decide,
        said: Mapping[str, object],
        actor: str,
        key: str,
        seen: int | None,
        *,
        kind: str = "follow_up.changed",
        tell: bool = True,
    ) -> FollowUp:
        at_key = to_key(key)
        with self._database.transaction() as connection:
            if rows.known(connection, at_key, operation, follow_up=follow_up) is not None:
                return rows.find(connection, follow_up)
            before, now = rows.find_seen(connection, follow_up, seen=seen), self._clock.now()
            after = rows.write(connection, before, actor=actor, now=now, **decide(before, now))
            self._record(connection, after, kind, actor, said, tell=tell)
            rows.remember(connection, at_key, operation, follow_up, at=now)
        return after

    def _record(
        self,
        connection: Connection,
        after: FollowUp,
        kind: str,
        actor: str,
        said: Mapping[str, object],
        *,
        tell: bool = True,
    ) -> None:
        payload: dict[str, object] = {
            "follow_up": after.id,
            "incident": after.postmortem,
            "state": after.state,
            "priority": after.priority,
            "kind": after.kind,
            "owner": after.owner,
            "due_at": after.due_at,
            **said,
        }
        self._ledger.append(connection, Draft(kind, after.urn, actor, payload))
        if tell:
            self._telling.tell(connection, after)


def _fits(one: FollowUp, wanted: Selection, now: datetime) -> bool:
    return (
        (not wanted.open_only or one.state.is_open)
        and (wanted.priority is None or one.priority == wanted.priority)
        and (wanted.kind is None or one.kind == wanted.kind)
        and (wanted.owner is None or one.owner == wanted.owner)
        and (wanted.postmortem is None or one.postmortem == wanted.postmortem)
        and (not wanted.overdue or one.is_overdue(now))
        and (not wanted.hard or one.is_hard)
    )
