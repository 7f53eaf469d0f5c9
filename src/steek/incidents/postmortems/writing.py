"""The service in which postmortems are written: drafted, edited, judged, commented, reviewed and published."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.postmortems.editing import added, clashes, edited, judged, rewritten
from steek.incidents.postmortems.gaps import reasons_not_to_publish
from steek.incidents.postmortems.publication import Stage, Step
from steek.incidents.postmortems.published import published_payload
from steek.incidents.postmortems.remarks import (
    Comment,
    Unsettled,
    comments_on,
    keep_comment,
    keep_unsettled,
    unsettled_in,
)
from steek.incidents.postmortems.report import Report, Standing
from steek.incidents.postmortems.stored import (
    PostmortemRecord,
    asked_before,
    find,
    remember,
    version_of,
    write,
)
from steek.incidents.postmortems.taxonomies import Taxonomies, places
from steek.incidents.stories import Stories
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError, RefusedError, StaleWriteError
from steek.kernel.ids import new_id
from steek.ledger import Database, Draft, Ledger

_KEY_CHARACTERS = 300


class PostmortemWriting:
    """Postmortems from draft to publication; safe to share between threads and processes.

    Every writing method takes `key`: called again with the same key it writes nothing and returns what is stored.
    Those that change the text take `expected_version`, the version the writer looked at. Two who write in different
    fields are both served; where both wrote in one field the second gets a StaleWriteError that has both texts.

    Args:
        database: Holds state and ledger.
        ledger: Every change is an event in it, without the text.
        clock: Processing time.
        stories: What drafts are made from.
        drafts: Makes and keeps drafts.
        taxonomies: Says where categories lie.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        stories: Stories,
        drafts: PostmortemDrafts,
        taxonomies: Taxonomies,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._stories = stories
        self._drafts = drafts
        self._taxonomies = taxonomies

    def draft(self, incident: str, *, actor: str, key: str) -> PostmortemRecord:
        """Draft anew from the record of an incident; what people wrote, confirmed or struck stays.

        Raises:
            NotFoundError: no incident by that id.
        """
        _actor(actor)
        return self._drafts.write(self._stories.read(incident), key=_key(key))

    def edit(
        self, postmortem: str, changes: Mapping[str, str], *, actor: str, key: str, expected_version: int | None = None
    ) -> PostmortemRecord:
        """Write fields and sections.

        Args:
            postmortem: Which.
            changes: New text by name, as `steek.incidents.postmortems.editing.field_names` has them.
            actor: Who writes.
            key: Idempotency key.
            expected_version: The version that was looked at.

        Raises:
            StaleWriteError: somebody else wrote in one of the fields; `details["clashes"]` has both texts.
            InputError: a text that its field does not take. NotFoundError: an unknown field.
        """
        by = _actor(actor)

        def change(connection: Connection, present: PostmortemRecord) -> Report:
            _refuse_clashes(connection, present, changes, expected_version)
            return edited(present.report, changes, actor=by)

        return self._change(postmortem, change, operation="edit", names=sorted(changes), actor=by, key=key)

    def judge(self, postmortem: str, point: str, standing: str, *, actor: str, key: str) -> PostmortemRecord:
        """Confirm or strike a point, or make it a suggestion again.

        Args:
            postmortem: Which.
            point: Id of the point; a role or "rest" for all that nobody decided on yet, see `judged`.
            standing: "confirmed", "struck" or "suggested".
            actor: Who says so.
            key: Idempotency key.
        """
        by, said = _actor(actor), _standing(standing)

        def change(_: Connection, present: PostmortemRecord) -> Report:
            known = places(self._taxonomies.current())
            return judged(present.report, point, said, actor=by, places=known)

        return self._change(postmortem, change, operation="judge", names=[f"point {point[:20]}"], actor=by, key=key)

    def add(
        self,
        postmortem: str,
        role: str,
        text: str,
        *,
        actor: str,
        key: str,
        kind: str | None = None,
        subject: str | None = None,
    ) -> PostmortemRecord:
        """Add a point; see `Point` for what `kind` and `subject` are. A category takes its name as its text."""
        by = _actor(actor)
        taxonomy = self._taxonomies.current()
        named = next((one.name for one in taxonomy.categories if role == "category" and one.id == kind), text)

        def change(_: Connection, present: PostmortemRecord) -> Report:
            return added(present.report, role, named, actor=by, places=places(taxonomy), kind=kind, subject=subject)

        return self._change(postmortem, change, operation="add", names=[f"new {role[:30]}"], actor=by, key=key)

    def rewrite(
        self,
        postmortem: str,
        point: str,
        text: str,
        *,
        actor: str,
        key: str,
        kind: str | None = None,
        subject: str | None = None,
    ) -> PostmortemRecord:
        """Change the words of a point, which confirms it; the follow-up that came of one is written as its subject."""
        by = _actor(actor)

        def change(_: Connection, present: PostmortemRecord) -> Report:
            return rewritten(present.report, point, text, actor=by, kind=kind, subject=subject)

        return self._change(postmortem, change, operation="rewrite", names=[f"point {point[:20]}"], actor=by, key=key)

    def comment(self, postmortem: str, text: str, *, actor: str, key: str, about: str | None = None) -> Comment:
        """Say something about it without changing it; `about` names a section or a point."""
        by, said, name = _actor(actor), checked(text, what="comment", most=NOTE_CHARACTERS), _key(key)
        about = None if about is None else checked(about, what="section", most=NAME_CHARACTERS)
        with self._database.transaction() as connection:
            present = find(connection, postmortem)
            if asked_before(connection, name, "comment", postmortem) is None:
                made = Comment(
                    new_id(self._clock.now()), postmortem, present.version, about, said, by, self._clock.now()
                )
                keep_comment(connection, made)
                self._tell(connection, present, "postmortem.commented", {}, actor=by)
                remember(connection, name, "comment", present)
                return made
        return next(one for one in reversed(self.comments(postmortem)) if one.actor == by and one.text == said)

    def comments(self, postmortem: str) -> tuple[Comment, ...]:
        """Comments, oldest first."""
        with self._database.reading() as connection:
            return comments_on(connection, postmortem)

    def ask_review(self, postmortem: str, *, actor: str, key: str, withdraw: bool = False) -> PostmortemRecord:
        """Ask somebody else to read it, or take that back. Raises IllegalTransitionError unless it is a draft."""
        by = _actor(actor)
        if withdraw:
            told: dict[str, object] = {"accepted": False, "withdrawn": True}
            return self._step(postmortem, Step.WITHDRAW, "postmortem.reviewed", told, actor=by, key=key)
        return self._step(postmortem, Step.ASK_REVIEW, "postmortem.review_asked", {}, actor=by, key=key)

    def review(
        self,
        postmortem: str,
        *,
        accept: bool,
        actor: str,
        key: str,
        comment: str = "",
        expected_version: int | None = None,
    ) -> PostmortemRecord:
        """Accept the text, or return it; returning needs a comment.

        Raises:
            RefusedError: the reviewer wrote in it.
            StaleWriteError: it was changed after the reviewer read it.
            IllegalTransitionError: nobody asked for a review.
        """
        by = _actor(actor)
        if not accept and not comment.strip():
            raise InputError("it is returned without a word", next_step="Say what is missing, in a comment.")

        def may(present: PostmortemRecord) -> None:
            _may_review(present, by, expected_version)

        step = Step.ACCEPT if accept else Step.RETURN
        done = self._step(postmortem, step, "postmortem.reviewed", {"accepted": accept}, actor=by, key=key, may=may)
        if comment.strip():
            self.comment(postmortem, comment, actor=by, key=f"{key}:said")
        return done

    def publish(self, postmortem: str, *, actor: str, key: str, reason: str = "") -> PostmortemRecord:
        """Make the reviewed text the next revision, which never changes again.

        Args:
            postmortem: Which.
            actor: Who publishes it.
            key: Idempotency key.
            reason: Why it is published although something is open in it; it stands as a comment for everybody.

        Raises:
            RefusedError: no category is confirmed, no lesson written or a suggestion undecided, and no reason is given.
            IllegalTransitionError: it was not reviewed since it was last changed.
        """
        by, name = _actor(actor), _key(key)
        why = checked(reason, what="reason", most=NOTE_CHARACTERS) if reason.strip() else ""
        with self._database.transaction() as connection:
            done = asked_before(connection, name, Step.PUBLISH.value, postmortem)
            if done is not None:
                return done
            present, now = find(connection, postmortem), self._clock.now()
            after = write(connection, present, present.report, Step.PUBLISH, actor=by, at=now)
            lacks = reasons_not_to_publish(present.report)
            if lacks and not why:
                raise _unfinished(postmortem, tuple(lacks.values()))
            if lacks:
                said = f"Published although something is open. {' '.join(lacks.values())} The reason: {why}"
                keep_comment(connection, Comment(new_id(now), postmortem, after.version, None, said, by, now))
            told = {**published_payload(after), "open": list(lacks)}
            self._tell(connection, after, "postmortem.published", told, actor=by)
            remember(connection, name, Step.PUBLISH.value, after)
            return after

    def set_aside(self, postmortem: str, changes: Mapping[str, str], *, seen: int, actor: str) -> None:
        """Keep what somebody wrote too late, so that nothing typed is lost; see `unsettled`."""
        by = _actor(actor)
        with self._database.transaction() as connection:
            find(connection, postmortem)
            keep_unsettled(connection, postmortem, changes, seen=seen, actor=by, at=self._clock.now())

    def unsettled(self, postmortem: str) -> tuple[Unsettled, ...]:
        """Texts that were set aside, newest first."""
        with self._database.reading() as connection:
            return unsettled_in(connection, postmortem)

    def _change(
        self,
        postmortem: str,
        change: Callable[[Connection, PostmortemRecord], Report],
        *,
        operation: str,
        names: list[str],
        actor: str,
        key: str,
    ) -> PostmortemRecord:
        with self._database.transaction() as connection:
            done = asked_before(connection, _key(key), operation, postmortem)
            if done is not None:
                return done
            present = find(connection, postmortem)
            report = change(connection, present)
            after = present
            if report != present.report:
                after = write(connection, present, report, Step.EDIT, actor=actor, at=self._clock.now())
                self._tell(connection, after, "postmortem.edited", {"fields": names}, actor=actor)
            remember(connection, key, operation, after)
            return after

    def _step(
        self,
        postmortem: str,
        step: Step,
        kind: str,
        payload: dict[str, object],
        *,
        actor: str,
        key: str,
        may: Callable[[PostmortemRecord], None] | None = None,
    ) -> PostmortemRecord:
        with self._database.transaction() as connection:
            done = asked_before(connection, _key(key), step.value, postmortem)
            if done is not None:
                return done
            present = find(connection, postmortem)
            if may is not None:
                may(present)
            after = write(connection, present, present.report, step, actor=actor, at=self._clock.now())
            self._tell(connection, after, kind, payload, actor=actor)
            remember(connection, key, step.value, after)
            return after

    def _tell(
        self, connection: Connection, record: PostmortemRecord, kind: str, payload: dict[str, object], *, actor: str
    ) -> None:
        about = {} if record.incident_id is None else {"incident": record.incident_id}
        values = {**about, "postmortem": record.id, "version": record.version, **payload}
        self._ledger.append(connection, Draft(kind, record.urn, actor, values))


