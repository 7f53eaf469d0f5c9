"""The service of weak signals: anybody files one line; lines that lie together ask for a declaration."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from steek.incidents.declaring import declare_and_rank
from steek.incidents.declaring_by_person import declaration_by_person
from steek.incidents.desk import Desk
from steek.incidents.rows import find
from steek.incidents.signals.joining import join
from steek.incidents.signals.prompting import consider, declare_prompts_of, is_news
from steek.incidents.signals.signal_rows import (
    decide_signals,
    find_prompt,
    find_signal,
    read_prompts,
    read_signals,
    to_signal,
)
from steek.incidents.signals.tables import prompts, signals
from steek.incidents.signals.types import Prompt, PromptState, Signal, SignalKind, SignalState
from steek.incidents.systems import resolve_subject
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, TITLE_CHARACTERS, checked, checked_instant
from steek.incidents.types import Incident
from steek.kernel.errors import ConflictError, InputError
from steek.kernel.ids import new_id
from steek.ledger import Draft, Event

SIGNAL_KINDS = ("signal.filed", "alert.fired", "incident.declared")
_KEY_CHARACTERS = 300
_LINE_CHARACTERS = 500


class Signals:
    """Files, gathers and joins signals; safe to share between threads and processes.

    Args:
        desk: Database, ledger, lineage and clock.
        within: How close in time signals must lie to belong together.
    """

    def __init__(self, desk: Desk, *, within: timedelta) -> None:
        self._desk = desk
        self._within = within
        # What the ledger held when this process last gathered has been looked at: a storm is gathered once.
        self._gathered = 0

    def file(
        self,
        text: str,
        *,
        on: str,
        kind: str,
        actor: str,
        key: str,
        source: str | None = None,
        said_at: datetime | None = None,
    ) -> Signal:
        """File one line about a system; if it lies beside what others noticed, a declaration is prompted.

        Args:
            text: What was noticed, in a line; without names of customers.
            on: A model, dataset or feature view by name, or a URN; an unknown name is taken as it is.
            kind: "support", "data", "partner", "finance" or "other".
            actor: Who files it.
            key: Idempotency key.
            source: Who noticed it, when that is somebody else: the partner, the caller's desk.
            said_at: When it was noticed, as the person says.

        Raises:
            InputError: an empty or too long line, an unknown kind.
        """
        said = checked(" ".join(text.split()) or text, what="signal", most=_LINE_CHARACTERS)
        by, chosen = checked(actor, what="actor", most=NAME_CHARACTERS), _kind(kind)
        noticed_by = by if source is None else checked(source, what="source", most=NAME_CHARACTERS)
        at_key = checked(key, what="key", most=_KEY_CHARACTERS)
        system = resolve_subject(self._desk.database, checked(on, what="system", most=NAME_CHARACTERS))
        moment = None if said_at is None else checked_instant(said_at)
        values = {"text": said, "kind": chosen.value, "source": noticed_by, "said_at": moment}
        with self._desk.database.transaction() as connection:
            known = connection.execute(select(signals).where(signals.c.key == at_key)).mappings().first()
            if known is not None:
                return to_signal(known)
            signal_id = self._store(connection, system, values, actor=by, key=at_key)
        self.gather()
        return self.get(signal_id)

    def _store(self, connection: Connection, system: str, values: Mapping[str, object], *, actor: str, key: str) -> str:
        now = self._desk.clock.now()
        signal_id = new_id(now)
        payload = {"signal": signal_id, **{name: value for name, value in values.items() if value is not None}}
        event = self._desk.ledger.append(connection, Draft("signal.filed", system, actor, payload))[0]
        known = {"id": signal_id, "key": key, "system": system, "state": SignalState.OPEN.value, "filed_at": now}
        connection.execute(insert(signals).values({**values, **known, "event_id": event.id}))
        return signal_id

    def get(self, signal: str) -> Signal:
        """One signal. Raises NotFoundError when there is none by that id."""
        with self._desk.database.reading() as connection:
            return find_signal(connection, signal)

    def list(
        self,
        *,
        open_only: bool = False,
        system: str | None = None,
        incident: str | None = None,
        limit: int = 100,
    ) -> tuple[Signal, ...]:
        """Signals, newest first: all, the open ones, those on a system, or those that an incident took in."""
        state = SignalState.OPEN if open_only else None
        with self._desk.database.reading() as connection:
            return tuple(read_signals(connection, state=state, system=system, incident_id=incident, limit=limit))

    def prompts(self, *, open_only: bool = True, limit: int = 100) -> tuple[Prompt, ...]:
        """What asks for a declaration, newest first."""
        state = PromptState.OPEN if open_only else None
        with self._desk.database.reading() as connection:
            return tuple(read_prompts(connection, state=state, limit=limit))

    def prompt(self, prompt: str) -> Prompt:
        """One prompt. Raises NotFoundError when there is none by that id."""
        with self._desk.database.reading() as connection:
            return find_prompt(connection, prompt)

    def gather(self) -> tuple[Prompt, ...]:
        """Join what belongs to open incidents, prompt for the rest; returns the open prompts. It may run any time."""
        held = self._desk.ledger.tip()[0]
        consider(self._desk, within=self._within)
        self._gathered = max(self._gathered, held)
        return self.prompts()

    def dismiss(self, which: str, reason: str, actor: str, *, key: str) -> Signal | Prompt:
        """Say that a signal, or everything a prompt brought together, is no incident.

        Raises:
            NotFoundError: no signal and no prompt by that id.
            ConflictError: an incident took it in.
        """
        why = checked(reason, what="reason", most=NOTE_CHARACTERS)
        by = checked(actor, what="actor", most=NAME_CHARACTERS)
        checked(key, what="key", most=_KEY_CHARACTERS)
        with self._desk.database.transaction() as connection:
            of_prompt = connection.execute(select(prompts.c.id).where(prompts.c.id == which)).first() is not None
            found = find_prompt(connection, which) if of_prompt else find_signal(connection, which)
            if found.state == "dismissed":
                return found  # said already, by this key or another; the first word stands
            if found.state != "open":
                message = f"{which} belongs to incident {found.incident_id}; it is not dismissed any more"
                raise ConflictError(message, next_step="Say so as a note of the incident.")
            ids = found.signals if isinstance(found, Prompt) else (found.id,)
            decide_signals(connection, ids, SignalState.DISMISSED, actor=by, reason=why)
            if isinstance(found, Prompt):
                decided = {"state": PromptState.DISMISSED.value, "decided_by": by, "reason": why}
                connection.execute(update(prompts).where(prompts.c.id == which).values(decided))
            payload: dict[str, object] = {"signals": list(ids), "prompt": which if of_prompt else None, "reason": why}
            self._desk.ledger.append(connection, Draft("signal.dismissed", found.system, by, payload))
            return find_prompt(connection, which) if of_prompt else find_signal(connection, which)

    def declare(
        self,
        prompt: str,
        *,
        severity: str,
        actor: str,
        key: str,
        title: str | None = None,
        freeze: bool = True,
    ) -> Incident:
        """Declare from a prompt and take in its signals and alerts as evidence; two who do so declare one incident.

        Raises:
            NotFoundError: no prompt by that id.
            ConflictError: it was dismissed.
            InputError: an unknown severity, an unstorable title.
        """
        checked(key, what="key", most=_KEY_CHARACTERS)
        found = self.prompt(prompt)
        if found.state is PromptState.DISMISSED:
            message = f"prompt {prompt} was dismissed by {found.decided_by}: {found.reason}"
            raise ConflictError(message, next_step="Declare an incident of its own, or file what is new.")
        # By the prompt and not by the request: whoever comes second gets the incident of whoever was first.
        declaration = declaration_by_person(
            self._desk,
            title if title and title.strip() else found.sentence[:TITLE_CHARACTERS],
            on=found.system,
            severity=severity,
            actor=actor,
            key=key,
            freeze=freeze,
            prompt=prompt,
            noticed_with=found.alerts,
        )
        incident = declare_and_rank(self._desk, declaration)
        with self._desk.database.transaction() as connection:
            join(self._desk, connection, incident, read_signals(connection, ids=found.signals), actor=actor)
            decided = {"state": PromptState.DECLARED.value, "decided_by": actor, "incident_id": incident.id}
            is_open = prompts.c.state == PromptState.OPEN.value
            connection.execute(update(prompts).where(prompts.c.id == prompt, is_open).values(decided))
            return find(connection, incident.id)

    def take_in(self, incident: str, signals: Sequence[str], actor: str) -> None:
        """Take open signals into an incident, whatever they are about; those of another incident stay there.

        Raises:
            NotFoundError: no such incident, or no signal by an id.
        """
        with self._desk.database.transaction() as connection:
            named = [find_signal(connection, signal) for signal in signals]
            join(self._desk, connection, find(connection, incident), named, actor=actor)
            for signal in named:
                declare_prompts_of(connection, signal.id, incident)

    def on_event(self, event: Event) -> None:
        """Subscription to `SIGNAL_KINDS`: what fires or is declared may belong to what was filed. It may come twice.

        Of a storm it gathers once for all that is written already, and not for further slices of what fires.
        """
        if event.kind not in SIGNAL_KINDS or event.sequence <= self._gathered:
            return
        with self._desk.database.reading() as connection:
            waiting = read_signals(connection, state=SignalState.OPEN, since=self._since(), limit=1)
            is_due = bool(waiting) and is_news(connection, event)
        if is_due:
            self.gather()

    def _since(self) -> datetime:
        return self._desk.clock.now() - self._within


def _kind(kind: str) -> SignalKind:
    try:
        return SignalKind(kind)
    except ValueError:
        message = f"{kind!r} is no kind of signal; allowed: {', '.join(SignalKind)}"
        raise InputError(message) from None
