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

# No model reads demographics; so no service has a policy for them, and a feature that tried would be refused.
loyalty_analyst = sk.Role(
    "loyalty-analyst",
    members=("lou@grocer",),
    owner="loyalty@grocer",
    reason="Asks who the loyalty program reaches, never who somebody is.",
)

privacy_officer = sk.Role(
    "reverser",
    members=("dpo@grocer",),
    owner="dpo@grocer",
    reason="Answers households that ask what is kept about them; each look is written down with its reason.",
)

demographics_in_research = sk.Policy(
    "demographics",
    to=("loyalty-analyst",),
    purposes=("research",),
    columns={
        "household_id": "pseudonym",
        "age": "allow",
        "income": "mask",
        "household_size": "allow",
        "household_comp": "allow",
        "kids_count": "allow",
    },
    owner="loyalty@grocer",
    reason="Research compares groups of households by age and size; incomes and marriages are nobody's business.",
)
