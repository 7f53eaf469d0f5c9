"""What the store promises, how much of it may fail in four weeks, and what was agreed to do when that is spent."""

import steek as sk
from grocer import monitors

DATA, RANKING, PARTNERS = "data@grocer", "ranking@grocer", "partners@grocer"
PRIVACY = "privacy@grocer"

ranking_policy = sk.BudgetPolicy(
    (
        sk.PolicyStep(0.25, "new versions of the ranking go out by canary of 1% only"),
        sk.PolicyStep(0.0, "no new version but repairs, until a week has passed within the promise"),
    ),
    agreed_by=("shop@grocer", RANKING),
)
partner_policy = sk.BudgetPolicy(
    (sk.PolicyStep(0.0, "partners are told, and joins come before every other work"),),
    agreed_by=("sales@grocer", PARTNERS),
)

fresh_ranking = sk.Objective(
    "search ranking is fresh",
    target=0.9,
    monitor="search_ranking: age of its data",
    category="freshness",
    purpose="page",
    owner=RANKING,
    policy=ranking_policy,
    description="People see what was bought until the day before yesterday; an older ranking does not know the season.",
)
fresh_demand = sk.Objective(
    "partner demand is fresh",
    target=0.9,
    monitor="partner_demand: age of its data",
    category="freshness",
    owner=PARTNERS,
    policy=partner_policy,
)
right_in_five = sk.Objective(
    "one of the first five is right",
    target=0.35,
    indicator=sk.slis.right_answers("search_ranking"),
    category="quality",
    purpose="page",
    owner=RANKING,
    policy=ranking_policy,
    description="Popularity alone puts a right product among the first five in a quarter of the searches.",
)
own_answers = sk.Objective(
    "answers are the model's own",
    target=0.99,
    indicator=sk.slis.answers_of_the_model("search_ranking"),
    category="quality",
    owner=RANKING,
)
quick_answers = sk.Objective(
    "answers come within 250 ms",
    target=0.99,
    indicator=sk.slis.answers_within("search_ranking", "250ms"),
    category="latency",
    purpose="page",
    owner=RANKING,
    policy=ranking_policy,
    description="People who wait longer leave the search.",
)
stores_send = sk.Objective(
    "stores send their lines",
    target=0.98,
    monitor=monitors.lines_per_store,
    each_slice=True,
    category="volume",
    owner=DATA,
    description="Every store, every day; one in fifty may be closed, late or odd.",
)
rows_fit = sk.Objective(
    "rows fit their contract",
    target=0.99,
    indicator=sk.slis.rows_accepted("transactions"),
    category="volume",
    owner=DATA,
)
partners_found = sk.Objective(
    "lines find their partner",
    target=0.9,
    monitor=monitors.lines_joined,
    category="volume",
    # Its monitor declares the incident; the promise says what that has cost.
    owner=PARTNERS,
    policy=partner_policy,
    description="Partners read what was sold of theirs every morning.",
)
persons_erased = sk.Objective(
    "persons are erased in time",
    target=0.99,
    indicator=sk.slis.erasures_in_time("48h"),
    least_events=1,
    category="compliance",
    purpose="page",
    owner=PRIVACY,
    description="Who asks to be forgotten is forgotten within two days of the day that was set.",
)
rules_kept = sk.Objective(
    "retention and law are kept",
    target=0.95,
    indicator=sk.slis.rules_kept(),
    category="compliance",
    owner=PRIVACY,
)
