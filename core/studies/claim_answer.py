"""Whether the talk's idea helps, in one sentence, from the differences to the matched control."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.pmnist.masks import CUTS
from core.system.number_format import format_signed

ARM = "missing-feature"
Differences = Mapping[str, Mapping[str, Any]]
"""By cut: `mean`, `low` and `high` in points, and `verdict`, as a recorded study has them."""


def find_differences(
    rows: Sequence[Mapping[str, Any]], network: str, columns: Mapping[str, str] | None = None
) -> Differences:
    """Return the differences between the talk's arm and its control on the four cuts, from a study's rows.

    `columns` names the study's column for each cut, where it has another name than the cut.
    """
    found = {row["cut"]: row["difference"] for row in rows if (row["network"], row["arm"]) == (network, ARM)}
    return {cut: found[columns[cut] if columns else cut] for cut in CUTS}


def count_excluded(differences: Differences, claimed: Mapping[str, float]) -> int:
    """Return on how many cuts the interval ends below the talk's gain."""
    return sum(one["high"] is not None and one["high"] < claimed[cut] for cut, one in differences.items())


def answer_claim(differences: Differences, claimed: Mapping[str, float]) -> str:
    """Return the answer first, then how large the gain is, on how many cuts, and what the talk claims."""
    gains = [one["mean"] for one in differences.values() if one["verdict"] == "higher"]
    losses = sum(one["verdict"] == "lower" for one in differences.values())
    refuted, cuts = count_excluded(differences, claimed) == len(differences), f"the {len(differences)} cuts"
    if gains:
        found = f"by up to {max(gains):.1f} points, on {len(gains)} of {cuts}"
        answer = f"{'It helps only a little' if refuted else 'It helps'}: {found}"
    else:
        answer = f"{'It does not help' if refuted else 'We cannot tell'}: no clear gain on any of {cuts}"
    lost = f", and a clear loss on {losses}" if losses else ""
    low, high = (format_signed(pick(claimed[cut] for cut in differences)) for pick in (min, max))
    return f"{answer}{lost}. The talk claims {low} to {high} points."
