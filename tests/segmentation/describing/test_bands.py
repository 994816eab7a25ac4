"""Bands of stability: the words change exactly at their limits."""

from __future__ import annotations

import pytest

from segmentation.describing.bands import stability_band


@pytest.mark.parametrize(
    ("jaccard", "name", "trusted"),
    [
        (1.0, "highly stable", True),
        (0.851, "highly stable", True),
        (0.85, "stable", True),
        (0.75, "stable", True),
        (0.749, "doubtful", False),
        (0.60, "doubtful", False),
        (0.599, "unstable", False),
        (0.0, "unstable", False),
    ],
)
def test_bands_change_at_their_limits(jaccard: float, name: str, trusted: bool) -> None:
    band = stability_band(jaccard)
    assert (band.name, band.trusted) == (name, trusted)
    assert band.explanation.endswith(".")


@pytest.mark.parametrize("jaccard", [-0.1, 1.01, float("nan")])
def test_what_is_no_jaccard_index_has_no_band(jaccard: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        stability_band(jaccard)
