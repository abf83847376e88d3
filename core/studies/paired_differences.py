"""Statistics over many seeds: means, spreads, paired differences with intervals, and conclusions as sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit  # scipy.stats takes 20 MB and half a second

from core.networks.evaluation import TALK_GAIN
from core.pmnist.masks import CUTS
from core.studies.arms import ARMS, COLUMNS
from core.system.number_format import format_difference, format_interval, format_signed
from core.system.wording import join_words

CONFIDENCE = 0.95
MIN_ACCURACY = (
    50.0  # percent of whole digits: below it a network has not learned, at any rate or seed that others learn with
)
FATES = {
    "reproduced": "we find a gain as large as the talk's",
    "undecided": "our seeds cannot tell whether there is a gain as large as the talk's",
    "not reproduced": "we find no gain as large as the talk's",
}
TITLES = {"published": "The published network", "talk": "The talk's network"}

Figures = Mapping[str, Mapping[str, Sequence[float]]]
"""Accuracy in percent by arm and column, a value for each seed, the first seed first."""


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences in points, with its interval; one seed has none."""

    mean: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """`higher`, `lower`, or `open` while the interval holds zero."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "open"
        return "higher" if self.low > 0 else "lower"

    def __str__(self) -> str:
        mean = format_difference(self.mean)
        return mean if self.low is None or self.high is None else f"{mean} ({format_interval(self.low, self.high)})"


def paired_difference(values: Sequence[float], others: Sequence[float]) -> Difference:
    """Return the mean difference over the seeds that both have, with Student's 95 % interval of it."""
    pairs = min(len(values), len(others))
    differences = np.subtract(values[:pairs], others[:pairs])
    mean = float(differences.mean())
    if pairs < 2:
        return Difference(mean, None, None)
    reach = float(stdtrit(pairs - 1, (1 + CONFIDENCE) / 2) * differences.std(ddof=1) / pairs**0.5)
    return Difference(mean, mean - reach, mean + reach)


def to_rows(network: str, figures: Figures) -> Iterator[dict[str, Any]]:
    """Yield a row for every arm and column: mean, spread, values, and differences to its control and the standard."""
    for arm, columns in figures.items():
        control = ARMS[arm].control
        for cut, values in columns.items():
            row = {
                "network": network,
                "arm": arm,
                "title": ARMS[arm].title,
                "track": ARMS[arm].track,
                "cut": cut,
                "seeds": len(values),
                "mean": round(float(np.mean(values)), 3),
                "std": round(float(np.std(values, ddof=1)), 3) if len(values) > 1 else None,
                "values": [round(value, 2) for value in values],
            }
            for name, other in (("difference", control), ("to_standard", "standard" if arm != "standard" else None)):
                row[name] = _against(other, values, figures, cut) if other and other in figures else None
            yield row


def _against(other: str, values: Sequence[float], figures: Figures, cut: str) -> dict[str, Any]:
    found = paired_difference(values, figures[other][cut])
    bounds = {name: None if value is None else round(value, 3) for name, value in vars(found).items()}
    return {"control": other, **bounds, "verdict": found.verdict}


def conclude(network: str, figures: Figures) -> list[str]:
    """Return the conclusions for one network, in sentences."""
    sentences = [*_verdict(network, figures), *_spread(network, figures), *_claim(figures)]
    for arm in figures:
        if ARMS[arm].control in figures and arm != "missing-feature":
            sentences.append(_about(arm, figures))
        elif not has_learned(figures[arm]["whole"]):
            sentences.append(_not_learned(arm, figures))
    return [*sentences, *_by_chance(figures), *_ceiling(figures)]


def _verdict(network: str, figures: Figures) -> Iterator[str]:
    """Say in one sentence whether the talk's claim is reproduced."""
    if not {"missing-feature", "control"} <= set(figures):
        return
    found = {cut: paired_difference(figures["missing-feature"][cut], figures["control"][cut]) for cut in CUTS}
    better = [cut for cut in CUTS if found[cut].verdict == "higher"]
    worse = [cut for cut in CUTS if found[cut].verdict == "lower"]
    became: dict[str, list[str]] = {fate: [] for fate in FATES}
    for cut in CUTS:
        became[_reproduction(found[cut], TALK_GAIN[cut])].append(cut)
    talk = " ".join(f"On {join_words(cuts)}, {FATES[fate]}." for fate, cuts in became.items() if cuts)
    yield (
        f"{TITLES.get(network, network)} with the talk's inversion (1 − x, frozen, reset) reads "
        f"{join_words(better) or 'none of the four cuts'} clearly better than its matched control"
        f"{f', and {join_words(worse)} clearly worse' if worse else ''}. {talk}"
    )


def _reproduction(found: Difference, claimed: float) -> str:
    """Say whether a claimed gain is reproduced; undecided while the interval contains both the gain and zero."""
    if found.low is None or found.high is None or (found.low <= 0 and found.low <= claimed <= found.high):
        return "undecided"
    return "reproduced" if found.low > 0 and claimed <= found.high else "not reproduced"


