"""The peers of series evaluation, as a program of an environment of its own: `series_evaluation_peers.py ARRAY`.

Reads series x days, and prints one JSON line with the seconds for all of them. Imports and reading are not timed.
"""

import json
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np


def main() -> None:
    series = np.sqrt(np.load(sys.argv[1]))
    decompose: Any = import_module("statsmodels.tsa.seasonal").STL
    changes: Any = import_module("ruptures").Pelt
    started = time.perf_counter()
    for values in series:
        remainder = decompose(values, period=7, robust=True).fit().resid
        middle = np.median(remainder)
        half = 6 * 1.4826 * np.median(np.abs(remainder - middle))
        bool(abs(remainder[-1] - middle) > half)
        spread = max(float(np.median(np.abs(np.diff(values)))), 1e-9)
        changes(model="l2", min_size=2, jump=1).fit(values).predict(pen=10 * spread**2)
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
