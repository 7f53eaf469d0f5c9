"""Text of others as it may stand in tables, terminals, mails and requests."""

import re

# Controls (terminals obey them, PostgreSQL takes no NUL), lone surrogates (no UTF-8), and what turns the
# direction of the text that follows (Unicode Technical Report 36, 3.3).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_MORE = "\N{HORIZONTAL ELLIPSIS}"


def plain_lines(text: str, most: int) -> str:
    r"""The text in lines, without control characters, cut after `most` characters.

    >>> plain_lines("red \x1b[31m\r\nalert", 80)
    'red [31m\nalert'
    """
    cut = _CONTROLS.sub("", text[: 2 * most].replace("\r\n", "\n"))
    return cut if len(cut) <= most else f"{cut[: most - 1]}{_MORE}"


def plain_line(text: str, most: int) -> str:
    r"""As `plain_lines`, in one line; "?" for a text that has nothing to show.

    >>> plain_line("no lines\n\tof store 3", 80)
    'no lines of store 3'
    """
    # Separators of lines and paragraphs are spaces to split(); so are those of other scripts.
    found = " ".join(plain_lines(text[: 2 * most], 2 * most).split())
    shown = found if len(found) <= most else f"{found[: most - 1]}{_MORE}"
    return shown or ("?" if text else "")
