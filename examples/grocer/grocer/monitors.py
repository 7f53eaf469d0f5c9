"""What is watched, from history and by night; one rule here declares an incident by itself."""

import steek as sk

DATA, RANKING, PARTNERS = "data@grocer", "ranking@grocer", "partners@grocer"

lines_per_store = sk.Monitor(
    "lines per store",
    indicator=sk.volume("transactions", by="store_id"),
    threshold=sk.learned(width=8),
    on="transactions",
    purpose="alert",
    owner=DATA,
)
lines_in_all = sk.Monitor(
    "lines in all",
    indicator=sk.volume("transactions"),
    threshold=sk.learned(width=6),
    on="transactions",
    purpose="alert",
    owner=DATA,
)
lines_joined = sk.Monitor(
    "lines joined with partners",
    indicator=sk.join_matched("partner_lines"),
    threshold=sk.learned(width=8),
    on="partner_demand",
    purpose="page",
    declare="sev2",
    owner=PARTNERS,
    # The latent condition of the replayed incident: the join is looked at only after the fleet has learned from it.
    # Without this line a night finds it before, and its incident holds the training.
    phase="models",
)


def watch_age(model: str, owner: str, *, most_data_hours: float) -> list[sk.Monitor]:
    """How old a model may be: since it was trained, and since the newest example it learned from."""
    return [
        sk.Monitor(
            f"{model}: age of the model",
            indicator=sk.model_age(model),
            threshold=sk.explicit(upper=48),
            on=model,
            purpose="page",
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: age of its data",
            indicator=sk.data_age(model),
            threshold=sk.explicit(upper=most_data_hours),
            on=model,
            owner=owner,
        ),
    ]


def watch_answers(model: str, owner: str) -> list[sk.Monitor]:
    """What a model answers: its level, how it answers the golden set, how often something else answers for it."""
    return [
        sk.Monitor(
            f"{model}: mean prediction",
            indicator=sk.prediction_mean(model),
            threshold=sk.learned(width=8),
            on=model,
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: golden set change",
            indicator=sk.golden_change(model),
            threshold=sk.explicit(lower=0.00001, upper=0.8),
            on=model,
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: fallback share",
            indicator=sk.fallback_share(model),
            threshold=sk.explicit(upper=0.05),
            on=model,
            owner=owner,
        ),
    ]


ages = [
    *watch_age("search_ranking", RANKING, most_data_hours=72),
    # A household's answers are complete a week after it was asked.
    *watch_age("next_purchase", RANKING, most_data_hours=264),
    *watch_age("partner_demand", PARTNERS, most_data_hours=72),
]
answers = [
    *watch_answers("search_ranking", RANKING),
    *watch_answers("next_purchase", RANKING),
    *watch_answers("partner_demand", PARTNERS),
]

next_purchase_fit = sk.Monitor(
    "next_purchase: observed against expected",
    indicator=sk.expected_vs_observed("next_purchase", delay="7d"),
    threshold=sk.learned(width=8),
    on="next_purchase",
    owner=RANKING,
)
partner_demand_fit = sk.Monitor(
    "partner_demand: observed against expected",
    indicator=sk.expected_vs_observed("partner_demand"),
    threshold=sk.learned(width=8),
    on="partner_demand",
    owner=PARTNERS,
)
top_five = sk.Monitor(
    "search_ranking: top-five hit rate",
    indicator=sk.outcome_hit_rate("search_ranking"),
    threshold=sk.learned(width=6),
    on="search_ranking",
    purpose="page",
    owner=RANKING,
)
