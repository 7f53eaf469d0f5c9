"""Who may see what of the store's customers."""

import steek as sk

# Households are the entities of the ranking model: its features, its examples and its live quality are about them.
households_in_models = sk.Policy(
    "transactions",
    to=("service:features", "service:evaluation"),
    purposes=("training", "evaluation"),
    columns={"household_id": "allow"},
    owner="ranking@grocer",
    reason="The search ranking is personal: it learns from what a household bought, and is judged by it.",
)
