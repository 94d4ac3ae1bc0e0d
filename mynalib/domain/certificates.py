"""資格確認書：なぜ要るか、係がすること、渡し方の、名と言葉（certificates.yaml）。"""

from mynalib.domain.shipped import shipped_yaml

_WRITTEN = shipped_yaml("domain", "certificates")

CERTIFICATE_REASONS: dict[str, str] = _WRITTEN["reasons"]
WRITTEN_REASONS: dict[str, str] = _WRITTEN["written"]
DESK_TASKS: dict[str, str] = _WRITTEN["tasks"]
DELIVERIES: dict[str, str] = _WRITTEN["deliveries"]
RENEW_WITHIN = 3
"""期限がこの月数あとの月末までに来る人は、更新する（三か月あれば、月ごとの仕事のうちに、三度見られる）。"""
