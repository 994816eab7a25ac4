"""Which number of segments to take, and how far to trust it, in plain words with the figures that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from segmentation.choosing.selection import Candidate, Reason, Verdict
from segmentation.clustering import BRIDGED
from segmentation.wording import upper_first

REPEATABLE = 0.90
"""Least mean agreement between resamples (adjusted Rand index) of a number of segments that we recommend."""

SMALLEST_SHARE = 0.05
SEPARATED_BY = 0.05
"""Least gap over shuffled columns. Files without structure stay within 0.02."""

LEAST_LEAD = 0.015
"""Least lead of the silhouette over that of shuffled columns, which is a blunter measure of the same."""

GAP_ERRORS = 3.0
CLEARLY_REPEATABLE = 0.95
LEAST_NATURAL_SHARE = 0.005
"""A segment that stands apart may be small; under this share it is a handful of odd customers."""

ALIKE = 0.01
"""Algorithms whose silhouettes differ by less are as good as each other; the simplest is taken."""

Lack = Literal["separation", "repeatability", "size"]

WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def recommend(candidates: Sequence[Candidate]) -> tuple[Candidate, Verdict]:
    """The candidate to take from a sweep over algorithms and numbers of segments, with the verdict on it.

    Where there are natural segments, the largest number of them; else the largest number that repeats and keeps every segment big
    enough, by the algorithm that separates them best; else, with the verdict `none`, the one that repeats best of those that
    differ from shuffled columns. ValueError without candidates.
    """
    if not candidates:
        raise ValueError("A recommendation needs at least one candidate.")
    chosen = _choose(candidates)
    return chosen, judge(candidates, chosen)


def _choose(candidates: Sequence[Candidate]) -> Candidate:
    natural = [candidate for candidate in candidates if _natural(candidate)]
    useful = [candidate for candidate in candidates if _useful(candidate)]
    separated = [candidate for candidate in candidates if _separated(candidate)]
    if natural:
        most = max(candidate.k for candidate in natural)
        return _best_separated([candidate for candidate in natural if candidate.k == most])
    if useful:
        return _best_separated(_largest_of_each(useful))
    return max(separated or candidates, key=lambda candidate: candidate.stability_ari)


def judge(candidates: Sequence[Candidate], chosen: Candidate) -> Verdict:
    """The verdict on `chosen`, seen beside the other `candidates` of its algorithm; ValueError when it is not among them.

    Where somebody asked for another number than the customers show, it says which one that is.
    """
    if chosen not in candidates:
        raise ValueError(f"The sweep holds no such fit with {chosen.k} segments.")
    alike = [candidate for candidate in candidates if candidate.algorithm == chosen.algorithm]
    own = _choose(candidates)
    shown = own if own.k != chosen.k and _natural(own) else None
    reasons = _reasons(alike, chosen, shown)
    if _natural(chosen):
        return _natural_verdict(chosen, reasons)
    if _useful(chosen):
        return _useful_verdict(alike, chosen, reasons) if shown is None else _beside_natural_verdict(shown, chosen, reasons)
    return _no_verdict(chosen, reasons, own)


def lacks(candidate: Candidate) -> tuple[Lack, ...]:
    """What a candidate lacks to be useful: nothing where it is."""
    checks: tuple[tuple[Lack, bool], ...] = (
        ("separation", _separated(candidate)),
        ("repeatability", candidate.stability_ari >= REPEATABLE),
        ("size", candidate.smallest_share >= SMALLEST_SHARE),
    )
    return tuple(name for name, holds in checks if not holds)


def _separated(candidate: Candidate) -> bool:
    lead = candidate.silhouette - candidate.silhouette_null
    return lead >= LEAST_LEAD and candidate.gap >= max(SEPARATED_BY, GAP_ERRORS * candidate.gap_error)


def _useful(candidate: Candidate) -> bool:
    return _separated(candidate) and candidate.stability_ari >= REPEATABLE and candidate.smallest_share >= SMALLEST_SHARE


def _natural(candidate: Candidate) -> bool:
    """Whether hardly anybody lies between any two segments, and the partition comes back nearly unchanged."""
    apart = candidate.bridge is not None and candidate.bridge <= BRIDGED and candidate.smallest_share >= LEAST_NATURAL_SHARE
    return apart and _separated(candidate) and candidate.stability_ari >= CLEARLY_REPEATABLE


def _largest_of_each(useful: Sequence[Candidate]) -> list[Candidate]:
    """Of each algorithm its largest number of segments, in the order of the sweep."""
    return list({candidate.algorithm: candidate for candidate in sorted(useful, key=lambda candidate: candidate.k)}.values())


def _best_separated(candidates: Sequence[Candidate]) -> Candidate:
    best = max(candidate.silhouette for candidate in candidates)
    return next(candidate for candidate in candidates if candidate.silhouette >= best - ALIKE)


def _natural_verdict(chosen: Candidate, reasons: tuple[Reason, ...]) -> Verdict:
    return Verdict(
        "natural",
        f"Natural: there are {WORDS[chosen.k]} segments with gaps between them",
        f"Hardly anybody lies between any two of the {WORDS[chosen.k]}, and resamples bring back the same "
        f"{WORDS[chosen.k]} (agreement {chosen.stability_ari:.2f} of 1).",
        reasons,
    )


def _useful_verdict(candidates: Sequence[Candidate], chosen: Candidate, reasons: tuple[Reason, ...]) -> Verdict:
    defensible = [candidate.k for candidate in candidates if _useful(candidate)]
    several = len(defensible) > 1
    could = f"{_numbers(defensible)} could be defended" if several else f"only {WORDS[chosen.k]} can be defended"
    but = "no single number stands out" if several else "there are no gaps between them"
    largest = "the largest number" if chosen.k == max(defensible) else "a number"
    return Verdict(
        "useful",
        f"Useful, not natural: {WORDS[chosen.k]} segments repeat, but {but}",
        f"Customers shade into each other, so {could}. {WORDS[chosen.k].capitalize()} is {largest} that resamples bring back almost "
        f"unchanged (mean agreement {chosen.stability_ari:.2f} of 1{_next_agreement(candidates, chosen)}), and every segment keeps "
        f"at least {SMALLEST_SHARE:.0%} of the customers.{_beyond(candidates, chosen)}",
        reasons,
    )


def _beside_natural_verdict(shown: Candidate, chosen: Candidate, reasons: tuple[Reason, ...]) -> Verdict:
    """Of a number that somebody asked for, where another one is natural."""
    number, natural = WORDS[chosen.k], WORDS[shown.k]
    instead = (
        f"{number} cut some of those where nothing lies between the parts, so that another seed may cut others"
        if chosen.k > shown.k
        else f"with {number} some of those count as one"
    )
    return Verdict(
        "useful",
        f"Useful: {number} segments were asked for, but {natural} is what the data itself shows",
        f"Hardly anybody lies between any two of the {natural}; {instead}. They can be worked with: resamples bring them back (mean "
        f"agreement {chosen.stability_ari:.2f} of 1), and every segment keeps at least {SMALLEST_SHARE:.0%} of the customers.",
        reasons,
    )


def _instead(own: Candidate, chosen: Candidate) -> str:
    """What the sweep itself would take in place of `chosen`, where that is any good."""
    if own.k == chosen.k or not (_natural(own) or _useful(own)):
        return ""
    number = upper_first(WORDS[own.k])
    return f" {number} is what the data itself shows." if _natural(own) else f" {number} would hold: it is what the sweep recommends."


def _no_verdict(chosen: Candidate, reasons: tuple[Reason, ...], own: Candidate) -> Verdict:
    number = WORDS[chosen.k]
    if not _separated(chosen):
        headline = "None: there are no segments here to speak of"
        text = (
            f"With {number} segments, customers are hardly better separated than when every column is shuffled on its own. "
            "The groups are slices of a shapeless whole: do not plan on them. Try other features, or more columns."
        )
    elif chosen.stability_ari < REPEATABLE:
        headline = f"None: {number} segments do not repeat"
        text = (
            f"Customers differ, but where the borders of {number} segments run depends on who happens to be in the file (mean agreement "
            f"between resamples {chosen.stability_ari:.2f} of 1; {REPEATABLE:.2f} is needed). Try fewer segments or fewer features."
        )
    else:
        headline = f"None as a whole: of {number} segments that repeat, one is too small to plan for"
        text = (
            f"The smallest segment holds {chosen.smallest_share:.1%} of the customers; at least {SMALLEST_SHARE:.0%} is needed "
            "for figures that can be trusted. The larger ones can be worked with. Try fewer segments to have none so small."
        )
    return Verdict("none", headline, text + _instead(own, chosen), reasons)


def _reasons(candidates: Sequence[Candidate], chosen: Candidate, shown: Candidate | None) -> tuple[Reason, ...]:
    separated = "Better separated than shuffled columns" if _separated(chosen) else "Hardly better separated than shuffled columns"
    reasons = [
        Reason(_separated(chosen), f"{separated}: {chosen.silhouette:.2f} against {chosen.silhouette_null:.2f}"),
        Reason(chosen.stability_ari >= REPEATABLE, f"Agreement between resamples {chosen.stability_ari:.2f}{_rival(candidates, chosen)}"),
        Reason(chosen.smallest_share >= SMALLEST_SHARE, f"Smallest segment {chosen.smallest_share:.1%}"),
    ]
    last = max(candidates, key=lambda candidate: candidate.k)
    gaps = {candidate.k: candidate.gap for candidate in candidates}
    if chosen.bridge is not None:
        reasons.append(_gap_reason(chosen.bridge))
    if shown is not None and not _natural(chosen):
        reasons.append(Reason(False, f"{upper_first(WORDS[shown.k])} have gaps between all of them: {shown.silhouette:.2f} separated"))
        return tuple(reasons)
    if not _natural(chosen) and len(gaps) > 1 and max(gaps, key=lambda k: gaps[k]) == last.k and _separated(last):
        reasons.append(Reason(False, f"The distance from shuffled columns keeps growing up to {last.k} segments: no number stands out"))
    sharpest = max(candidates, key=lambda candidate: candidate.silhouette)
    if sharpest.k != chosen.k and _separated(sharpest):
        reasons.append(Reason(False, f"{WORDS[sharpest.k].capitalize()} would be separated better: {sharpest.silhouette:.2f}"))
    return tuple(reasons)


def _gap_reason(bridge: float) -> Reason:
    if bridge <= BRIDGED:
        return Reason(True, f"Gaps between all segments: in between, customers lie at most {bridge:.0%} as densely as at the nearer peak")
    if bridge < 0.95:
        return Reason(
            False,
            f"Two segments shade into each other: in between, customers lie {bridge:.0%} as densely as at the nearer peak "
            "(steps between whole values count as no gap)",
        )
    return Reason(False, "Two segments shade into each other: no gap between them at all")


def _rival(candidates: Sequence[Candidate], chosen: Candidate) -> str:
    """The nearest number of segments that repeats least, for comparison."""
    beside = [candidate for candidate in candidates if abs(candidate.k - chosen.k) == 1]
    weakest = min(beside, key=lambda candidate: candidate.stability_ari, default=None)
    return "" if weakest is None else f"; {WORDS[weakest.k]} segments would have {weakest.stability_ari:.2f}"


def _beyond(candidates: Sequence[Candidate], chosen: Candidate) -> str:
    """Where the largest number that was tried is recommended, a larger one might be as good."""
    most = max(candidate.k for candidate in candidates)
    return f" More than {WORDS[most]} are tried only when somebody asks for them." if chosen.k == most else ""


def _next_agreement(candidates: Sequence[Candidate], chosen: Candidate) -> str:
    after = next((candidate for candidate in candidates if candidate.k == chosen.k + 1), None)
    return "" if after is None else f"; with {WORDS[after.k]} it is {after.stability_ari:.2f}"


def _numbers(ks: Sequence[int]) -> str:
    """Such as "two, three or five", or "any number from two to five" where none is left out."""
    if len(ks) > 2 and ks[-1] - ks[0] == len(ks) - 1:
        return f"any number from {WORDS[ks[0]]} to {WORDS[ks[-1]]}"
    return f"{', '.join(WORDS[k] for k in ks[:-1])} or {WORDS[ks[-1]]}"