def _spread(network: str, figures: Figures) -> Iterator[str]:
    values = figures.get("standard", {}).get("HCUT", ())
    if len(values) > 1:
        low, high = min(values), max(values)
        yield (
            f"{TITLES.get(network, network)}, trained as usual with {len(values)} seeds, reads {low:.1f} to "
            f"{high:.1f} % of HCUT. So chance alone makes a difference of {high - low:.1f} points; the talk's gain is "
            f"{TALK_GAIN['HCUT']:.1f} points."
        )


def _claim(figures: Figures) -> Iterator[str]:
    """Compare the talk's gains with ours, first against the standard network, then against the matched control."""
    for arm, words in (("standard", "standard network, as in the talk"), ("control", "matched control")):
        if not {"missing-feature", arm} <= set(figures):
            continue
        found = {cut: paired_difference(figures["missing-feature"][cut], figures[arm][cut]) for cut in CUTS}
        parts = [f"on {cut} by {found[cut]}, {_judge(found[cut], TALK_GAIN[cut])}" for cut in CUTS]
        yield f"Compared with the {words}, the inversion changes the accuracy (in points) {'; '.join(parts)}."


def _judge(found: Difference, claimed: float) -> str:
    """Say whether a claimed gain is reproduced, and what was found instead."""
    if found.low is None:
        return f"but one seed is not enough to compare with the talk's {format_signed(claimed)}"
    fate = _reproduction(found, claimed)
    if fate == "not reproduced" and found.verdict == "higher":
        return f"a gain, but smaller than the talk's {format_signed(claimed)}"
    if found.verdict == "lower":
        return f"a loss, not the talk's {format_signed(claimed)}"
    return f"so the talk's {format_signed(claimed)} is {fate}"


def _about(arm: str, figures: Figures) -> str:
    control = str(ARMS[arm].control)
    if not has_learned(figures[arm]["whole"]):
        return _not_learned(arm, figures)
    found = {cut: paired_difference(figures[arm][cut], figures[control][cut]) for cut in COLUMNS if cut in figures[arm]}
    seeds = len(figures[arm]["whole"])
    parts = []
    for verdict, words in (("higher", "higher on"), ("lower", "lower on")):
        cuts = [f"{cut} {difference}" for cut, difference in found.items() if difference.verdict == verdict]
        parts += [f"{words} {', '.join(cuts)}"] if cuts else []
    still_open = [cut for cut, difference in found.items() if difference.verdict == "open"]
    unclear = f"no clear difference over {seeds} seed{'s' * (seeds > 1)} on"
    parts += [f"{unclear} {', '.join(still_open)}"] if still_open else []
    return f"{ARMS[arm].title}, against {ARMS[control].title}: {'; '.join(parts)}."


def has_learned(whole: Sequence[float]) -> bool:
    """Say whether an arm learned to read whole digits, by its accuracies on them: else its differences mean nothing."""
    return min(whole) > MIN_ACCURACY


def _not_learned(arm: str, figures: Figures) -> str:
    values = figures[arm]["whole"]
    lost = sum(value <= MIN_ACCURACY for value in values)
    return f"{ARMS[arm].title} did not learn to read whole digits with {lost} of {len(values)} seeds at this rate."


def _by_chance(figures: Figures) -> Iterator[str]:
    compared = [
        (arm, str(ARMS[arm].control))
        for arm in figures
        if ARMS[arm].control in figures and has_learned(figures[arm]["whole"])
    ]
    found = [
        paired_difference(figures[arm][cut], figures[control][cut]) for arm, control in compared for cut in figures[arm]
    ]
    told = sum(difference.verdict != "open" for difference in found)
    if any(difference.low is not None for difference in found):
        share = (1 - CONFIDENCE) * len(found)
        yield (
            f"{told} of {len(found)} intervals exclude zero; about {share:.0f} would do so by chance alone, so "
            "a single one says little."
        )


def _ceiling(figures: Figures) -> Iterator[str]:
    if "partial-samples" in figures:
        means = ", ".join(f"{cut} {np.mean(figures['partial-samples'][cut]):.1f} %" for cut in ("whole", *CUTS))
        yield (
            f"Trained on partial samples, which the talk excludes, the same network reads {means}: "
            "an upper bound, not a fair comparison."
        )


def collect_accuracies(
    parts: Iterable[Mapping[str, Any]], *, first: int
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return the accuracies of every network from its finished seeds, which start at `first`.

    Each arm has its seeds up to the first missing one, so that values can be paired.
    """
    figures: dict[str, dict[str, dict[str, list[float]]]] = {}
    for part in sorted(parts, key=lambda part: int(part["seed"])):
        found = figures.setdefault(part["network"], {})
        for arm, accuracies in part["arms"].items():
            columns = found.setdefault(arm, {cut: [] for cut in COLUMNS})
            if len(columns["whole"]) == part["seed"] - first:
                for cut in COLUMNS:
                    columns[cut].append(accuracies[cut])
    return {
        network: {arm: found[arm] for arm in ARMS if found.get(arm, {}).get("whole")}
        for network, found in figures.items()
    }
