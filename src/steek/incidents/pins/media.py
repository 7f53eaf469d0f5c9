"""What a file is, by what is in it and never by its name; only what shows nothing by itself is called by its type."""

# Beginnings of the formats that people paste into incidents. What runs when it is opened is not among them.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"\x1f\x8b", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
)
TEXT = "text/plain"
BYTES = "application/octet-stream"
_CONTROL = frozenset(range(32)) - {7, 8, 9, 10, 12, 13, 27}


def media_type(content: bytes) -> str | None:
    """The type of a file's content; text of any kind is plain text; None for what is not known.

    >>> media_type(b"<script>alert(1)</script>")
    'text/plain'
    >>> media_type(bytes([0, 1, 2])) is None
    True
    """
    for beginning, name in _BEGINNINGS:
        if content.startswith(beginning):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if any(byte in _CONTROL for byte in content[:4096]) else TEXT
