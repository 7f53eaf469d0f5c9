"""Formats in which models are kept; none of them runs code when it is read.

Flows in: bytes of an artifact, of one model or of a fleet in one bundle. Flows out: predictors. Each format is found
through the entry points `steek.format` and loads its library when first used. This room knows nothing of the house,
so that a process under limits can look at an artifact without loading all of it.
"""

from steek.formats.fleet import FleetBundle, MemberFacts, pack, unpack
from steek.formats.loading import open_format
from steek.formats.ports import ModelFormat, Predictor

__all__ = ["FleetBundle", "MemberFacts", "ModelFormat", "Predictor", "open_format", "pack", "unpack"]
