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
)


def watch_model(model: str, owner: str) -> list[sk.Monitor]:
    """The monitors that every model of the store has."""
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
            threshold=sk.explicit(upper=72 if model != "next_purchase" else 240),
            on=model,
            purpose="alert",
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: mean prediction",
            indicator=sk.prediction_mean(model),
            threshold=sk.learned(width=8),
            on=model,
            purpose="alert",
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: golden set change",
            indicator=sk.golden_change(model),
            threshold=sk.explicit(lower=0.00001, upper=0.8),
            on=model,
            purpose="alert",
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: fallback share",
            indicator=sk.fallback_share(model),
            threshold=sk.explicit(upper=0.05),
            on=model,
            purpose="alert",
            owner=owner,
        ),
        sk.Monitor(
            f"{model}: expected against observed",
            indicator=sk.expected_vs_observed(model, delay="7d" if model == "next_purchase" else "0d"),
            threshold=sk.learned(width=8),
            on=model,
            purpose="chart" if model == "search_ranking" else "alert",
            owner=owner,
        ),
    ]


search_ranking = watch_model("search_ranking", RANKING)
next_purchase = watch_model("next_purchase", RANKING)
partner_demand = watch_model("partner_demand", PARTNERS)

top_five = sk.Monitor(
    "search_ranking: top-five hit rate",
    indicator=sk.outcome_hit_rate("search_ranking"),
    threshold=sk.learned(width=6),
    on="search_ranking",
    purpose="page",
    owner=RANKING,
)
