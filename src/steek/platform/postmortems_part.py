"""The part of postmortems: written, found, brought in from files, classified by a taxonomy that people edit."""

from dataclasses import dataclass

from steek.incidents import Incidents
from steek.incidents.desk import Desk
from steek.incidents.postmortems.collection import PostmortemLibrary
from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.postmortems.importing import PostmortemImport
from steek.incidents.postmortems.taxonomies import Taxonomies
from steek.incidents.postmortems.writing import PostmortemWriting
from steek.platform.parts import Ground


@dataclass(frozen=True, slots=True)
class PostmortemsPart:
    """Postmortems of the project."""

    postmortems: PostmortemLibrary
    postmortem_writing: PostmortemWriting
    postmortem_import: PostmortemImport
    taxonomies: Taxonomies


def postmortems_part(base: Ground, incidents: Incidents) -> PostmortemsPart:
    """What is learned from incidents, over the drafts that each of them leaves."""
    taxonomies = Taxonomies(*base.state)
    drafts = PostmortemDrafts(Desk(base.database, base.ledger, base.lineage, base.clock, incidents.menu))
    return PostmortemsPart(
        PostmortemLibrary(base.database, incidents.stories, drafts, taxonomies),
        PostmortemWriting(*base.state, incidents.stories, drafts, taxonomies),
        PostmortemImport(*base.state),
        taxonomies,
    )
