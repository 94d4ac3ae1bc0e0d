"""記憶を数え直すとき、一つの月にすること。"""

STEPS = {
    "followed": ("month",),
    "followed_from": ("month",),
    "noted_now": ("month",),
    "known_now": (),
    # 閉じるのが先：食い違いなく登録し直し、そのあと証明書の切れた人（renew）を、見張りの続きとして控えない
    "registered": ("month",),
    "compared": ("month", "before"),
    # ここから三つは、もう控えている人を加えない。先に加えたわけが残る
    "own_request_vanished": ("month",),
    "contradictions": ("month", "before"),
    "protection_lost": ("month",),
    # いなくなった人が戻ったと分かってから、その人かもしれないとした人を閉じる
    "gone_back": ("month",),
    "newcomers_cleared": ("month",),
    "gone": ("month", "before"),
    "gone_rows": ("month", "before"),
    "newcomers": ("month", "before"),
    "watched": ("month",),
}
"""一つの月にすること（sql/ の名）と、その引数。この順に：鍵を新しくし、閉じ、前の月と比べ、いなくなった人を探し、見張る人を加える。"""
AFTER_ANOTHER = (
    "compared",
    "contradictions",
    "gone_back",
    "newcomers_cleared",
    "gone",
    "gone_rows",
    "newcomers",
)
"""前の月があるときだけのもの。"""
