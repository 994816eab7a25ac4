"""A model card in words: sections of sentences, facts and tables, which the page, the HTML file and the Markdown file all show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.choosing.verdict import SMALLEST_SHARE
from segmentation.describing.bands import stability_band
from segmentation.features import FeatureSpec
from segmentation.roles import Role
from segmentation.wording import upper_first
from webapp.services.filtering.filtering import SMALLEST_GROUP
from webapp.services.modelling.fit_requests import algorithm_name
from webapp.services.modelling.promotions import Stretch
from webapp.services.segmenting.model_cards import ModelCard
from webapp.ui.feature_picker import weight_words
from webapp.ui.format import MISSING, by, count, customers_or_few, day, duration, exact_time, listing, number, percent
from webapp.ui.segments_ui import holdings, weak_segments_words
from webapp.ui.terms import AGREEMENT, DISTANCE, SEPARATION, TERMS, Term

NOT_RECORDED = "Not recorded: an earlier release fitted this version."
VERDICTS = {
    "natural": "There are natural segments here: gaps lie between them.",
    "useful": "The segments are useful, not natural: customers differ, but without gaps, so that borders are a choice.",
    "none": "There are no segments here to speak of. Do not act on them.",
}
USE = (
    "To group customers so that campaigns, offers and reports can differ by segment, and to place customers who come later.",
    "Not to decide about single people (prices, credit, access or employment), and not on customers of another business: segments hold "
    "for customers such as those it was fitted on.",
)

UNMARKED = "No column was marked sensitive. Mark those that are (health, origin, belief ...) in the import, so that none becomes a feature."


@dataclass(frozen=True)
class Grid:
    """A table: what its columns are called, and its cells row by row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One part of a card. `facts` are names with what there is to say of each."""

    title: str
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    grid: Grid | None = None


@dataclass(frozen=True)
class Document:
    """A card from top to bottom."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def card_document(card: ModelCard) -> Document:
    """`card` in words, in the order in which it is read."""
    sections = (
        Section("Intended use", USE),
        _origin(card),
        _data(card),
        _recipe(card),
        _method(card),
        _figures(card),
        _stability(card),
        _rules(card),
        _limits(card),
    )
    method, many = upper_first(algorithm_name(card.version.algorithm)), count(card.version.k or 0, "segment")
    lead = f"{method}, {many}. {_lead(card)}"
    return Document(f"Model card: {card.dataset}, version {card.version.number}", lead, sections)


def _lead(card: ModelCard) -> str:
    """What to make of the version, in a sentence; where only a few segments do not hold, which ones."""
    separated = card.report.separated(card.version.algorithm, card.version.k)
    weak = weak_segments_words(card.report.verdict.word, separated, holdings(card.styles, card.profiles))
    return f"The segments differ, but not all of them can be planned on. {weak}" if weak else VERDICTS[card.report.verdict.word]


def _origin(card: ModelCard) -> Section:
    version = card.version
    live = [_live(each) for each in reversed(card.live)]
    facts = [
        ("Team", card.team),
        ("Author", by(version.created_by)),
        ("Asked for", exact_time(version.created_at)),
        ("Ready", exact_time(version.ready_at)),
        ("Took", duration(version.seconds)),
        ("Live", ", ".join(live) or "Never so far"),
    ]
    if version.note:
        facts.append(("Note", version.note))
    if version.removed_at is not None:
        facts.append(("Removed", f"{exact_time(version.removed_at)}; the figures here are kept, the model is not"))
    return Section("Where it comes from", facts=tuple(facts))


def _live(stretch: Stretch) -> str:
    """`20 Nov 2026 to 26 Nov 2026`; with the times where both are the same day."""
    if stretch.until is None:
        return f"{day(stretch.since)} to now"
    told = exact_time if day(stretch.since) == day(stretch.until) else day
    return f"{told(stretch.since)} to {told(stretch.until)}"


