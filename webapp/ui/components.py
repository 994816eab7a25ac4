"""The parts that pages are made of: head, card, tile, badge, chip, mark, and the empty, error and loading states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from segmentation import palette
from segmentation.palette import SegmentStyle
from webapp.ui.format import percent

Child = Component | str | int | float | None
Children = Child | Sequence[Child]

Tone = Literal["neutral", "good", "warn", "bad", "info"]


def aria(**states: str) -> dict[str, Any]:
    """`aria(label="Jobs")` as the attribute `aria-label`."""
    return {f"aria-{name}": value for name, value in states.items()}


def data(**values: str) -> dict[str, Any]:
    """`data(file="heat-map")` as the attribute `data-file`."""
    return {f"data-{name}": value for name, value in values.items()}


def as_list(children: Children) -> list[Child]:
    """One child or several, as a list."""
    return [children] if children is None or isinstance(children, str | int | float | Component) else list(children)


def icon(name: str, *, tone: str = "", label: str = "") -> html.I:
    """A Bootstrap icon, named without its `bi-`; silent to screen readers unless `label` says what it means."""
    classes = f"bi bi-{name} {tone}".strip()
    if label:
        return html.I(className=classes, role="img", title=label, **aria(label=label))
    return html.I(className=classes, **aria(hidden="true"))


def hidden_text(text: str) -> html.Span:
    """Words for screen readers only."""
    return html.Span(text, className="visually-hidden")


def page_head(
    title: Children, sub: Children = None, actions: Sequence[Child] = (), *, crumbs: Sequence[tuple[str, str | None]] = ()
) -> html.Div:
    """The one `h1` of a page with a sentence under it; secondary actions first, the primary one last (far right)."""
    words: list[Child] = [html.H1(title, tabIndex="-1", className="sc-title")]
    if sub is not None:
        words.append(html.P(sub, className="sub"))
    head: list[Child] = [html.Div(words, className="w")]
    shown = [action for action in actions if action is not None]
    if shown:
        head.append(html.Div(shown, className="actions"))
    return html.Div([_crumbs(crumbs), html.Div(head, className="sc-head")] if crumbs else html.Div(head, className="sc-head"))


def _crumbs(crumbs: Sequence[tuple[str, str | None]]) -> html.Nav:
    parts: list[Child] = []
    for text, href in crumbs:
        if parts:
            parts.append(icon("chevron-right"))
        parts.append(dcc.Link(text, href=href) if href else html.Span(text, **aria(current="page")))
    return html.Nav(parts, className="sc-crumb", **aria(label="Where you are"))


def row(*columns: tuple[int, Child]) -> html.Div:
    """Cards side by side, each with its width in twelfths; one under another on a phone."""
    return html.Div(
        [html.Div(child, style={"--w": width}, className="sc-cell") for width, child in columns if child is not None], className="sc-row"
    )


def half_row(*children: Child) -> html.Div:
    """Tiles: side by side, two in a row on a phone."""
    width = 12 // max(1, len(children))
    return html.Div([html.Div(child, style={"--w": width}, className="sc-cell half") for child in children], className="sc-row")


def card(
    title: Children = None,
    sub: Children = None,
    body: Children = None,
    *,
    tools: Children = None,
    foot: Children = None,
    flush: bool = False,
    **props: Any,
) -> html.Section:
    """A card; `flush` lets a table or list reach its edges. Further `props` (`id`, ...) go to the section."""
    parts: list[Child] = []
    if title is not None or tools is not None:
        words: list[Child] = [html.H2(title)] if title is not None else []
        if sub is not None:
            words.append(html.P(sub))
        head: list[Child] = [html.Div(words, className="t")]
        if tools is not None:
            head.append(html.Div(tools, className="tools"))
        parts.append(html.Div(head, className="sc-card-head"))
    if body is not None:
        parts.append(html.Div(body, className="sc-card-body flush" if flush else "sc-card-body"))
    if foot is not None:
        parts.append(html.Div(foot, className="sc-card-foot"))
    class_name = f"sc-card {props.pop('className', '')}".strip()
    return html.Section(parts, className=class_name, **props)


def tile(
    label: str, figure: Children, *, unit: str = "", note: Children = None, aside: Children = None, help_text: str = ""
) -> html.Section:
    """One figure with its label, an optional small unit, a note under it and something small beside it."""
    shown = as_list(figure)
    if unit:
        shown.append(html.Small(f" {unit}"))
    figures: list[Child] = [html.Div(shown, className="sc-tile-figure")]
    if aside is not None:
        figures.append(html.Div(aside, className="sc-tile-aside"))
    head: list[Child] = [label]
    if help_text:
        head.append(icon("info-circle", label=help_text))
    parts: list[Child] = [html.H2(head, className="sc-tile-label"), html.Div(figures, className="sc-tile-row")]
    if note is not None:
        parts.append(html.Div(note, className="sc-tile-note"))
    return html.Section(parts, className="sc-card sc-tile")


def badge(text: str, tone: Tone = "neutral", icon_name: str | None = None, *, title: str = "") -> html.Span:
    """A state in a word, with an icon wherever it has a colour."""
    default = {"good": "check-circle-fill", "warn": "exclamation-triangle-fill", "bad": "x-circle-fill", "info": "info-circle"}
    name = icon_name or default.get(tone)
    children: list[Child] = [icon(name), text] if name else [text]
    return html.Span(children, className=f"sc-badge {'' if tone == 'neutral' else tone}".strip(), title=title or None)


def chip(text: Children, *, href: str | None = None, on: bool = False, count: str | None = None, **props: Any) -> Component:
    """A filter: a link where `href` is given, else a button (`id` among `props`)."""
    children = as_list(text)
    if count is not None:
        children.append(html.Span(count, className="n"))
    class_name = "sc-chip on" if on else "sc-chip"
    if href is not None:
        return dcc.Link(children, href=href, className=class_name, **props)
    return html.Button(children, className=class_name, type="button", **aria(pressed="true" if on else "false"), **props)


def slot_class(slot: int) -> str:
    """Sets the four colours of a segment (`--s`, `--s-edge`, `--s-ink`, `--s-tint`) on an element and in it."""
    return f"s{palette.colour_index(slot) + 1}"


def symbol_class(slot: int) -> str:
    """Sets the symbol; past the eighth slot the same colour comes with another symbol."""
    return f"m{palette.SYMBOLS.index(palette.symbol(slot)) + 1}"


def segment_mark(slot: int, *, large: bool = False) -> html.Span:
    """A segment's colour and symbol, with fill and edge in both themes; its name always stands beside it."""
    size = " lg" if large else ""
    return html.Span(className=f"sc-mark {slot_class(slot)} {symbol_class(slot)}{size}", **aria(hidden="true"))


