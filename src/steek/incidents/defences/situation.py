"""What is set up and what happened, gathered from declarations, routes, monitors and the ledger as they are now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steek.incidents.defences.coverage import load_coverage
from steek.incidents.defences.declared import Declared
from steek.incidents.defences.exercises import EXERCISE_KINDS, exercises
from steek.incidents.defences.held import categories_of, held_layers
from steek.incidents.defences.map_cells import Evidence
from steek.incidents.defences.rehearsals import REHEARSAL_KINDS, Rollback, rehearsed, rollbacks
from steek.incidents.defences.safeguard import Safeguard
from steek.incidents.defences.safeguards_of_data import safeguards_of_data
from steek.incidents.defences.safeguards_of_models import safeguards_of_models
from steek.incidents.defences.safeguards_of_people import PRACTICES, Called, safeguards_of_people
from steek.incidents.defences.safeguards_of_watching import safeguards_of_watching
from steek.incidents.postmortems.collection import PostmortemLibrary
from steek.incidents.postmortems.publication import Stage
from steek.incidents.postmortems.report import Report
from steek.incidents.postmortems.stored import PostmortemRecord
from steek.kernel.clock import Clock
from steek.ledger import Event, Ledger
from steek.monitoring import Monitoring, Objectives
from steek.serving import Routes

# Newest first: what was exercised lately is what counts, and a busy ledger has millions of commits.
_MOST_OF_A_KIND = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Declarations, and the services that tell how things stand; everything is read anew when asked.

    Args:
        declared: What the project declares.
        ledger: What happened.
        monitoring: Monitors, those that come by default too, and how they stand.
        objectives: Promises and whether they are kept.
        routes: What serves, and what it can go back to.
        postmortems: What was learned, and which layers held.
        clock: Processing time.
        called: Tells who is called, and whom a call reaches.
    """

    declared: Declared
    ledger: Ledger
    monitoring: Monitoring
    objectives: Objectives
    routes: Routes
    postmortems: PostmortemLibrary
    clock: Clock
    called: Callable[[], Called] = Called

    def safeguards(self) -> tuple[Safeguard, ...]:
        """Everything that is set up."""
        declared, coverage = self.declared, load_coverage()
        practised = [event for kind in PRACTICES for event in self.newest(kind, limit=1)]
        return (
            *safeguards_of_data(declared),
            *safeguards_of_models(declared, self.routes.all()),
            *safeguards_of_watching(declared, self.monitoring.monitors, coverage),
            *safeguards_of_people(declared, practised, self.called()),
        )

    def newest(self, *kinds: str, limit: int = _MOST_OF_A_KIND) -> Sequence[Event]:
        """Events of these kinds, newest first."""
        return self.ledger.events(kinds=kinds, newest_first=True, limit=limit)

    def rollbacks(self) -> tuple[Rollback, ...]:
        """Rollbacks, oldest first, each with what showed that it worked."""
        return rollbacks([event for kind in REHEARSAL_KINDS for event in self.newest(kind)])

    def evidence(self) -> Evidence:
        """Everything that the map of defences is drawn from."""
        monitors, coverage = self.monitoring.monitors, load_coverage()
        events = [event for kind in EXERCISE_KINDS for event in self.newest(kind)]
        records = [record for record in self.postmortems.list() if record.incident_id is not None]
        counted, drafted = categories_of(records, self.published)
        done = (*exercises(events, self.declared, monitors, coverage, self.called()), *rehearsed(self.rollbacks()))
        return Evidence(
            self.safeguards(),
            (*done, *held_layers(records, self.published)),
            counted,
            drafted,
            elsewhere={name: model.owner for name, model in self.declared.watched.items()},
        )

    def published(self, record: PostmortemRecord) -> Report | None:
        """A postmortem as it was last published; None before that."""
        if record.stage is Stage.PUBLISHED:
            return record.report
        return self.postmortems.revision(record.id).report if record.revision else None
