"""The answer of a sweep before its figures: the verdict, what chosen features change, and what an outcome chose."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from segmentation.choosing.verdict import WORDS
from segmentation.features import FeatureSummary
from segmentation.wording import upper_first
from webapp.edge import View
from webapp.pages.lab.ids import RUN, Run
from webapp.pages.lab.shown import Shown
from webapp.services.access import Permission
from webapp.services.data import feature_lists
from webapp.services.modelling import sweeps
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.sweep_results import SweepReport, Tried
from webapp.services.modelling.sweeps import SweepSummary
from webapp.ui.components import Child, button, card, empty_state, segment_verdict, verdict
from webapp.ui.feature_picker import weight_words
from webapp.ui.format import listing, number, percent, signed
from webapp.ui.places import data_address
from webapp.ui.tables import Column, table
from webapp.ui.terms import REPEATABILITY, SEPARATION, SMALLEST
from webapp.ui.wording import verdict_badge

ALIKE = 0.01
"""Figures that differ by less are called alike."""


def answer_cards(view: View, shown: Shown) -> list[Child]:
    """What the sweep says, or why there is nothing to say."""
    if shown.report is None:
        return [newest_refused(view, shown), nothing(view, shown)]
    report = shown.report
    difference = difference_card(view, report) if report.default else None
    return [newest_refused(view, shown), found_verdict(report), silent_note(report), difference]


def newest_refused(view: View, shown: Shown) -> Component | None:
    """That the newest sweep was refused, on the page that shows an earlier one instead."""
    if view.item is not None:
        return None
    newest = next(iter(sweeps.list_sweeps(view.session, view.actor, view.dataset or "")), None)
    return refused(newest) if newest is not None and newest.status == "failed" else None


def refused(sweep: SweepSummary) -> Component:
    text = f"{sweep.status_message or 'It ended without an answer.'} Nothing else changed."
    return verdict(f"Sweep {sweep.number} was refused", text, tone="warn", icon_name="exclamation-triangle")


def found_verdict(report: SweepReport) -> Component:
    found = report.found.verdict
    name = algorithm_name(report.found.recommended[0])
    text = f"{found.explanation} Recommended: {name} with {report.found.recommended[1]} segments."
    return segment_verdict(found.word, found.headline, text, [(reason.good, reason.text) for reason in found.reasons])


def silent_note(report: SweepReport) -> Component | None:
    """Algorithms that decide for themselves how many segments there are, and found no number."""
    if not report.silent:
        return None
    names = listing([upper_first(algorithm_name(name)) for name in report.silent])
    return html.P(f"{names} found no number of segments in these customers, and so has no figures below.", className="sc-note")


def nothing(view: View, shown: Shown) -> Component:
    """A refusal in its own words, or the next step."""
    sweep = shown.sweep
    if sweep is not None and sweep.status == "failed":
        return refused(sweep)
    if sweep is not None and sweep.status == "cancelled":
        text = f"{sweep.status_message or ''} Nothing of it was stored. Start another whenever you like."
        return verdict(f"Sweep {sweep.number} was cancelled", text, tone="neutral", icon_name="slash-circle")
    if sweep is not None:
        return verdict(
            f"Sweep {sweep.number} is not ready yet", "Its figures stand here when it is.", tone="neutral", icon_name="hourglass"
        )
    return card(body=first_step(view), className="sc-stack")


def first_step(view: View) -> Component:
    """Before anything was tried: what this page is for, and the button that starts it."""
    if not feature_lists.list_feature_choices(view.session, view.actor, view.resources.store, view.dataset or ""):
        action = button("Import customers", href=data_address(view.actor.team_slug, view.dataset or ""), kind="primary")
        text = "The Lab tries ways to find segments in your customers. Import a file first."
        return empty_state("people", "No customers yet", text, action if view.actor.may(Permission.IMPORT) else None)
    text = (
        "Every method is tried with 2 to 8 segments, and each result is set beside what shuffled columns give. It takes up to two minutes."
    )
    if not view.actor.may(Permission.RECLUSTER):
        return empty_state("sliders", "Nothing was tried yet", f"{text} Ask an analyst of your team to start it.")
    action = button("Compare all methods", id={"type": RUN, "what": Run.ALL}, icon_name="shuffle", kind="primary")
    return empty_state("sliders", "Nothing was tried yet", text, action)


def difference_card(view: View, report: SweepReport) -> Component:
    """What chosen features change: the default recipe and these side by side."""
    assert report.default is not None
    both = (("Default features", report.default), ("Guided features" if report.guidance else "Your features", report.found))
    sub = (
        f"{changes_words(report.default, report.found)} Each is measured by its own features: the lead over shuffled columns "
        "can be compared, separation alone cannot."
    )
    body = _beside_as_list(both) if view.display.narrow else _beside_as_table(both)
    return card(difference_title(report.default, report.found), sub, body, flush=True, className="sc-stack")


Named = tuple[str, Tried]


def _beside_as_table(both: Sequence[Named]) -> Component:
    columns: list[Column[Named]] = [
        Column(
            "Features",
            lambda each: [html.Span(each[0], className="sc-strong"), html.Span(features_words(each[1]), className="sc-under sc-wrap")],
        ),
        Column("Recommended", lambda each: html.Span(recommended_words(each[1]), className="sc-name")),
        Column("Verdict", lambda each: verdict_badge(each[1].verdict.word)),
        Column("Separation", lambda each: number(each[1].best.silhouette, 2), numeric=True, title=SEPARATION.title),
        Column("Over shuffled", lambda each: signed(lead(each[1]), 2), numeric=True, title="Silhouette minus that of shuffled columns"),
        Column("Repeatability", lambda each: number(each[1].best.stability_ari, 2), numeric=True, title=REPEATABILITY.title),
        Column("Smallest segment", lambda each: percent(each[1].best.smallest_share, 1), numeric=True, title=SMALLEST.title),
    ]
    return table(columns, both, caption="Default and chosen features side by side", pick=lambda each: each is both[-1])


def _beside_as_list(both: Sequence[Named]) -> Component:
    items = [
        html.Li(
            html.Div(
                [
                    html.B(name),
                    html.Span(
                        f"{upper_first(recommended_words(tried))}: {signed(lead(tried), 2)} over shuffled columns, repeatability "
                        f"{number(tried.best.stability_ari, 2)}, smallest {percent(tried.best.smallest_share, 1)}"
                    ),
                    html.Div(verdict_badge(tried.verdict.word), className="sc-list-badge"),
                ],
                className="w",
            )
        )
        for name, tried in both
    ]
    return html.Ul(items, className="sc-list")


def recommended_words(tried: Tried) -> str:
    """`k-means, 8 segments`."""
    return f"{algorithm_name(tried.best.algorithm)}, {tried.best.k} segments"


def difference_title(default: Tried, found: Tried) -> str:
    """What changes by the chosen features, each part checked against the figures."""
    number_words = f"{upper_first(WORDS[found.best.k])} segments" + (
        " as before" if found.best.k == default.best.k else f" instead of {WORDS[default.best.k]}"
    )
    further = _compared(lead(found) - lead(default), "further from shuffled columns", "nearer to shuffled columns")
    repeats = _compared(found.best.stability_ari - default.best.stability_ari, "more repeatable", "less repeatable")
    changes = [words for words in (further, repeats) if words]
    return f"{number_words}, {' and '.join(changes)}" if changes else f"{number_words}, alike in separation and repeatability"


def lead(tried: Tried) -> float:
    """How much better the recommended candidate is separated than shuffled columns."""
    return tried.best.silhouette - tried.best.silhouette_null


def _compared(difference: float, more: str, less: str) -> str:
    return "" if abs(difference) < ALIKE else more if difference > 0 else less


def features_words(tried: Tried) -> str:
    """`Spend, Income (½ vote)`."""
    return ", ".join(f"{_plain(each)}{'' if each.weight == 1 else f' ({weight_words(each.weight)})'}" for each in tried.features)


def changes_words(default: Tried, found: Tried) -> str:
    """Which features came, went, or count otherwise: `Added Age; left out Web visits; Spend counts 2 votes.`"""
    before, after = ({each.name: each for each in tried.features} for tried in (default, found))
    added = [_plain(each) for name, each in after.items() if name not in before]
    gone = [_plain(each) for name, each in before.items() if name not in after]
    other = [
        f"{_plain(each)} counts {weight_words(each.weight)}"
        for name, each in after.items()
        if name in before and each.weight != before[name].weight
    ]
    parts = [f"{words} {listing(names)}" for words, names in (("added", added), ("left out", gone)) if names] + other
    return f"{upper_first('; '.join(parts))}." if parts else "The same features as by default."


def _plain(feature: FeatureSummary) -> str:
    return feature.label.removesuffix(", on a log scale")
