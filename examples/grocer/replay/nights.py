"""The replay itself: night after night, resumable at any moment.

Everything sent carries a key or request id of its own, so what was sent before an interruption may be sent again.
"""

import re
import time as stopwatch
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

import steek as sk
from replay.control import Control
from replay.people import People
from replay.plan import Plan
from replay.progress import Display
from replay.steek_process import SteekProcess
from replay.traffic import Traffic
from replay.world import Delivery, Question, World, business_day

FINISHED = "finished"
LOOK = re.compile(r"canary look \d+, due (?P<at>.+)")
# A day of questions comes in stretches, each as long as a canary step of the store's models.
STRETCHES, STRETCH, OPENING = 5, timedelta(hours=2), time(12)


class Replay:
    """Plays one plan on one project folder.

    Args:
        plan: Which days.
        project: Folder of the project.
        data: Where steek writes; a replay that was interrupted goes on from what it finds there.
        port: Of the console; serving takes the next.
    """

    def __init__(self, plan: Plan, *, project: Path, data: Path, port: int) -> None:
        self._plan = plan
        self._data = data.resolve()
        self._clock = sk.ReplayClock(self._data / "clock")
        self._world = World(
            household_share=plan.household_share, partners=plan.partners, key_change_day=plan.key_change_day
        )
        self._display = Display(plan.nights)
        self._steek = SteekProcess(project, data=self._data, port=port)
        self._people = People(project, self._steek.environment, self._steek.url, self._reach)

    def run(self, *, keep_serving: bool) -> None:
        """Play all nights; then leave, or serve the console until Ctrl-C."""
        first, last = self._plan.history
        self._reach(business_day(first)[0])
        with self._steek.running():
            self._display.say(f"console: {self._steek.url}")
            control, traffic = Control(self._steek.url), Traffic(self._steek.serving_url)
            with self._display.shown():
                self._bring_history(control, first, last)
                for day in self._plan.days:
                    started = stopwatch.monotonic()
                    self._play(control, traffic, day)
                    self._display.night_done(day, stopwatch.monotonic() - started)
            if keep_serving:
                self._display.say(f"the replay is over; the console stays on {self._steek.url} until Ctrl-C")
                self._steek.wait()

    def _bring_history(self, control: Control, first: date, last: date) -> None:
        self._bring(control, self._world.first_editions(first))
        for offset in range((last - first).days + 1):
            self._bring_day(control, first + timedelta(days=offset))

    def _bring_day(self, control: Control, day: date) -> None:
        if self._clock.now() <= business_day(day)[1]:
            self._bring(control, self._world.daily(day))

    def _bring(self, control: Control, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            if self._reach(delivery.arrives_at):
                self._display.now(f"arriving: {delivery.key}")
                control.ingest(delivery)

    def _play(self, control: Control, traffic: Traffic, day: date) -> None:
        tomorrow = day + timedelta(days=1)
        if tomorrow in self._plan.days and control.night(tomorrow)["started"]:
            return
        self._bring_day(control, day)
        self._at(tomorrow, "06:05")
        control.start_night(day)
        questions = self._world.questions(tomorrow)
        self._settle(control, day)
        if self._at(tomorrow, "06:30"):
            self._ask(traffic, [question for question in questions if question.model == "partner_demand"])
        self._work_incident(traffic, day, questions)
        self._serve_the_day(
            control, traffic, day, [question for question in questions if question.model != "partner_demand"]
        )

    def _serve_the_day(self, control: Control, traffic: Traffic, day: date, questions: Sequence[Question]) -> None:
        """Customers ask all day; after each stretch the night looks at its canaries once."""
        began = datetime.combine(day + timedelta(days=1), OPENING, tzinfo=UTC)
        size = -(-len(questions) // STRETCHES)
        for number in count():
            is_new = self._reach(began + number * STRETCH)
            if self._settle(control, day) == FINISHED and number >= STRETCHES:
                return
            if is_new:
                self._ask(traffic, questions[number * size : (number + 1) * size])

    def _work_incident(self, traffic: Traffic, day: date, questions: Sequence[Question]) -> None:
        if day != self._plan.key_change_day:
            return
        incident = self._people.incident_of(day)
        if incident is None:
            return
        self._display.say(f"night {day}: incident {incident} declared; people work it")
        self._people.mitigate(incident, day)
        forecasts = [question for question in questions if question.model == "partner_demand"]
        self._ask(traffic, [question.again() for question in forecasts])
        table = self._data / "deliveries" / "partners-with-new-keys.parquet"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_bytes(self._world.partners(changed=True, arrives_at=self._clock.now()).payload)
        self._people.recover(incident, day, table)

    def _ask(self, traffic: Traffic, questions: Sequence[Question]) -> None:
        asked = 0
        for sent in traffic.send(questions):
            asked += sent
            self._display.now(f"customers ask: {asked} of {len(questions)}")

    def _settle(self, control: Control, day: date) -> str:
        """Wait until the night has nothing to do before the clock moves on; the stage in which it rests."""
        return control.follow_night(day, self._rests, self._display.now)

    def _rests(self, stage: str) -> bool:
        due = LOOK.fullmatch(stage)
        return stage == FINISHED or (due is not None and self._clock.now() < datetime.fromisoformat(due["at"]))

    def _at(self, day: date, clock: str) -> bool:
        return self._reach(datetime.combine(day, time.fromisoformat(clock), tzinfo=UTC))

    def _reach(self, at: datetime) -> bool:
        """Move the clock to an instant; False when it is past that, and all that happens then was done before.

        So an interrupted replay that is taken up again goes on at the instant at which it was interrupted.
        """
        if self._clock.is_set() and self._clock.now() > at:
            return False
        self._clock.set(at)
        return True
