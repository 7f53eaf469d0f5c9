"""A Markdown file taken apart: front matter, title, sections, items of lists. Tolerant, and linear in its length."""

import json
import re
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*")
_ITEM = re.compile(r"[ \t]{0,3}(?:[-*+]|\d{1,3}[.)])[ \t]+(.*)")
_PAIR = re.compile(r"([A-Za-z][A-Za-z0-9 _-]{0,60}?)[ \t]*[:=][ \t]*(.*)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FENCES = ("```", "~~~")
_MOST_SECTIONS = 200


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a file says: front matter by key in small letters, its title, and (heading, text) of its sections.

    Text before the first heading has the heading "".
    """

    front: dict[str, list[str]]
    title: str | None
    sections: tuple[tuple[str, str], ...]


def take_apart(text: str) -> Blocks:
    r"""Read a file; nothing in it is refused, and what belongs nowhere stands in a section.

    >>> take_apart("---\ndate: 2017-01-31\n---\n# Lost\nWhat.\n## Impact\nMuch.").sections
    (('', 'What.'), ('Impact', 'Much.'))
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    front, start = _front(lines)
    title: str | None = None
    found: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fence = ""
    for line in _underlined(lines[start:]):
        opened = next((mark for mark in _FENCES if line.lstrip().startswith(mark)), "")
        fence = "" if fence and opened == fence else fence or opened
        heading = None if fence or opened else _HEADING.fullmatch(line)
        if heading is None:
            found[-1][2].append(line)
        elif title is None and len(found) == 1 and len(heading.group(1)) == 1:
            title = unescaped(heading.group(2))
        else:
            found.append((len(heading.group(1)), heading.group(2), []))
    return Blocks(front, title, _sections(found))


def items(text: str) -> tuple[list[str], str]:
    r"""Items of the lists in a text, each on one line, and the text without them.

    >>> items("Two:\n- one\n  more\n- two")
    (['one more', 'two'], 'Two:')
    """
    found: list[list[str]] = []
    rest: list[str] = []
    inside = False
    for line in text.split("\n"):
        item = _ITEM.fullmatch(line)
        if item is not None:
            found.append([item.group(1)])
            inside = True
        elif inside and line.startswith((" ", "\t")) and line.strip():
            found[-1].append(line.strip())
        else:
            inside = inside and not line.strip()
            rest.append(line)
    return [" ".join(parts).strip() for parts in found if " ".join(parts).strip()], "\n".join(rest).strip()


def paragraphs(text: str) -> list[str]:
    """Stretches of text between empty lines, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def unescaped(text: str) -> str:
    r"""Text as people typed it, without the backslashes that kept Markdown from meaning something.

    >>> unescaped(r"\<b\>all\</b\>")
    '<b>all</b>'
    """
    return _ESCAPE.sub(r"\1", text)


def _front(lines: list[str]) -> tuple[dict[str, list[str]], int]:
    opening = lines[0].strip() if lines else ""
    if opening not in {"---", "+++"}:
        return {}, 0
    end = next((at for at, line in enumerate(lines[1:400], start=1) if line.strip() == opening), None)
    if end is None:
        return {}, 0
    found: dict[str, list[str]] = {}
    last = ""
    for line in lines[1:end]:
        item = _ITEM.fullmatch(line)
        pair = _PAIR.fullmatch(line.strip())
        if item is not None and last:
            found[last].append(_scalar(item.group(1)))
        elif pair is not None:
            last = pair.group(1).strip().lower().replace(" ", "_").replace("-", "_")
            found[last] = _values(pair.group(2).strip())
    return found, end + 1


def _values(text: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in text[1:-1].split(",") if part.strip()]
    return [_scalar(text)] if text else []


def _scalar(text: str) -> str:
    said = text.strip()
    if said.startswith('"') and said.endswith('"') and len(said) > 1:
        try:
            return str(json.loads(said))
        except ValueError:
            return said[1:-1]
    return said[1:-1] if len(said) > 1 and said[0] == said[-1] == "'" else said


def _underlined(lines: list[str]) -> list[str]:
    """Headings that are underlined become headings with signs before them."""
    out: list[str] = []
    for line in lines:
        mark = line.strip()
        heads = len(mark) >= 3 and (set(mark) == {"="} or set(mark) == {"-"})
        plain = bool(out) and bool(out[-1].strip()) and not out[-1].lstrip().startswith(("#", "-", "*", "|", ">"))
        if heads and plain and (len(out) < 2 or not out[-2].strip()):
            out[-1] = f"{'#' if mark[0] == '=' else '##'} {out[-1].strip()}"
        else:
            out.append(line)
    return out


def _sections(found: list[tuple[int, str, list[str]]]) -> tuple[tuple[str, str], ...]:
    """Sections are the shallowest headings; deeper ones stay in the text of the section in which they stand."""
    level = min((depth for depth, _, _ in found if depth), default=1)
    made: list[tuple[str, list[str]]] = []
    for depth, heading, lines in found:
        if depth > level or (depth and len(made) > _MOST_SECTIONS):
            made[-1][1].extend([f"{'#' * max(depth, 3)} {heading}", *lines])
        else:
            made.append((unescaped(heading), lines))
    return tuple(
        (heading, "\n".join(lines).strip("\n")) for heading, lines in made if heading or "".join(lines).strip()
    )
