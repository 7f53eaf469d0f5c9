"""The vocabulary of a project, for type checkers; `__init__.py` loads the same names on use."""

from steek.data import (
    Contract as Contract,
    CountingJoin as CountingJoin,
    Dataset as Dataset,
    Field as Field,
    derived_dataset as derived_dataset,
)
from steek.evaluation import (
    Baseline as Baseline,
    at_least as at_least,
    at_most as at_most,
    gap_at_most as gap_at_most,
    golden as golden,
    golden_change_between as golden_change_between,
    held_out_by_time as held_out_by_time,
    not_worse as not_worse,
    sliced_by as sliced_by,
)
from steek.features import examples as examples, feature_view as feature_view, moment_features as moment_features
from steek.kernel import ReplayClock as ReplayClock, SteekError as SteekError
from steek.models import (
    Canary as Canary,
    Freshness as Freshness,
    ModelDefinition as ModelDefinition,
    Serving as Serving,
    feature_as_answer as feature_as_answer,
    previous_version as previous_version,
)
from steek.monitoring import (
    Monitor as Monitor,
    data_age as data_age,
    expected_vs_observed as expected_vs_observed,
    explicit as explicit,
    fallback_share as fallback_share,
    golden_change as golden_change,
    join_matched as join_matched,
    learned as learned,
    model_age as model_age,
    outcome_hit_rate as outcome_hit_rate,
    prediction_mean as prediction_mean,
    volume as volume,
)
from steek.platform import open_project as open_project
from steek.training import learners as learners
