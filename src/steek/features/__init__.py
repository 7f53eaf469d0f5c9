"""The meaning: features declared once, point-in-time correct example sets, snapshots, and the online store.

Flows in: datasets of the lake, declared views, features of the moment, and examples.
Flows out: snapshots in the lake and in the online store; example sets for training and evaluation; feature
matrices for serving, equal to the example sets bit for bit.
"""

from steek.features.blocks import Block
from steek.features.declarations import FeatureRef, FeatureView, MomentFeatures, feature_view, moment_features
from steek.features.example_declaration import Examples, examples
from steek.features.example_sets import ExampleSet, ExampleSets
from steek.features.online import open_online_store
from steek.features.ports import OnlineStore
from steek.features.reader import FeatureMatrix, FeatureReader
from steek.features.redis_store import RedisOnlineStore
from steek.features.service import FeatureService
from steek.features.snapshots import FeatureDefinition, Snapshot
from steek.features.sqlite_store import SqliteOnlineStore

__all__ = [
    "Block",
    "ExampleSet",
    "ExampleSets",
    "Examples",
    "FeatureDefinition",
    "FeatureMatrix",
    "FeatureReader",
    "FeatureRef",
    "FeatureService",
    "FeatureView",
    "MomentFeatures",
    "OnlineStore",
    "RedisOnlineStore",
    "Snapshot",
    "SqliteOnlineStore",
    "examples",
    "feature_view",
    "moment_features",
    "open_online_store",
]