def _data(card: ModelCard) -> Section:
    data, recipe = card.data, card.making.recipe
    left_out = recipe.left_out if recipe else ()
    known = {column.name: column.label for column in data.columns}
    why = (
        (
            "Never features",
            _labels(card, Role.CUSTOMER_ID, Role.CONTACT, Role.CONSENT),
            "keys, contacts and consent say nothing of a customer",
        ),
        ("Outcomes", _labels(card, Role.OUTCOME), "segments are judged by them, not found by them"),
        ("Not used", _labels(card, Role.IGNORE), "the team ignores them"),
        ("Say nothing new", [known.get(name, name) for name in left_out], "constant, or a copy of another column"),
        ("Sensitive", [column.label for column in data.sensitive], "features only where somebody asks for them by name"),
    )
    facts = [
        ("Snapshot", f"{data.snapshot}, as of {day(data.as_of)}"),
        ("Customers", number(data.customers)),
        ("Columns", number(len(data.columns))),
    ]
    facts += [(name, f"{listing(labels)} ({reason})") for name, labels, reason in why if labels]
    return Section("Data", facts=tuple(facts))


def _labels(card: ModelCard, *roles: Role) -> list[str]:
    return [column.label for column in card.data.of(*roles)]


def _recipe(card: ModelCard) -> Section:
    recipe, counted = card.making.recipe, {feature.name: feature for feature in card.report.features}
    if recipe is None:
        return Section("Recipe", (NOT_RECORDED,))
    text = f"Ages and tenures are taken on {day(recipe.as_of)}. Numbers are bounded to the 1st and 99th percentile and standardised."
    rows = []
    for spec in recipe.features:
        found = counted.get(spec.name)
        filled, bounded = (customers_or_few(found.imputed), customers_or_few(found.bounded)) if found else (MISSING, MISSING)
        rows.append((spec.label, _transform(spec), weight_words(spec.weight), filled, bounded))
    return Section("Recipe", (text,), grid=Grid(("Feature", "Taken as", "Weight", "Filled in", "Bounded"), tuple(rows)))


def _transform(spec: FeatureSpec) -> str:
    words = {"flag": "yes or no", "none": "as it is", "sqrt": "square root", "log": "logarithm", "log1p": "logarithm of 1 more"}
    return f"one of {listing(spec.levels)}" if spec.levels else words.get(spec.transform, spec.transform)


def _method(card: ModelCard) -> Section:
    version, making = card.version, card.making
    settings = [(upper_first(name), number(value, 3)) for name, value in making.parameters.items()]
    libraries = ", ".join(f"{name} {release}" for name, release in making.libraries.items())
    facts = (
        ("Algorithm", upper_first(algorithm_name(version.algorithm))),
        ("Segments", f"{number(version.k)}, {'as asked for' if version.requested.get('k') else 'the best number found'}"),
        ("Seed", str(version.seed)),
        *settings,
        ("Made with", libraries or NOT_RECORDED),
    )
    return Section("Algorithm", facts=facts)


def _figures(card: ModelCard) -> Section:
    figures = card.report.figures
    rows = [
        (term.words, term.term, _value(term, figures), _null(term, figures), term.text)
        for term in TERMS
        if figures.get(term.name) is not None
    ]
    text = "Measured in the full feature space, beside the same columns shuffled on their own."
    return Section("Figures", (text,), grid=Grid(("Figure", "Term", "Here", "Shuffled columns", "What it says"), tuple(rows)))


def _value(term: Term, figures: dict[str, float]) -> str:
    error = figures.get({DISTANCE.name: "gap_error", SEPARATION.name: "silhouette_error"}.get(term.name, ""))
    return term.shown(figures[term.name]) + (f" ± {number(error, 3)}" if error else "")


def _null(term: Term, figures: dict[str, float]) -> str:
    return number(0, 2) if term is DISTANCE else term.shown(figures.get(term.null))


