"""Segments as pages read them."""

from __future__ import annotations

import pytest

from tests.webapp.conftest import Prepare
from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.services.data import datasets
from webapp.services.errors import NotFound
from webapp.services.segmenting import segments


def filled(resources: Resources) -> Shop:
    opened = open_shop(resources)
    opened.import_file(customers_csv((50, 50, 50)))
    opened.recluster(k=3)
    return opened


@pytest.fixture
def shop(prepare_sqlite: Prepare) -> Shop:
    return prepare_sqlite(filled)


def test_a_segment_is_shown_beside_the_others_of_its_version(shop: Shop) -> None:
    with shop.writing() as session:
        datasets.change_currency(session, shop.actor, "customers", "eur")
        overview = segments.show_segments(session, shop.actor, "customers")
        assert overview is not None
        assert overview.currency == "EUR"
        for cluster, style in enumerate(overview.styles):
            detail = segments.show_segment(session, shop.actor, "customers", style.key)
            assert (detail.cluster, detail.style, detail.profile) == (cluster, style, overview.profiles.segments[cluster])
            assert detail.overview == overview
            assert (style.name, style.short_name) == (detail.profile.name, detail.profile.short_name)


def test_a_name_of_the_teams_own_is_kept_by_later_versions_and_can_be_given_back(shop: Shop) -> None:
    with shop.writing() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        assert overview is not None
        style = overview.styles[0]
        assert segments.rename_segment(session, shop.actor, "customers", style.key, " Good   regulars ").name == "Good regulars"
    shop.recluster(k=3, seed=4)
    with shop.writing() as session:
        assert segments.show_segment(session, shop.actor, "customers", style.key, version=2).style.name == "Good regulars"
        assert segments.rename_segment(session, shop.actor, "customers", style.key, "") == style


def test_names_that_are_cut_alike_or_are_the_short_one_of_another_are_told_apart(shop: Shop) -> None:
    with shop.writing() as session:
        overview = segments.show_segments(session, shop.actor, "customers")
        assert overview is not None
        first, second, third = overview.styles
        for style, name in ((first, third.short_name), (second, "x" * 50), (third, "x" * 60)):
            segments.rename_segment(session, shop.actor, "customers", style.key, name)
        called = segments.show_segments(session, shop.actor, "customers")
        assert called is not None
        assert [style.name for style in called.styles] == [third.short_name, "x" * 50, "x" * 60]
        assert [style.short_name for style in called.styles] == [third.short_name, "x" * 40, f"{'x' * 35} 2"]
        segments.rename_segment(session, shop.actor, "customers", third.key, "")
        back = segments.show_segments(session, shop.actor, "customers")
        assert back is not None
        assert back.styles[2].short_name not in {style.short_name for style in back.styles[:2]}


def test_segments_of_other_versions_and_other_keys_are_not_found(shop: Shop) -> None:
    shop.recluster(k=2)
    with shop.reading() as session:
        first = segments.show_segments(session, shop.actor, "customers", version=1)
        second = segments.show_segments(session, shop.actor, "customers", version=2)
        assert first is not None
        assert second is not None
        (gone,) = {style.key for style in first.styles} - {style.key for style in second.styles}
        assert segments.show_segment(session, shop.actor, "customers", gone).style.key == gone
        for options in ({"key": gone, "version": 2}, {"key": "nothing"}, {"key": gone, "version": 7}):
            with pytest.raises(NotFound):
                segments.show_segment(session, shop.actor, "customers", **options)  # type: ignore[arg-type]


def test_recent_profiles_are_few_and_belong_to_their_team() -> None:
    recent = segments._Recent(2)
    for number in "123":
        recent.put(("a", number), number)  # type: ignore[arg-type]
        recent.get(("a", "1"))
    assert [recent.get(("a", number)) for number in "123"] == ["1", None, "3"]
    assert recent.get(("b", "1")) is None
