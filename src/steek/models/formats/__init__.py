"""Formats in which artifacts are kept; none of them runs code when it is read.

Flows in: bytes from the artifact store. Flows out: predictors. Each format is found through the entry points
`steek.format`; the modules of the built-in ones load their libraries when first used.
"""

from steek.models.formats.loading import open_format

__all__ = ["open_format"]
