"""Sticky split of traffic: the same entity gets the same version for as long as a canary lasts."""

import hashlib

_SPAN = float(1 << 64)


def share_of(model: str, version: int, entity: object) -> float:
    """Where an entity stands in [0, 1) for one canary; below the canary's fraction it gets the candidate.

    The candidate's version salts the hash, so that it is not always the same entities that try what is new, and
    the share of an entity does not depend on the fraction, so whoever is in at 10% is still in at 50%.

    Args:
        model: Name of the model.
        version: The candidate's version.
        entity: Value of the first entity column; 17 and "17" are the same entity.

    >>> share_of("search_ranking", 17, 2375) == share_of("search_ranking", 17, "2375")
    True
    """
    text = f"{model}@{version}:{entity}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2048 / _SPAN
