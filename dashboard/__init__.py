"""The dashboard: one folder per page, and what pages share in `components`, `server`, `address`, `widgets`, `shell`."""

PAGES = (
    "start",
    "compare",
    "pmnist",
    "missing_features",
    "feature_maps",
    "convolution",
    "maximize",
    "why",
    "train",
    "transfer",
    "made_digits",
    "attack",
    "similarity",
    "lessons",
    "quiz",
    "results",
)
