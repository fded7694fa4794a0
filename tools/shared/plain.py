"""Text of people and models made safe to stand inside Markdown, HTML and tables. Knows no stage."""

import re

_MARKS = str.maketrans({mark: f"&#{ord(mark)};" for mark in '&<>"`*_[]|\\~$@'})
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, marks that turn the reading direction, halves of a character."""


def plain(text: str, limit: int = 0) -> str:
    """The text as it was typed, on any Markdown page: nothing in it is read as markup.

    Line breaks become `<br>`, so that it also fits into one table cell. With a limit (in
    characters) a longer text is cut and ends in an ellipsis.
    """
    seen = _UNSEEN.sub("", text).strip()
    if limit and len(seen) > limit:
        seen = seen[:limit].rstrip() + "…"
    # A bare address would become a link by itself, so its marks are taken away too.
    safe = seen.translate(_MARKS).replace("://", "&#58;//").replace("www.", "www&#46;")
    return safe.replace("\n", "<br>")
