"""One request from admission to answer: bounded queue, deadline, fallback, log, numbers."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from steek.kernel.clock import Clock
from steek.kernel.records import canonical_json
from steek.kernel.tracing import note, span
from steek.serving.answering import Answering, nothing
from steek.serving.answers import Answer
from steek.serving.metrics import ServingMetrics
from steek.serving.prediction_log import PredictionLog
from steek.serving.prediction_record import PredictionRecord
from steek.serving.queries import Query
from steek.serving.served import ServedModel
from steek.serving.stats import ServingStats
from steek.serving.workers import Admission, Worker

_logger = logging.getLogger("steek.serving")


class Inference:
    """Answers requests on worker threads, one for models and one for fallbacks; used from one event loop.

    A request of n instances may take n times the model's deadline. When it is over, the fallback chain gets the
    same time in the other thread, and then the answer is empty: nothing waits longer than twice its deadline.

    Args:
        answering: Where answers come from.
        log: Where they are written before they are sent.
        clock: Processing time and elapsed time.
        metrics: Prometheus counters.
        queue_limit: Requests that may be inside at once; more are refused with BusyError.
    """

    def __init__(
        self, answering: Answering, log: PredictionLog, clock: Clock, metrics: ServingMetrics, queue_limit: int
    ) -> None:
        self.stats = ServingStats()
        self._answering = answering
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._admission = Admission(queue_limit)
        self._models = Worker("steek-models")
        self._fallbacks = Worker("steek-fallbacks")

    async def answer(
        self, model: ServedModel, queries: Sequence[Query], *, arrived_s: float, pinned: int | None = None
    ) -> list[Answer]:
        """One answer per query, in order, logged and counted.

        Args:
            model: The model as served.
            queries: What it is asked.
            arrived_s: Monotonic time at which the request arrived.
            pinned: The version the client named, or None.

        Raises:
            BusyError: too many requests are waiting.
        """
        with span("steek.predict") as one, self._admission:
            answers = await self._within_deadline(model, queries, arrived_s, pinned)
            if one is not None:
                note(one, _facts(model, answers))
        latency_s = self._clock.monotonic_s() - arrived_s
        self._write(model, answers, latency_s * 1000)
        self.stats.count(model.name, model.route.epoch, answers, latency_s * 1000)
        self._metrics.answered(model.name, answers, latency_s)
        return answers

    def stop(self) -> None:
        """Let the threads end and close the log; for when no request is inside any more."""
        self._models.stop()
        self._fallbacks.stop()
        self._log.close()

    async def _within_deadline(
        self, model: ServedModel, queries: Sequence[Query], arrived_s: float, pinned: int | None
    ) -> list[Answer]:
        budget_s = model.deadline_s * len(queries)
        left_s = budget_s - (self._clock.monotonic_s() - arrived_s)
        try:
            return await _at_most(left_s, self._models, lambda: self._answering.answer(model, queries, pinned))
        except TimeoutError:
            reason = f"deadline: no answer within {budget_s * 1000:g} ms"
        except Exception as error:
            _logger.exception("answering for %s failed", model.name)
            reason = f"error: {type(error).__name__}: {error}"
        try:
            return await _at_most(
                budget_s, self._fallbacks, lambda: self._answering.fall_back(model, queries, reason, pinned)
            )
        except TimeoutError:
            _logger.warning("the fallback chain of %s did not answer in time either", model.name)
        except Exception:
            _logger.exception("the fallback chain of %s failed", model.name)
        return nothing(model, queries, reason, pinned)

    def _write(self, model: ServedModel, answers: Sequence[Answer], latency_ms: float) -> None:
        now = self._clock.now()
        records = [
            PredictionRecord(
                request_id=answer.query.request_id,
                at=answer.query.moment,
                logged_at=now,
                model=model.name,
                version=answer.version,
                member=answer.query.member,
                route=answer.route,
                fallback=answer.fallback,
                fallback_reason=answer.fallback_reason,
                latency_ms=round(latency_ms, 3),
                entity=canonical_json(answer.query.entity),
                candidates=answer.candidates,
                answers=answer.answers,
                scores=answer.scores,
                score_sum=sum(answer.scores) if answer.scores else None,
                score_mean=sum(answer.scores) / len(answer.scores) if answer.scores else None,
                features=answer.features,
                feature_as_of=answer.feature_as_of,
                asked_version=answer.asked_version,
                asked_route=answer.asked_route,
                epoch=model.route.epoch,
            )
            for answer in answers
        ]
        try:
            self._log.append(records)
        except OSError:
            # The answer matters more to who waits for it than the record to who reads it later; the loss is counted.
            _logger.exception("the prediction log did not take %d answers", len(records))
            self._metrics.log_failed(model.name, len(records))


def _facts(model: ServedModel, answers: Sequence[Answer]) -> dict[str, str | int]:
    """What a span says of a request; several answers joined by commas, each value once."""
    of = {
        "version": [str(one.version) for one in answers if one.version is not None],
        "route": [one.route for one in answers],
        "fallback": [one.fallback for one in answers if one.fallback is not None],
    }
    told = {f"steek.{name}": ",".join(dict.fromkeys(values)) for name, values in of.items() if values}
    return {"steek.model": model.name, "steek.answers": len(answers), **told}


async def _at_most(seconds: float, worker: Worker, job: Callable[[], list[Answer]]) -> list[Answer]:
    async with asyncio.timeout(max(0.0, seconds)):
        return await worker.run(job)
