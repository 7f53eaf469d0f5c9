"""The way through the console: its places, with how much is open at each."""

from urllib.parse import quote

from steek.console.actor import asks_the_bench
from steek.console.page import NavItem
from steek.console.services import Services
from steek.monitoring.alerting.groups import count_waiting


def narrow_navigation() -> tuple[tuple[NavItem, ...], ...]:
    """The way for those who are not of the team: it leads to nothing that is closed to them."""
    bench = (NavItem("Ask the bench", "/bench"),) if asks_the_bench() else ()
    return ((NavItem("Overview", "/"), NavItem("Data", "/data"), *bench, NavItem("Raise a concern", "/concerns/new")),)


def navigation(services: Services) -> tuple[tuple[NavItem, ...], ...]:
    """The way for the team, with how much is open at each place."""
    models = (NavItem(name, f"/models/{quote(name)}") for name in services.project.definitions)
    watched = (NavItem(name, f"/watched/{quote(name)}") for name in services.project.watched)
    open_count = len(services.incidents.list(open_only=True))
    with services.database.reading() as connection:
        waiting = count_waiting(connection)
    return (
        (NavItem("Overview", "/"), *models, *watched),
        (
            NavItem("Data", "/data", len(services.feed.held(None))),
            NavItem("Profiles", "/profiles"),
            NavItem("Contracts", "/contracts", len(services.proposals.list(None, open_only=True))),
            NavItem("Privacy", "/privacy"),
        ),
        (
            NavItem("Monitors", "/monitors"),
            NavItem("Slices", "/slices"),
            NavItem("Objectives", "/objectives"),
            NavItem("Notices", "/notices", sum(each.dead for each in services.notices.targets())),
            NavItem("Alerts", "/alerts", waiting),
            NavItem("Incidents", "/incidents", open_count),
            NavItem("Bench", "/bench"),
            NavItem("On-call", "/on-call", len(services.paging.open())),
        ),
        (
            NavItem("Postmortems", "/postmortems"),
            NavItem("Defences", "/defences"),
            NavItem("Readiness", "/readiness"),
            NavItem("Follow-ups", "/follow-ups", services.lateness.digest().overdue),
        ),
        (NavItem("Ledger", "/ledger"), NavItem("Lineage", "/lineage")),
    )
