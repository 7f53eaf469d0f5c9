"""Charts of pages by content: a page names them, the browser fetches each once, and it is drawn when it is asked for.

Drawing takes far longer than all the rest of a page, and most charts lie below what is seen first.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from steek.charts import Spec, render_svg
from steek.kernel.errors import NotFoundError
from steek.kernel.records import content_hash

_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart on a page: its address, what is said to those who do not see it, its size in pixels without axes."""

    address: str
    spoken: str
    width: int
    height: int


class Drawings:
    """Specs of the charts that pages of this process have shown, the newest `_KEPT`; safe to share between threads."""

    def __init__(self) -> None:
        self._specs: OrderedDict[str, tuple[Spec, str]] = OrderedDict()
        self._lock = Lock()

    def add(self, spec: Spec, spoken: str, *, width: int, height: int) -> Drawing:
        """Remember a chart; the same spec has the same address in every process."""
        name = content_hash([spec, spoken])[:24]
        with self._lock:
            self._specs[name] = (spec, spoken)
            self._specs.move_to_end(name)
            while len(self._specs) > _KEPT:
                self._specs.popitem(last=False)
        return Drawing(f"/charts/{name}.svg", spoken, width, height)

    def svg(self, name: str) -> str:
        """The picture.

        Raises:
            NotFoundError: no page of this process has shown it, or very many were shown since.
        """
        with self._lock:
            known = self._specs.get(name)
        if known is None:
            message = f"no page has shown a chart named {name[:40]!r} lately"
            raise NotFoundError(message, next_step="Reload the page it stands on.")
        spec, spoken = known
        return render_svg(spec, description=spoken)
