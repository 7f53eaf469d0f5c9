"""What a refusal says: where and what is wrong, and never the value of anybody."""

import polars as pl
import pytest

from steek.data.ingest.reading import receive
from steek.data.lake.types import storable
from steek.kernel.errors import InputError, UnreadableError

MOST = 10**6
BROKEN = [
    (b'a,b\n"SECRET,1\n2,3,4,SECRET\n', "csv"),
    (b'[{"a": "SECRET"}, {"a": ["SECRET"]}, SECRET]', "json"),
    (b'"SECRET"', "json"),
    (b'{"a": SECRET}', "ndjson"),
    (b'{"a": NaN}\n{"a": "\\ud800SECRET"}', "ndjson"),
    (b"PAR1SECRETSECRETPAR1", "parquet"),
    (b"ARROW1SECRET", "arrow"),
]


@pytest.mark.covers("D13", "N3")
@pytest.mark.parametrize(("content", "format"), BROKEN, ids=[f"{form} {at}" for at, (_, form) in enumerate(BROKEN)])
def test_a_payload_that_cannot_be_read_is_not_quoted(content: bytes, format: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        list(receive(content, format, max_bytes=MOST).chunks(most_bytes=MOST))
    assert "SECRET" not in f"{refused.value} {refused.value.next_step}"
    assert len(str(refused.value)) > 30


@pytest.mark.covers("D13", "N3")
def test_a_value_that_the_lake_cannot_hold_is_not_quoted() -> None:
    with pytest.raises(InputError, match="types of the lake, in one of: card") as refused:
        storable(pl.DataFrame({"card": pl.Series([18446744073709551615], dtype=pl.UInt64), "name": ["x"]}))
    assert "1844674" not in str(refused.value)
