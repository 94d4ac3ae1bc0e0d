"""一つのファイルの、あらゆる読み方：展開し、解読し、書き方を変えて隠れた値も見える形にする。"""

import base64
import html
import io
import re
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Iterator

ZIP = b"PK\x03\x04"
HASHES = re.compile("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
BASE64 = re.compile("[A-Za-z0-9+/]{16,}")
INVISIBLE = re.compile("[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
INLINE_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|a|wbr|mark|small|sub|sup|tspan|code)\b[^>]*>")
BROKEN = re.compile("[0-9]+(?:[ '’_][0-9]+)+|[0-9]{1,3}(?:,[0-9]{3}){2,}")
LONG = 7  # 区切りを除いて、これより短い数字は、人数かもしれない


def texts_in(content: bytes) -> Iterator[str]:
    """中身を文にしたもの。同じところが、いくつもの形で出る。"""
    for text in _texts(content):
        escaped = re.sub(
            r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), html.unescape(text)
        )
        plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", urllib.parse.unquote(escaped)))
        untagged = INLINE_TAG.sub("", plain)
        yield from (plain, untagged, BROKEN.sub(_joined, untagged))


def _joined(found: re.Match) -> str:
    digits = re.sub("[^0-9]", "", found[0])
    return digits if len(digits) >= LONG else found[0]


def _texts(content: bytes) -> Iterator[str]:
    """展開したもの、UTF-8、UTF-16、base64 の中。ハッシュ（数字の並び）は除く。"""
    if content.startswith(ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name
                yield from _texts(packed.read(name))
        return
    text = HASHES.sub("", content.decode("utf-8", "ignore"))
    yield text
    if b"\0" in content:
        yield from (content.decode(encoding, "ignore") for encoding in ("utf-16-le", "utf-16-be"))
    for found in BASE64.findall(text):
        yield base64.b64decode(found[: len(found) // 4 * 4]).decode("utf-8", "ignore")
