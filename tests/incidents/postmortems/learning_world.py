"""The services of postmortems over one database, as an opened project has them."""

from dataclasses import dataclass

from steek.incidents import Incidents
from steek.incidents.desk import Desk
from steek.incidents.postmortems.collection import PostmortemLibrary
from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.postmortems.importing import PostmortemImport
from steek.incidents.postmortems.taxonomies import Taxonomies
from steek.incidents.postmortems.writing import PostmortemWriting
from steek.kernel import ReplayClock
from steek.ledger import Database, Event, Ledger, Lineage


@dataclass
class Learning:
    """Everything that works on postmortems."""

    incidents: Incidents
    library: PostmortemLibrary
    writing: PostmortemWriting
    imports: PostmortemImport
    taxonomies: Taxonomies
    ledger: Ledger
    clock: ReplayClock

    def told(self, kind: str) -> list[Event]:
        """Events of one kind, oldest first."""
        return self.ledger.events(kinds=[kind])


def learning_over(
    database: Database, ledger: Ledger, lineage: Lineage, clock: ReplayClock, incidents: Incidents
) -> Learning:
    """Build them."""
    taxonomies = Taxonomies(database, ledger, clock)
    drafts = PostmortemDrafts(Desk(database, ledger, lineage, clock, incidents.menu))
    return Learning(
        incidents,
        PostmortemLibrary(database, incidents.stories, drafts, taxonomies),
        PostmortemWriting(database, ledger, clock, incidents.stories, drafts, taxonomies),
        PostmortemImport(database, ledger, clock),
        taxonomies,
        ledger,
        clock,
    )
