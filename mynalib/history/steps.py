"""記憶を数え直すとき、一つの月にすること。"""

STEPS = {
    "followed": ("month",),
    "followed_from": ("month",),
    "noted_now": ("month",),
    "known_now": (),
    "registered": ("month",),
    "compared": ("month", "before"),
    "own_request_vanished": ("month",),
    "contradictions": ("month", "before"),
    "protection_lost": ("month",),
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
