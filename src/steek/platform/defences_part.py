"""The part of defences: follow-ups, the map of what would stop which failure, readiness, reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from steek.incidents.defences.declared import Declared
from steek.incidents.defences.defence_maps import DefenceMaps
from steek.incidents.defences.safeguards_of_people import Called
from steek.incidents.defences.situation import Situation
from steek.incidents.followups.follow_ups import FollowUps
from steek.incidents.followups.lateness import Lateness
from steek.incidents.followups.telling import Telling
from steek.incidents.oncall.contacts import targets_of
from steek.incidents.oncall.rota_rows import read_people, read_rotations
from steek.incidents.postmortems.collection import PostmortemLibrary
from steek.incidents.postmortems.taxonomies import Taxonomies
from steek.incidents.readiness.readiness import Readiness
from steek.incidents.reviews.reviews import Reviews
from steek.kernel.settings import Settings
from steek.ledger import Database
from steek.monitoring import Monitoring, Objectives
from steek.notify import Notices
from steek.platform.parts import Ground
from steek.project import Project
from steek.serving import Routes


@dataclass(frozen=True, slots=True)
class DefencesPart:
    """What was agreed to do, and what stands between a failure and harm."""

    follow_ups: FollowUps
    lateness: Lateness
    defence_map: DefenceMaps
    readiness: Readiness
    reviews: Reviews


def telling_of(settings: Settings, notices: Notices) -> Telling:
    """Who is told of follow-ups, with links to the console."""
    own = f"http://{settings.text('host')}:{settings.number('port')}"
    return Telling(notices, (settings.text("public_url") or own).rstrip("/"), settings.text("follow_up_lead"))


def lateness_of(base: Ground, notices: Notices) -> Lateness:
    """What is late and who hears of it."""
    days = base.settings.number("follow_up_days")
    return Lateness(*base.state, telling_of(base.settings, notices), days=days)


def defences_part(
    base: Ground,
    *,
    monitoring: Monitoring,
    objectives: Objectives,
    routes: Routes,
    postmortems: PostmortemLibrary,
    taxonomies: Taxonomies,
    notices: Notices,
) -> DefencesPart:
    """Everything that is evaluated on what the project declares and on what happened."""
    situation = Situation(
        declared=declared_of(base.project, base.settings),
        ledger=base.ledger,
        monitoring=monitoring,
        objectives=objectives,
        routes=routes,
        postmortems=postmortems,
        clock=base.clock,
        called=partial(called_of, base.database, notices),
    )
    readiness = Readiness(*base.state, situation)
    return DefencesPart(
        follow_ups=FollowUps(*base.state, situation, telling_of(base.settings, notices)),
        lateness=lateness_of(base, notices),
        defence_map=DefenceMaps(situation, taxonomies.current, readiness.layers_said),
        readiness=readiness,
        reviews=Reviews(*base.state, situation),
    )


def called_of(database: Database, notices: Notices) -> Called:
    """Who stands in which rotation, and the targets of steek.toml that reach each person."""
    with database.reading() as connection:
        rotations, people = read_rotations(connection), read_people(connection)
    known = {target.name for target in notices.targets() if target.purposes}
    targets: Mapping[str, tuple[str, ...]] = {
        person: tuple(name for name in targets_of(contacts) if name in known) for person, contacts in people.items()
    }
    return Called({name: tuple(rotation.people) for name, rotation in rotations.items()}, targets)


def declared_of(project: Project, settings: Settings) -> Declared:
    """The declarations of a project, as far as they defend."""
    return Declared(
        datasets=project.datasets,
        views=project.views,
        definitions=project.definitions,
        watched=project.watched,
        monitors=project.monitors,
        objectives=project.objectives,
        profiled=project.profiled,
        labels=project.labels,
        roles=project.roles,
        policies=project.policies,
        settings=dict(settings.values),
    )
