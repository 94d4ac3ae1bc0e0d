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
# sha256 の 16 進。中の数字の並びが、だれかの番号と同じになりうる
HASHES = re.compile("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# 16 字は、解くと 12 バイト。それより短い並びは、ふつうの語がほとんどなので、解かない
BASE64 = re.compile("[A-Za-z0-9+/]{16,}")
INVISIBLE = re.compile("[\0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
INLINE_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|a|wbr|mark|small|sub|sup|tspan|code)\b[^>]*>")
# 「830 3002」と「8,303,002」。組が一つだけの「12,345」は、人数の書き方なので、つながない
BROKEN = re.compile("[0-9]+(?:[ '’_][0-9]+)+|[0-9]{1,3}(?:,[0-9]{3}){2,}")
LONG = 7  # 区切りを除いて、これより短い数字は、人数かもしれない


def texts_in(content: bytes) -> Iterator[str]:
    """中身を文にしたもの。同じところが、いくつもの形で出る。"""
    for text in _texts(content):
        # 戻す順：HTML の &#51; → JSON の \u0038 → URL の %38 → 全角。JSON は HTML の中に、URL は JSON の中に入る
        escaped = re.sub(
            r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), html.unescape(text)
        )
        plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", urllib.parse.unquote(escaped)))
        # 「<b>830</b>3002」は、目には 8303002。ただし、隣りあう二つの数もつながるので、つなぐ前（plain）も調べる
        # （どの書き方も tests/verbs/test_publish.py の、書き方によらず見つける、という試験にある）
        untagged = INLINE_TAG.sub("", plain)
        # たいていの文では、三つとも同じ
        yield from dict.fromkeys((plain, untagged, BROKEN.sub(_joined, untagged)))


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
    # UTF-16 のしるし：英数字に、一字おきに 0 が入る
    if b"\0" in content:
        yield from (content.decode(encoding, "ignore") for encoding in ("utf-16-le", "utf-16-be"))
    for found in BASE64.findall(text):
        # base64 は四字ずつ。半端な字があると読めないので、切り落とす
        yield base64.b64decode(found[: len(found) // 4 * 4]).decode("utf-8", "ignore")
