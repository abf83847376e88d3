"""Names that were changed: links from before still open."""

FORMER_NAMES: dict[tuple[str, str, str], str] = {
    # (page, name of the part in the address, former text): present text. A former text is no option any more.
    # See, look inside
    ("why", "view", "Where it looks"): "Which pixels count",
    ("why", "view", "What its maps saw"): "What its maps respond to",
    ("feature_maps", "two", "whole and rubbed out"): "whole and erased",
    ("pmnist", "view", "Watch it go"): "Watch it disappear",
    ("pmnist", "view", "Who mixes up what"): "Which digits get confused",
    # Make, break, class
    ("attack", "view", "Who falls"): "Whose noise fools whom",
    ("attack", "curves", "cost"): "loss",
    ("attack", "under", "that of Standard"): "noise of Standard",
    ("made_digits", "view", "Watch it learn"): "Training",
    ("made_digits", "view", "Does it help?"): "Pretraining",
    ("made_digits", "view", "Where this leads"): "Background",
    ("results", "view", "The idea"): "Variants",
    ("results", "view", "All figures"): "All accuracies",
    ("results", "view", "Beside the talk"): "Compared with the talk",
    ("results", "view", "Sentence by sentence"): "Conclusions",
    ("train", "start", "nothing: all weights drawn anew"): "from scratch",
    ("transfer", "view", "Two classes"): "New classes",
    ("train", "view", "Keep"): "Runs",
    ("train", "part", "In short"): "Summary",
    ("train", "part", "What it mixes up"): "Confusion matrix",
    ("train", "part", "Surest mistakes"): "Mistakes",
    ("train", "part", "Stages"): "Layers",
    ("train", "inversion", "as it is"): "unchanged",
}


def present_parts(page: str, parts: dict[str, str]) -> dict[str, str]:
    """Return a link's parts with their present names and texts.

    *Transfer* had a part for each of two digits, 3 and 5 at first.
    """
    kept = {name: present_text(page, name, text) for name, text in parts.items()}
    if page == "transfer" and kept.keys() & {"tell", "from"}:
        kept["classes"] = f"{kept.pop('tell', '3')},{kept.pop('from', '5')}"
    return kept


def present_text(page: str, part: str, text: str) -> str:
    """Return what a part of a link says with the present names of options, also in a list separated by commas."""
    if (page, part, text) in FORMER_NAMES:
        return FORMER_NAMES[page, part, text]
    return ",".join(FORMER_NAMES.get((page, part, word), word) for word in text.split(","))
