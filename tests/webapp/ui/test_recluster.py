"""The re-cluster dialog: methods, features and weights as they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update

from segmentation.clustering import ALGORITHMS
from segmentation.feature_offer import FeatureChoice
from tests.webapp.looking import HERE, hear, look
from tests.webapp.pages.segment_shop import links, options, walk, words
from tests.webapp.working import Shop
from webapp.models import MemberRole
from webapp.services.errors import Invalid
from webapp.services.modelling import versions
from webapp.ui import recluster
from webapp.ui.feature_picker import WEIGHT, chosen_weights, feature_table, weight_words


@pytest.fixture
def shop(imported_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    hear(monkeypatch)
    return imported_shop


def asked(shop: Shop, method: str | None, **weights: str) -> dict[str, Any]:
    names = [{"type": WEIGHT, "at": "recluster", "name": name} for name in weights]
    with shop.writing() as session:
        recluster.start(look(shop, session, HERE), 1, "3", 7, method, list(weights.values()), names)
        return versions.list_versions(session, shop.actor, "customers")[0].requested


def test_every_method_and_the_best_of_all_are_offered() -> None:
    assert len(options(recluster.recluster_dialog(), recluster.Ids.METHOD)) == len(ALGORITHMS) + 1


def test_the_features_come_when_the_dialog_opens(shop: Shop) -> None:
    with shop.reading() as session:
        view = look(shop, session, HERE)
        assert recluster.show_features(view, False) is no_update
        table = recluster.show_features(view, True)
    assert "Income" in words(table)
    assert [part for part in walk(table) if isinstance(getattr(part, "id", None), dict) and part.id["at"] == "recluster"]


def test_an_untouched_form_asks_for_the_default(shop: Shop) -> None:
    assert asked(shop, None) == {"algorithm": "kmeans", "k": 3, "features": None, "promote": False}


def test_method_and_weights_are_asked_for(shop: Shop) -> None:
    found = asked(shop, "auto", spend="2", income="0", visits="0.5")
    assert (found["algorithm"], found["features"]["spend"], found["features"]["visits"]) == ("auto", 2.0, 0.5)
    assert "income" not in found["features"]


def test_a_note_goes_with_the_version(shop: Shop) -> None:
    field = next(part for part in walk(recluster.recluster_dialog()) if getattr(part, "id", None) == recluster.Ids.NOTE)
    assert field.maxlength == 500
    with shop.writing() as session:
        recluster.start(look(shop, session, HERE), 1, "3", 7, note="Two more months")
        assert versions.list_versions(session, shop.actor, "customers")[0].note == "Two more months"
    assert recluster.once_closed(False) == ("", [])
    assert recluster.once_closed(True) == (no_update, no_update)


def test_what_is_there_already_is_led_to_and_made_again_only_when_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    said = hear(monkeypatch)
    shop.recluster(k=3, seed=7)
    with shop.writing() as session:
        view = look(shop, session, HERE)
        closed, job = recluster.start(view, 1, "3", 7)
        assert (closed, versions.version_of_job(session, shop.actor, job)) == (False, 1)
    assert "Version 1 was fitted on the same customers with the same settings and seed, so no second one was made." in words(
        said[0][1]["children"]
    )
    assert f"{HERE}/models/1" in links(said[0][1]["children"])
    with shop.writing() as session:
        _, job = recluster.start(look(shop, session, HERE), 1, "3", 7, anyway=["anyway"])
        assert versions.version_of_job(session, shop.actor, job) == 2


def test_a_method_that_there_is_not_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid):
        asked(shop, "magic")


CHOICES = (
    FeatureChoice("spend", "Spend", "value", 1.0, True, False, "What customers are worth comes first"),
    FeatureChoice("flag", "Member", "flag", 0.58, True, False, "Few columns say what customers do"),
    FeatureChoice("gender", "Gender", "category", 0.0, True, True, "Sensitive: only if you switch it on"),
    FeatureChoice("shop", "Shop", "column", 0.0, False, False, "The same for everybody"),
)


def lists(content: Any) -> dict[str, Any]:
    return {part.id["name"]: part for part in walk(content) if isinstance(getattr(part, "id", None), dict)}


def test_weights_of_the_default_of_a_wish_and_of_what_cannot_be() -> None:
    shown = lists(feature_table(CHOICES, "lab"))
    assert {name: part.value for name, part in shown.items()} == {"spend": "1", "flag": "proposed", "gender": "0"}
    assert "0.58 votes, as proposed" in [option["label"] for option in shown["flag"].options]
    wished = lists(feature_table(CHOICES, "lab", wish={"gender": 3.0, "spend": 0.5}))
    assert {name: part.value for name, part in wished.items()} == {"spend": "0.5", "flag": "0", "gender": "3"}
    assert {name: part.value for name, part in lists(feature_table(CHOICES, "lab", wish="all")).items()} == {
        "spend": "1",
        "flag": "proposed",
        "gender": "0",
    }
    assert {name: part.value for name, part in lists(feature_table(CHOICES, "lab", wish=["gender"])).items()}["gender"] == "1"
    assert not lists(feature_table(CHOICES, "lab", editable=False))


def test_what_a_form_asks_for() -> None:
    names = [{"name": name} for name in ("spend", "flag", "gender")]
    assert chosen_weights(CHOICES, ["1", "proposed", "0"], names) is None
    assert chosen_weights(CHOICES, [], []) is None
    assert chosen_weights(CHOICES, ["0", "proposed", "2"], names) == {"flag": 0.58, "gender": 2.0}
    assert chosen_weights(CHOICES, ["0", "0", "0"], names) == {}


@pytest.mark.parametrize(("weight", "text"), [(0.0, "Off"), (0.5, "½ vote"), (1.0, "1 vote"), (2.0, "2 votes"), (0.5808, "0.58 votes")])
def test_weights_read_as_votes(weight: float, text: str) -> None:
    assert weight_words(weight) == text


def test_lower_roles_cannot_start(shop: Shop) -> None:
    assert recluster.recluster_button(shop.member(MemberRole.VIEWER), at="home") is None
