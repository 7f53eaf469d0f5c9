"""What households told about themselves, who may see it, and how much they spend by kind of home."""

import polars as pl

import steek as sk

demographics = sk.Dataset(
    "demographics",
    contract=sk.Contract(
        "demographics",
        "1.0.0",
        (
            sk.Field("household_id", "integer", key=True, sensitivity="personal", subject="household"),
            sk.Field("age", "string", nullable=True, sensitivity="personal"),
            sk.Field("income", "string", nullable=True, sensitivity="Personal"),
            sk.Field("home_ownership", "string", nullable=True),
            sk.Field("household_size", "string", nullable=True),
        ),
        owner="privacy@grocer",
    ),
    owner="privacy@grocer",
    mode="replace",
)
visits = sk.Dataset(
    "visits",
    contract=sk.Contract(
        "visits",
        "1.0.0",
        (
            sk.Field("household_id", "integer", sensitivity="personal", subject="household"),
            sk.Field("store_id", "integer"),
            sk.Field("spent_usd", "number"),
            sk.Field("visited_at", "timestamp"),
        ),
        owner="shops@grocer",
    ),
    event_time="visited_at",
    owner="shops@grocer",
)


@sk.derived_dataset(event_time="visited_at", owner="shops@grocer")
def store_visits(visits: pl.LazyFrame) -> pl.LazyFrame:
    """Visits without who came."""
    return visits.select("store_id", "spent_usd", "visited_at")


analysts = sk.Role("analyst", members=("ana@grocer", "job:weekly-report"), owner="privacy@grocer")
desk = sk.Role("help-desk", members=("bob@grocer",))
research = sk.Policy(
    "demographics",
    to=("analyst",),
    purposes=("research",),
    columns={"income": "mask", "age": "allow"},
    rows="home_ownership == 'Homeowner'",
    owner="privacy@grocer",
    reason="Age and housing are studied; incomes are not.",
)
recent_visits = sk.Policy(
    "visits",
    to=("analyst",),
    purposes=("research",),
    newer_than="30d",
    owner="shops@grocer",
    reason="Old visits say more than is asked.",
)
