"""Why: which slices moved the value of an alert, asked once for the first alerts of each group, and kept with them."""

from dataclasses import asdict

from polars.exceptions import PolarsError
from sqlalchemy import func, select, update

from steek.kernel.errors import SteekError
from steek.ledger import Database, Event
from steek.monitoring.alerts import Alert, read_alert
from steek.monitoring.attribution.attributions import Attributions
from steek.monitoring.attribution.stored import Attributed
from steek.monitoring.tables import alerts

# Of each group the first alerts are explained by themselves: a storm would be explained for hours.
_MOST_OF_GROUP = 3
_MOST_SLICES = 5


class Explaining:
    """Explains alerts; safe to share between threads and processes.

    Args:
        database: Where alerts are.
        attributions: Answers which slices explain a change.
    """

    def __init__(self, database: Database, attributions: Attributions) -> None:
        self._database = database
        self._attributions = attributions

    def on_alert(self, event: Event) -> None:
        """Subscription to alert.fired: explain it when it is one of the first of its group; again changes nothing."""
        name = event.payload.get("alert")
        if isinstance(name, str) and self._is_first(name):
            self.explain(name, key=f"alert:{name}")

    def explain(self, alert_id: str, *, key: str, actor: str = "steek") -> Attributed | None:
        """Say which slices explain an alert's value, and keep the sentence and the table in its evidence.

        Returns:
            None where nothing adds up, or the rows cannot be read; the evidence then says why.

        Raises:
            NotFoundError: no such alert.
        """
        with self._database.reading() as connection:
            alert = read_alert(connection, alert_id)
        try:
            made = self._attributions.attribute_alert(alert, key=key, actor=actor)
        except (SteekError, PolarsError) as cause:
            said = cause.message if isinstance(cause, SteekError) else type(cause).__name__
            self._keep(alert, {"sentence": f"not explained: {said[:300]}", "slices": []})
            return None
        if made is None:
            return None
        slices = [asdict(one) | {"slice": one.slice} for one in made.result.explained[:_MOST_SLICES]]
        self._keep(alert, {"id": made.id, "sentence": made.result.sentence, "slices": slices})
        return made

    def _is_first(self, alert_id: str) -> bool:
        with self._database.reading() as connection:
            alert = read_alert(connection, alert_id)
            if "attribution" in alert.evidence or alert.group is None:
                return False
            # In the order of ids, so that a repeated delivery explains the same ones.
            before = select(func.count()).select_from(alerts)
            mates = before.where(alerts.c.group_id == alert.group, alerts.c.id < alert.id)
            same_rule = mates.where(alerts.c.monitor == alert.monitor)
            if connection.execute(same_rule).scalar_one():
                return False
            return connection.execute(mates).scalar_one() < _MOST_OF_GROUP

    def _keep(self, alert: Alert, attribution: dict[str, object]) -> None:
        with self._database.transaction() as connection:
            evidence = {**read_alert(connection, alert.id).evidence, "attribution": attribution}
            connection.execute(update(alerts).where(alerts.c.id == alert.id).values(evidence=evidence))