def mark_tile(slot: int) -> html.Span:
    """The large mark on its tint, for the head of a segment's page."""
    return html.Span(segment_mark(slot, large=True), className=f"sc-mark-tile {slot_class(slot)}")


def segment_label(style: SegmentStyle, *, short: bool = False) -> html.Span:
    """Mark and name."""
    return html.Span([segment_mark(style.slot), style.short_name if short else style.name], className="sc-seg")


def button(
    text: Children,
    *,
    id: Any = None,
    icon_name: str | None = None,
    kind: str = "secondary",
    href: str | None = None,
    small: bool = False,
    **props: Any,
) -> Component:
    """A button, or a link that looks like one (`download` among `props` for a file). `kind`: primary, secondary, ghost, danger."""
    children: list[Child] = [icon(icon_name)] if icon_name else []
    children += as_list(text)
    style = {"ghost": "btn-ghost", "danger": "btn-secondary btn-danger-quiet"}.get(kind, f"btn-{kind}")
    class_name = f"btn {style}{' btn-sm' if small else ''} {props.pop('className', '')}".strip()
    if id is not None:
        props["id"] = id
    if href is None:
        return html.Button(children, type=props.pop("type", "button"), className=class_name, **props)
    if "download" in props:
        return html.A(children, href=href, className=class_name, **props)
    return dcc.Link(children, href=href, className=class_name, **props)


def icon_button(icon_name: str, label: str, **props: Any) -> html.Button:
    """A square button that shows an icon only; `label` is its name."""
    class_name = f"btn btn-ghost btn-icon {props.pop('className', '')}".strip()
    return html.Button(icon(icon_name), type="button", className=class_name, title=label, **aria(label=label), **props)


