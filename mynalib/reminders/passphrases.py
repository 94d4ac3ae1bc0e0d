"""事業所ごとの合言葉。一つの親の合言葉で開く置き場に、暗号化して置く。

親の合言葉は、尋ねるか、環境変数で渡す。設定にも、命令の引数にも、ファイルにも書かない。事業所の合言葉は、作ったときに一度だけ見せる。
鍵は scrypt（RFC 7914）、暗号は AES-256-GCM（NIST SP 800-38D）。どちらも cryptography のもの。
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mynalib.domain.errors import MynaError
from mynalib.history.files import write_file

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # 読みちがえる字（i と 1、l、o と 0）のない 31 字
GROUPS = 5
GROUP = 4  # 一組の字の数。5 組の 20 字で 99 ビット
SHORTEST = 12
"""親の合言葉の、いちばん短い長さ。"""
SALT = 16  # バイト
NONCE = 12  # バイト。AES-GCM の決まり
SHORTEST_STORE = SALT + NONCE + 16  # バイト。おわりは GCM の印
# 一回ごとに n × r × 128 バイト＝ 32 MB を使わせる。親の合言葉を総当たりで試すのを、高くする
_COST = {"length": 32, "n": 2**15, "r": 8, "p": 1}


class MasterRefused(MynaError):
    """親の合言葉がないか、違うか、短い。"""

    code = "MASTER_REFUSED"
    what = "親の合言葉が違います"
    fix = (
        "合言葉の置き場（data/keys/passphrases.bin）を作ったときの、親の合言葉を使ってください。忘れたときは、その置き場を消すと、"
        "新しく作れます（事業所の合言葉も、全て新しくなります）。"
    )


@dataclass(frozen=True)
class Passphrases:
    """合言葉の置き場。path は、暗号化したファイル。"""

    path: Path

    @property
    def is_new(self) -> bool:
        return not self.path.is_file()

    def of(self, employer: str, master: str, *, renew: bool = False) -> tuple[str, bool]:
        """その事業所の合言葉と、いま作ったか。なければ作って置く。

        Args:
            renew: あっても、新しく作るか（合言葉が漏れたか、忘れられたとき）。
        Raises:
            MasterRefused: 親の合言葉が違うか、短い。
        """
        known = {} if self.is_new else self.all(master)
        if employer in known and not renew:
            return known[employer], False
        known[employer] = new_passphrase()
        self._seal(known, master)
        return known[employer], True

    def all(self, master: str) -> dict[str, str]:
        """事業所コードから、合言葉へ。

        Raises:
            MasterRefused: 親の合言葉が違うか、置き場が壊れている。
        """
        content = self.path.read_bytes()
        if len(content) < SHORTEST_STORE:
            what = "合言葉の置き場（data/keys/passphrases.bin）が、途中で切れています"
            fix = (
                "バックアップから、その置き場を戻してください。なければ、消すと新しく作れます"
                "（事業所の合言葉も、全て新しくなります）。"
            )
            raise MasterRefused(where="親の合言葉", what=what, fix=fix)
        salt = content[:SALT]
        nonce = content[SALT : SALT + NONCE]
        sealed = content[SALT + NONCE :]
        try:
            return json.loads(AESGCM(_key(master, salt)).decrypt(nonce, sealed, None))
        except InvalidTag:
            # GCM の印が合わないのは、合言葉が違うか、ファイルが変えられたか。区別はつかない
            raise MasterRefused(where="親の合言葉") from None

    def _seal(self, known: dict[str, str], master: str) -> None:
        if len(master) < SHORTEST:
            what = f"短すぎます（{SHORTEST} 字から）"
            fix = "いくつかの言葉を並べた、長いものにしてください。忘れないように、組合の決めた場所に控えてください。"
            raise MasterRefused(where="親の合言葉", what=what, fix=fix)
        # 書くたびに塩もノンスも新しくする。GCM は、同じ鍵とノンスを二度使うと破れる
        salt = secrets.token_bytes(SALT)
        nonce = secrets.token_bytes(NONCE)
        text = json.dumps(known, sort_keys=True).encode()
        write_file(self.path, salt + nonce + AESGCM(_key(master, salt)).encrypt(nonce, text, None))


def new_passphrase() -> str:
    """電話でも伝えられる、偶然の合言葉。"""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _key(master: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, **_COST).derive(master.encode())
