"""Versions of one team whose segments follow each other, and what people do to that."""

from __future__ import annotations

from tests.webapp.working import Shop, customers_csv, open_shop
from webapp.edge import Resources
from webapp.services.modelling import promotions
from webapp.services.planning import campaigns
from webapp.services.planning.campaigns import CampaignSummary
from webapp.services.segmenting import lineages, segments
from webapp.services.segmenting.lineages import VersionLineage

FILE = customers_csv((70, 50, 30))


def opened(resources: Resources) -> Shop:
    shop = open_shop(resources)
    shop.import_file(FILE)
    shop.recluster(k=3)
    return shop


def keys(shop: Shop, version: int) -> dict[str, int]:
    """Segments of a version with their sizes, in cluster order."""
    with shop.reading() as session:
        overview = segments.show_segments(session, shop.actor, "customers", version=version)
    assert overview is not None
    return {style.key: profile.size for style, profile in zip(overview.styles, overview.profiles.segments, strict=True)}


def read(shop: Shop, version: int) -> VersionLineage:
    with shop.reading() as session:
        found = lineages.show_lineage(session, shop.actor, "customers", version)
    assert found is not None
    return found


def correct(shop: Shop, version: int, key: str, continues: str | None) -> VersionLineage:
    with shop.writing() as session:
        return lineages.correct_lineage(session, shop.actor, "customers", version, key, continues=continues)


def promote(shop: Shop, number: int) -> None:
    with shop.writing() as session:
        promotions.promote_version(session, shop.actor, "customers", number)


def tag(shop: Shop, name: str, key: str) -> None:
    with shop.writing() as session:
        campaigns.create_campaign(session, shop.actor, "customers", name=name, channel="email", segments=[key])


def campaign(shop: Shop, name: str) -> CampaignSummary:
    with shop.reading() as session:
        return next(each for each in campaigns.list_campaigns(session, shop.actor, "customers") if each.name == name)


def take_back(shop: Shop, version: int, key: str) -> VersionLineage:
    with shop.writing() as session:
        return lineages.take_back_correction(session, shop.actor, "customers", version, key)
