"""The page of a segment that the champion does not have any more."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from segmentation.lineage import Fate
from tests.webapp.pages.segment_shop import DATASET, Visitor, links, words
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.models import MemberRole, ModelVersion, VersionStatus
from webapp.pages import segment as page
from webapp.pages.segment import profile
from webapp.services.errors import NotFound
from webapp.services.segmenting import lineages
from webapp.services.segmenting.lineages import SegmentLink


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """Version 2, the champion, merged two of the three segments of version 1."""
    shop = open_shop(sqlite_resources)
    shop.import_file(customers_csv((70, 50, 30)))
    shop.recluster(k=3)
    shop.recluster(k=2, promote=True)
    return shop


def merged(shop: Shop) -> SegmentLink:
    with shop.reading() as session:
        lineage = lineages.show_lineage(session, shop.actor, DATASET, 2)
    assert lineage is not None
    return next(link for link in lineage.links if link.kind is Fate.MERGED)


def test_it_is_shown_in_the_last_version_that_had_it_with_where_its_customers_went(shop: Shop) -> None:
    link = merged(shop)
    assert link.previous is not None
    assert link.current is not None
    with shop.reading() as session:
        view = Visitor(shop).view(session, "segments", link.previous.key)
        head, tab, figures = page.show_head(view), page.show_tab(view), profile.show_figures(page.settled(view, page.read_retired(view)))
        grid = page.show_tab(Visitor(shop).view(session, "segments", link.previous.key, tab="customers"))
    told = f"Retired since version 2. You see it as version 1 found it. It was merged into {link.current.name} ."
    assert told in words(head)
    assert f"/segments/{link.current.key}" in " ".join(links(head))
    assert "?v=1&tab=history" in " ".join(links(head)), "its tabs stay with that version"
    assert tab
    assert figures
    assert "customers in this segment" in words(grid)


def test_the_champions_own_segments_and_unknown_ones_are_as_ever(shop: Shop) -> None:
    link = merged(shop)
    assert link.current is not None
    with shop.reading() as session:
        assert "Retired" not in words(page.show_head(Visitor(shop).view(session, "segments", link.current.key)))
        assert "Retired" not in words(page.show_head(Visitor(shop).view(session, "segments", link.current.key, v="1")))
        with pytest.raises(NotFound):
            page.show_head(Visitor(shop).view(session, "segments", "nothing"))
    assert link.previous is not None
    with shop.reading() as session:
        stranger = Visitor(shop).view(session, "segments", link.previous.key)
        with pytest.raises(NotFound):
            page.show_head(type(stranger)(**{**vars(stranger), "actor": shop.stranger}))


def test_viewers_read_what_became_of_it_and_none_of_its_figures(shop: Shop) -> None:
    link = merged(shop)
    assert link.previous is not None
    with shop.reading() as session:
        for asked in ({}, {"v": "1"}):
            view = Visitor(shop, MemberRole.VIEWER).view(session, "segments", link.previous.key, **asked)
            shown = words(page.show_head(view))
            assert "Retired since version 2. It was merged into" in shown
            assert "Viewers see the champion's segments" in shown
            assert page.show_tab(view) == []


def test_where_no_version_with_it_is_kept_the_page_still_says_where_it_went(shop: Shop) -> None:
    link = merged(shop)
    assert link.previous is not None
    with shop.writing() as session:
        session.connection().execute(update(ModelVersion.__table__).where(ModelVersion.number == 1).values(status=VersionStatus.REMOVED))
    with shop.reading() as session:
        view = Visitor(shop).view(session, "segments", link.previous.key)
        assert "It was merged into" in words(page.show_head(view))
        assert "No version with it is kept." in words(page.show_head(view))
        assert page.show_tab(view) == []


def test_one_that_only_a_version_beside_the_champion_has_is_not_called_retired(shop: Shop) -> None:
    shop.recluster(k=4)
    with shop.reading() as session:
        lineage = lineages.show_lineage(session, shop.actor, DATASET, 3)
        assert lineage is not None
        beside = next(link.current for link in lineage.links if link.kind in (Fate.NEW, Fate.SPLIT) and link.back is None)
        assert beside is not None
        shown = words(page.show_head(Visitor(shop).view(session, "segments", beside.key)))
    assert "The champion does not have this segment. You see it as version 3 found it." in shown
