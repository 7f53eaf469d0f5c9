"""What the header Content-Type calls the formats of rows."""

from steek.kernel.errors import UnreadableError

_FORMATS = {
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/x-ndjson": "ndjson",
    "application/json": "json",
    "text/csv": "csv",
}


def format_of(content_type: str | None) -> str:
    """The format that a content type stands for; parameters such as the charset are left out.

    Raises:
        UnreadableError: none is known by that name.

    >>> format_of("text/csv; charset=utf-8")
    'csv'
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        message = f"content type {kind[:100]!r} is not understood; allowed: {', '.join(_FORMATS)}"
        raise UnreadableError(message, next_step="Say what the body is in the header Content-Type.")
    return _FORMATS[kind]