def _refuse_clashes(
    connection: Connection, present: PostmortemRecord, changes: Mapping[str, str], seen: int | None
) -> None:
    if seen is None or seen == present.version:
        return
    before = version_of(connection, present.id, seen)
    if before is None:
        raise NotFoundError(f"postmortem {present.id} never had version {seen}", next_step="Look at it again.")
    found = clashes(before.report, present.report, changes)
    if found:
        names = ", ".join(one.field for one in found)
        message = (
            f"{present.changed_by} changed {names} of postmortem {present.id} while you were writing: "
            f"you saw version {seen}, it is at {present.version}"
        )
        both = [{"field": one.field, "theirs": one.theirs, "yours": one.yours} for one in found]
        details: dict[str, object] = {"seen": seen, "version": present.version, "clashes": both}
        raise StaleWriteError(
            message, next_step="Bring both texts together; nothing of yours was written.", details=details
        )


def _unfinished(postmortem: str, lacks: tuple[str, ...]) -> RefusedError:
    message = f"postmortem {postmortem} teaches too little yet: {' '.join(lacks)}"
    next_step = "Write it and ask for a review again, or publish it with a reason, which everybody sees."
    return RefusedError(message, next_step=next_step, details={"open": list(lacks)})


def _may_review(present: PostmortemRecord, reviewer: str, seen: int | None) -> None:
    if present.stage is not Stage.IN_REVIEW:
        return  # the table of stages says so in its own words
    if reviewer in {*present.writers, present.asked_by}:
        message = f"{reviewer} wrote in postmortem {present.id} or asked for its review, and cannot review it"
        raise RefusedError(message, next_step="Ask somebody who did not write in it.")
    if seen is not None and seen != present.version:
        message = f"postmortem {present.id} is at version {present.version}; you read version {seen}"
        raise StaleWriteError(message, next_step="Read what changed and review again.")


def _standing(standing: str) -> Standing:
    try:
        return Standing(standing)
    except ValueError:
        raise InputError(f"{standing[:40]!r} is no standing; allowed: {', '.join(Standing)}") from None


def _actor(actor: str) -> str:
    return checked(actor, what="actor", most=NAME_CHARACTERS)


def _key(key: str) -> str:
    return checked(key, what="key", most=_KEY_CHARACTERS)
