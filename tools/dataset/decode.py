"""Bytes of an uploaded file to text: UTF-8, UTF-16, GB18030, Big5, Windows-1252.

What it does not know: other legacy encodings; a text in one of those may come out as mojibake,
which the critic then marks.
"""

import codecs
import re

from data.errors import BadInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8-bom"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),  # before UTF-16: it begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_PACKED = {b"PK\x03\x04": "xlsx/docx/zip", b"%PDF": "pdf", b"\xd0\xcf\x11\xe0": "xls/doc"}
_UNTYPED = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SURE = 0.9
"""Share of characters that must be everyday ones before an encoding is believed."""
_LOOK = 200_000
"""Characters looked at for that share."""


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises BadInput where it is no text."""
    for start, kind in _PACKED.items():
        if raw.startswith(start):
            raise BadInput("file_kind", kind=kind)
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            return _strict(raw, codec) or _no_text(), name
    if b"\x00" in raw[:4096]:
        return _wide(raw)
    if (text := _strict(raw, "utf-8")) is not None:
        return text, "utf-8"
    return _legacy(raw)


def _wide(raw: bytes) -> tuple[str, str]:
    """UTF-16 that has no mark: the zero bytes of plain letters give its byte order away."""
    codec = "utf-16-le" if raw[1:4096:2].count(0) >= raw[0:4096:2].count(0) else "utf-16-be"
    text = _strict(raw, codec)
    if text is None or "\x00" in text[:4096]:
        _no_text()
    return text or "", "utf-16"


def _legacy(raw: bytes) -> tuple[str, str]:
    if _UNTYPED.search(raw[:4096]):
        _no_text()
    loose = raw.decode("utf-8", "replace")
    good = sum(1 for letter in loose if letter > "\x7f" and letter != "\ufffd")
    if loose.count("\ufffd") * 20 <= good:  # UTF-8 with a few damaged places
        return loose, "utf-8-damaged"
    chinese = _strict(raw, "gb18030")
    if chinese is not None and _share(chinese, "gb2312") >= _SURE:
        return chinese, "gb18030"
    traditional = _strict(raw, "big5")
    if traditional is not None and _share(traditional, "big5", b"\xc6") >= _SURE:
        return traditional, "big5"
    western = _strict(raw, "cp1252")
    if western is not None and sum(byte > 127 for byte in raw) * 5 < len(raw):
        return western, "cp1252"
    return (chinese, "gb18030") if chinese is not None else (_no_text(), "")


def _share(text: str, codec: str, highest: bytes = b"\xff") -> float:
    """Share of the letters beyond ASCII that belong to the everyday part of an encoding."""
    beyond = [letter for letter in text[:_LOOK] if letter > "\x7f"]
    known = [letter.encode(codec, "ignore")[:1] for letter in beyond]
    return sum(bool(first) and first <= highest for first in known) / max(len(beyond), 1)


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def _no_text() -> str:
    raise BadInput("file_not_text")
