from steek.data import (
    Contract as Contract,
)
from steek.data import (
    Conversion as Conversion,
)
from steek.data import (
    CountingJoin as CountingJoin,
)
from steek.data import (
    Dataset as Dataset,
)
from steek.data import (
    ExpectedVolume as ExpectedVolume,
)
from steek.data import (
    FeedChecks as FeedChecks,
)
from steek.data import (
    Field as Field,
)
from steek.data import (
    Filter as Filter,
)
from steek.data import (
    JoinPlan as JoinPlan,
)
from steek.data import (
    Labels as Labels,
)
from steek.data import (
    Sampling as Sampling,
)
from steek.data import (
    clean as clean,
)
from steek.data import (
    derived_dataset as derived_dataset,
)
from steek.evaluation import (
    Baseline as Baseline,
)
from steek.evaluation import (
    at_least as at_least,
)
from steek.evaluation import (
    at_most as at_most,
)
from steek.evaluation import (
    gap_at_most as gap_at_most,
)
from steek.evaluation import (
    golden as golden,
)
from steek.evaluation import (
    golden_change_between as golden_change_between,
)
from steek.evaluation import (
    held_out_by_time as held_out_by_time,
)
from steek.evaluation import (
    not_worse as not_worse,
)
from steek.evaluation import (
    sliced_by as sliced_by,
)
from steek.features import examples as examples
from steek.features import feature_view as feature_view
from steek.features import moment_features as moment_features
from steek.governance import (
    Policy as Policy,
)
from steek.governance import (
    Role as Role,
)
from steek.incidents import MitigationAgreement as MitigationAgreement
from steek.incidents import Stakeholder as Stakeholder
from steek.kernel import ReplayClock as ReplayClock
from steek.kernel import SteekError as SteekError
from steek.measures import Implied as Implied
from steek.models import (
    Canary as Canary,
)
from steek.models import (
    Freshness as Freshness,
)
from steek.models import (
    ModelDefinition as ModelDefinition,
)
from steek.models import (
    Serving as Serving,
)
from steek.models import (
    feature_as_answer as feature_as_answer,
)
from steek.models import (
    previous_version as previous_version,
)
from steek.monitoring import (
    BudgetPolicy as BudgetPolicy,
)
from steek.monitoring import (
    Monitor as Monitor,
)
from steek.monitoring import (
    Objective as Objective,
)
from steek.monitoring import (
    PolicyStep as PolicyStep,
)
from steek.monitoring import (
    Profiled as Profiled,
)
from steek.monitoring import (
    WatchedModel as WatchedModel,
)
from steek.monitoring import (
    calibration_error as calibration_error,
)
from steek.monitoring import (
    canary_share as canary_share,
)
from steek.monitoring import (
    candidate_unavailable_share as candidate_unavailable_share,
)
from steek.monitoring import (
    column_mean as column_mean,
)
from steek.monitoring import (
    column_quantile as column_quantile,
)
from steek.monitoring import (
    data_age as data_age,
)
from steek.monitoring import (
    default_monitors as default_monitors,
)
from steek.monitoring import (
    distinct as distinct,
)
from steek.monitoring import (
    drift as drift,
)
from steek.monitoring import (
    expected_vs_observed as expected_vs_observed,
)
from steek.monitoring import (
    explicit as explicit,
)
from steek.monitoring import (
    fallback_share as fallback_share,
)
from steek.monitoring import (
    feature_skew as feature_skew,
)
from steek.monitoring import (
    freshness as freshness,
)
from steek.monitoring import (
    from_delta as from_delta,
)
from steek.monitoring import (
    from_files as from_files,
)
from steek.monitoring import (
    from_query as from_query,
)
from steek.monitoring import (
    golden_age as golden_age,
)
from steek.monitoring import (
    golden_change as golden_change,
)
from steek.monitoring import (
    indicator as indicator,
)
from steek.monitoring import (
    join_against_expected as join_against_expected,
)
from steek.monitoring import (
    join_matched as join_matched,
)
from steek.monitoring import (
    latency as latency,
)
from steek.monitoring import (
    learned as learned,
)
from steek.monitoring import (
    model_age as model_age,
)
from steek.monitoring import (
    new_slices as new_slices,
)
from steek.monitoring import (
    non_finite_share as non_finite_share,
)
from steek.monitoring import (
    null_share as null_share,
)
from steek.monitoring import (
    outcome_hit_rate as outcome_hit_rate,
)
from steek.monitoring import (
    outside_series as outside_series,
)
from steek.monitoring import (
    prediction_mean as prediction_mean,
)
from steek.monitoring import (
    prediction_statistic as prediction_statistic,
)
from steek.monitoring import (
    queue_age as queue_age,
)
from steek.monitoring import (
    recommendations_per_page as recommendations_per_page,
)
from steek.monitoring import (
    slis as slis,
)
from steek.monitoring import (
    training_backlog as training_backlog,
)
from steek.monitoring import (
    training_rate as training_rate,
)
from steek.monitoring import (
    vanished_slices as vanished_slices,
)
from steek.monitoring import (
    volume as volume,
)
from steek.platform import open_project as open_project
from steek.training import learners as learners
