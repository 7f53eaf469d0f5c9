"""The service: how ready each model is, and what people answer where nothing can be measured."""

from datetime import timedelta

from sqlalchemy import Connection, RowMapping, func, insert, select

from steek.incidents.defences.coverage import load_coverage
from steek.incidents.defences.layers import Layer
from steek.incidents.defences.safeguard import LayerSaid
from steek.incidents.defences.situation import Situation
from steek.incidents.readiness.proofs import proofs
from steek.incidents.readiness.score_tests import load_tests
from steek.incidents.readiness.scoring import POINTS, Answer, ModelReadiness, score
from steek.incidents.readiness.tables import answers
from steek.incidents.text import NAME_CHARACTERS, NOTE_CHARACTERS, checked
from steek.kernel.clock import Clock
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.urn import Urn
from steek.ledger import Database, Draft, Ledger

_LONGEST_DAYS = 365


def layer_tests() -> dict[str, Layer]:
    """Ids under which people say whether who serves a watched model has a layer that nothing here can see."""
    return {f"layer-{layer.value}": layer for layer in Layer if load_coverage().is_elsewhere(layer)}


class Readiness:
    """Scores, evaluated anew when asked, and answers, stored.

    Args:
        database: Holds answers, and the ledger's events in the same transactions.
        ledger: Is told who answered what.
        clock: Processing time.
        situation: What evidence is read from.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, situation: Situation) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._situation = situation

    def all(self) -> tuple[ModelReadiness, ...]:
        """Every model, the least ready first."""
        evidence = (*self._situation.safeguards(), *proofs(self._situation))
        found = [
            score(model, load_tests(), evidence, self.answers(model), now=self._clock.now(), ask=self._asked(model))
            for model in self._situation.declared.models
        ]
        # Of those that wait for the word of others nothing can be said yet.
        return tuple(sorted(found, key=lambda one: (one.waiting > 0, one.score, one.model)))

    def of(self, model: str) -> ModelReadiness:
        """One model. Raises NotFoundError when there is none by that name."""
        self._check(model)
        return next(one for one in self.all() if one.model == model)

    def answers(self, model: str) -> dict[str, Answer]:
        """The newest answer to each test, expired ones too, by test."""
        query = select(answers).where(answers.c.model == model).order_by(answers.c.number)
        with self._database.reading() as connection:
            return {row["test"]: _to_answer(row) for row in connection.execute(query).mappings()}

    def layers_said(self) -> dict[tuple[str, Layer], LayerSaid]:
        """What people said of layers of watched models and still holds, by model and layer."""
        layers = layer_tests()
        with self._database.reading() as connection:
            query = select(answers).where(answers.c.test.in_(layers)).order_by(answers.c.number)
            newest = {(row["model"], row["test"]): _to_answer(row) for row in connection.execute(query).mappings()}
        return {
            (model, layers[test]): LayerSaid(one.level != "none", one.text, one.actor, one.answered_at)
            for (model, test), one in newest.items()
            if one.holds(self._clock.now())
        }

    def answer(
        self,
        model: str,
        test: str,
        *,
        level: str,
        text: str,
        actor: str,
        key: str,
        link: str = "",
        days: int = 180,
    ) -> Answer:
        """Answer one test, or say of a model that is only watched here whether it has a layer of defence elsewhere.

        Args:
            model: Of which model.
            test: Id of the test, e.g. "data-benefit", or one of `layer_tests`, e.g. "layer-canary".
            level: "none", "manual" (done by hand and written down) or "automatic" (runs by itself; needs a link).
            text: What was done; of a layer, who said so and what there is.
            actor: Who answers.
            key: Idempotency key.
            link: Where it can be looked at.
            days: How long it holds.

        Raises:
            NotFoundError: no such model or test.
            InputError: an unknown level, no text, "automatic" without a link, or days outside 1 to 365.
        """
        self._check(model)
        self._check_test(model, test)
        given = _given(level, text, link, days)
        by, at_key = checked(actor, what="actor", most=NAME_CHARACTERS), checked(key, what="key", most=300)
        with self._database.transaction() as connection:
            row = connection.execute(select(answers).where(answers.c.key == at_key)).mappings().first()
            if row is not None:
                return _to_answer(row)
            now = self._clock.now()
            made = Answer(model, test, level, *given, by, now, now + timedelta(days=days))
            _write(connection, made, at_key)
            payload: dict[str, object] = {
                "test": test,
                "level": level,
                "text": made.text,
                "link": made.link,
                "expires_at": made.expires_at,
            }
            self._ledger.append(connection, Draft("readiness.answered", str(Urn("model", model)), by, payload))
        return made

    def _check_test(self, model: str, test: str) -> None:
        known = [each.id for each in load_tests()]
        known += layer_tests() if model in self._situation.declared.watched else ()
        if test not in known:
            raise NotFoundError.among("test", test, known)

    def _asked(self, model: str) -> str | None:
        watched = self._situation.declared.watched.get(model)
        return None if watched is None else watched.owner

    def _check(self, model: str) -> None:
        if model not in self._situation.declared.models:
            raise NotFoundError.among("model", model, self._situation.declared.models)


def _given(level: str, text: str, link: str, days: int) -> tuple[str, str]:
    if level not in POINTS:
        raise InputError(f"the level is {level[:40]!r}; allowed: {', '.join(POINTS)}")
    if not 1 <= days <= _LONGEST_DAYS:
        message = f"an answer holds for {days} days; allowed: 1 to {_LONGEST_DAYS}"
        raise InputError(message, next_step="What was true a year ago has to be looked at again.")
    if link and not link.startswith(("https://", "http://", "/")):
        raise InputError("the link is no address of the web", next_step="Give https://… or a page of the console.")
    if level == "automatic" and not link:
        raise InputError("what runs by itself can be looked at", next_step="Give a link, or answer 'manual'.")
    address = link if not link else checked(link, what="link", most=2000)
    return checked(text, what="answer", most=NOTE_CHARACTERS), address


def _write(connection: Connection, made: Answer, key: str) -> None:
    number = (connection.execute(select(func.max(answers.c.number))).scalar_one() or 0) + 1
    values = {name: getattr(made, name) for name in Answer.__dataclass_fields__}
    connection.execute(insert(answers).values(key=key, number=number, **values))


def _to_answer(row: RowMapping) -> Answer:
    return Answer(**{name: row[name] for name in Answer.__dataclass_fields__})