def _stability(card: ModelCard) -> Section:
    rows = []
    for style, each in zip(card.styles, card.profiles.segments, strict=True):
        band = MISSING if each.stability is None else stability_band(each.stability).name
        rows.append((style.name, number(each.size), percent(each.share, 1), number(each.stability, 2), band))
    text = "How much of each segment comes back when customers are drawn again, 1 being all of it (mean Jaccard index)."
    return Section("Segments", (text,), grid=Grid(("Segment", "Customers", "Share", "Comes back", "Band"), tuple(rows)))


def _rules(card: ModelCard) -> Section:
    rows = [
        (style.name, " and ".join(rule.conditions), percent(rule.precision), percent(rule.recall))
        for style, each in zip(card.styles, card.profiles.segments, strict=True)
        for rule in each.rules
    ]
    text = (
        "Precision: of the customers that a rule finds, the share who are in the segment. Recall: of the segment, the share that it finds."
    )
    if not rows:
        return Section("Rules", ("No short rule on plain columns finds any of the segments well enough to be repeated by hand.",))
    return Section("Rules", (text,), grid=Grid(("Segment", "If", "Precision", "Recall"), tuple(rows)))


def _limits(card: ModelCard) -> Section:
    verdict, figures = card.report.verdict, card.report.figures
    small = [style.name for style, each in zip(card.styles, card.profiles.segments, strict=True) if each.share < SMALLEST_SHARE]
    text = [
        f"{verdict.headline.rstrip('.')}. {verdict.explanation}".strip(),
        *(f"{'+' if each.good else '−'} {each.text}" for each in verdict.reasons),
    ]
    if small:
        text.append(f"Under {SMALLEST_SHARE:.0%} of customers, so that figures about them vary: {listing(small)}.")
    if (agreement := figures.get(AGREEMENT.name)) is not None:
        text.append(f"Later customers are placed by a stand-in, which agrees with the method on {percent(agreement, 1)} of those fitted.")
    if left_out := figures.get("unassigned"):
        text.append(f"{percent(left_out, 1)} of customers are in no segment.")
    text.append(f"Viewers read no group under {SMALLEST_GROUP} customers, and rounded figures" + (", as here." if card.coarse else "."))
    return Section("Limits", (*text, *_fairness(card)))


def _fairness(card: ModelCard) -> tuple[str, ...]:
    sensitive = [column.label for column in card.data.sensitive]
    if not sensitive:
        return (UNMARKED,)
    asked = card.sensitive_features
    used = f"Somebody asked for {listing(asked)} as a feature." if asked else "None of them was a feature."
    return (
        f"Fairness: {listing(sensitive)} {'is' if len(sensitive) == 1 else 'are'} marked sensitive. {used} Segments can differ in them all "
        "the same, because other columns go with them: compare their profiles before an offer leaves somebody out.",
    )


_SPECIAL = re.compile(r"[\\`*\[\]<>|]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~|&(?=#|\w+;)|(?<!\S)#")
"""What would be markup wherever it stands: a single tilde, an underscore inside a word and most signs are not."""
_BEGINNING = re.compile(r"^(?:[-+](?=\s|$)|-(?=-)|=|\d+(?=[.)](?:\s|$)))")
"""What would make a list or a heading of a line that it begins."""


def card_markdown(document: Document) -> str:
    """`document` as Markdown; whatever people and files brought is plain text in it, neither markup nor HTML."""
    lines = [f"# {_plain(document.title)}", "", _plain(document.lead)]
    for section in document.sections:
        lines += ["", f"## {_plain(section.title)}"]
        for sentence in section.text:
            lines += ["", _plain(sentence)]
        if section.facts:
            lines += ["", *(f"- **{_plain(name)}**: {_plain(said)}" for name, said in section.facts)]
        if section.grid:
            lines += ["", _row(section.grid.head), _row(["---"] * len(section.grid.head), plain=False), *map(_row, section.grid.rows)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    return _BEGINNING.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", text)


def _row(cells: Sequence[str], *, plain: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if plain else cell for cell in cells)} |"
