"""What an author of a plug-in needs to test it: one conformance suite per seam, shipped with steek.

Flows in: an implementation of a seam. Flows out: the same checks that steek's own implementations pass.
"""

__all__: list[str] = []
