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
    Objective as Objective,
    PolicyStep as PolicyStep,
    Profiled as Profiled,
    WatchedModel as WatchedModel,
)
from steek.monitoring import (
    data_age as data_age,
)
from steek.monitoring import (
    expected_vs_observed as expected_vs_observed,
)
from steek.monitoring import (
    explicit as explicit,
)
from steek.monitoring import (
    fallback_share as fallback_share,
    from_delta as from_delta,
    from_files as from_files,
    from_query as from_query,
)
from steek.monitoring import (
    golden_change as golden_change,
)
from steek.monitoring import (
    join_matched as join_matched,
)
from steek.monitoring import (
    learned as learned,
)
from steek.monitoring import (
    model_age as model_age,
)
from steek.monitoring import (
    outcome_hit_rate as outcome_hit_rate,
)
from steek.monitoring import (
    prediction_mean as prediction_mean,
)
from steek.monitoring import (
    slis as slis,
)
from steek.monitoring import (
    volume as volume,
)
from steek.platform import open_project as open_project
from steek.training import learners as learners