def empty_state(icon_name: str, title: str, text: Children, action: Child = None) -> html.Div:
    """What will be here, in one sentence, and the one button that gets there."""
    return _state(icon_name, title, text, action)


def error_state(title: str, text: Children, action: Child = None) -> html.Div:
    """What happened, what was kept, what to do."""
    return html.Div(_state("exclamation-triangle", title, text, action, tone="bad"), role="alert")


def no_permission(title: str, text: Children, action: Child = None) -> html.Div:
    """Who can, and what the reader still can do."""
    return _state("lock", title, text, action)


def _state(icon_name: str, title: str, text: Children, action: Child, tone: str = "") -> html.Div:
    parts: list[Child] = [html.Div(icon(icon_name), className=f"ic {tone}".strip()), html.H2(title), html.P(text)]
    if action is not None:
        parts.append(action)
    return html.Div(parts, className="sc-empty")


def skeleton(height: int, *, label: str = "Loading") -> html.Div:
    """A waiting card of the final height, so that nothing jumps; it shows after 100 ms."""
    bars = [html.Div(className="sc-skel", style={"height": 14, "width": width, "marginBottom": 10}) for width in ("55%", "78%")]
    rest = html.Div(className="sc-skel", style={"flex": "1"})
    size = {"height": height, "minHeight": height}  # the least height too: a cell of a row would let the card shrink to its bars
    return html.Div([*bars, rest, hidden_text(label)], className="sc-card sc-waiting", style=size, **aria(busy="true"))


def skeleton_tiles(n: int = 4, height: int = 118) -> html.Div:
    return half_row(*[skeleton(height) for _ in range(n)])


def verdict(
    title: str,
    text: str = "",
    *,
    tone: str = "",
    icon_name: str = "signpost-split",
    reasons: Sequence[tuple[bool, str]] = (),
    action: Child = None,
) -> html.Section:
    """The answer first. `tone`: good, neutral, warn, bad, or "" (accent); reasons are (speaks for it, sentence)."""
    words: list[Child] = [html.H2(title)]
    if text:
        words.append(html.P(text))
    if reasons:
        words.append(html.Ul([html.Li([_reason_icon(good), sentence]) for good, sentence in reasons], className="reasons"))
    parts: list[Child] = [html.Span(icon(icon_name), className="ic"), html.Div(words, className="w")]
    if action is not None:
        parts.append(html.Div(action, className="act"))
    return html.Section(parts, className=f"sc-verdict {tone}".strip())


def _reason_icon(good: bool) -> html.I:
    return icon("check-circle-fill", tone="ok", label="For") if good else icon("exclamation-triangle-fill", tone="wn", label="Against")


_VERDICTS = {"natural": ("good", "check-circle"), "useful": ("", "signpost-split"), "none": ("neutral", "slash-circle")}


def segment_verdict(word: str, title: str, text: str, reasons: Sequence[tuple[bool, str]] = (), action: Child = None) -> html.Section:
    """A model's verdict: `word` is natural, useful or none."""
    tone, icon_name = _VERDICTS.get(word, ("", "signpost-split"))
    return verdict(title, text, tone=tone, icon_name=icon_name, reasons=reasons, action=action)


def bar_pair(share: float, value_share: float | None, slot: int) -> html.Div:
    """Share of customers (grey) above share of spend (in the segment's colour), on one scale from 0 to 100%."""
    rows = [("customers", share, "c")]
    if value_share is not None:
        rows.append(("spend", value_share, "s"))
    cells: list[Child] = []
    for label, part, kind in rows:
        fill = html.I(style={"width": f"{part * 100:.1f}%"}, className=None if kind == "s" else "q")
        cells += [html.Span(label), html.Span(fill, className="bar"), html.B(percent(part)) if kind == "s" else html.Span(percent(part))]
    return html.Div(cells, className=f"sc-pair {slot_class(slot)}")


def menu(label: Children, items: Sequence[Component], *, class_name: str = "", toggle_class: str = "", end: bool = False) -> Component:
    """A menu behind a button; arrow keys move in it, Escape closes it."""
    shown: Component = dbc.DropdownMenu(
        list(items), label=label, caret=False, align_end=end, class_name=class_name, toggle_class_name=toggle_class
    )
    return shown
