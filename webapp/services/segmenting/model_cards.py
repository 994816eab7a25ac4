"""The model card of a version: everything that somebody needs to know before they rely on it, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from segmentation.codec import from_json
from segmentation.describing.profiles import Profiles
from segmentation.palette import SegmentStyle
from segmentation.roles import Column, Role, Schema
from webapp.models import Dataset, ModelVersion, Snapshot
from webapp.services.access import Actor, Permission, team_dataset, team_row
from webapp.services.errors import Forbidden
from webapp.services.filtering.coarse import coarse
from webapp.services.modelling.promotions import Stretch, live_history
from webapp.services.modelling.versions import (
    Making,
    VersionReport,
    VersionSummary,
    champion_id,
    fitted_version,
    show_making,
    show_report,
    summarise_version,
)
from webapp.services.segmenting.segments import profiles_of, version_styles


@dataclass(frozen=True)
class CardData:
    """What a version was fitted on: the snapshot's number, day and customers, and the columns that it had."""

    snapshot: int
    as_of: date
    customers: int
    columns: tuple[Column, ...]

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Columns with any of `roles`."""
        return tuple(column for column in self.columns if column.role in roles)

    @property
    def sensitive(self) -> tuple[Column, ...]:
        """Columns that were marked sensitive."""
        return tuple(column for column in self.columns if column.sensitive)


@dataclass(frozen=True)
class ModelCard:
    """A fitted version on one page. `profiles` are rounded for those who see no customers, which `coarse` says.

    `live` are the times in which it was champion, newest first.
    """

    team: str
    dataset: str
    version: VersionSummary
    data: CardData
    making: Making
    report: VersionReport
    styles: tuple[SegmentStyle, ...]
    profiles: Profiles
    live: tuple[Stretch, ...]
    coarse: bool

    @property
    def sensitive_features(self) -> tuple[str, ...]:
        """Labels of the features that are sensitive columns; somebody asked for them by name."""
        names = {column.name for column in self.data.sensitive}
        return tuple(feature.label for feature in self.making.recipe.features if feature.measure in names) if self.making.recipe else ()


def show_card(session: Session, actor: Actor, dataset: str, number: int) -> ModelCard:
    """The card of a fitted version, removed ones included. Viewers read the champion's, in coarse figures: Forbidden for another one."""
    row = team_dataset(session, actor, dataset)
    version = fitted_version(session, actor, row, number)
    exact = actor.may(Permission.VIEW_CUSTOMERS)
    if not exact and version.id != champion_id(session, row):
        raise Forbidden(
            f"Viewers read the champion's card; those of other versions need the marketer role. Ask an admin of {actor.team_name}."
        )
    profiles = profiles_of(session, actor, version)
    return ModelCard(
        team=actor.team_name,
        dataset=row.name,
        version=summarise_version(session, actor, version),
        data=_data(session, actor, row, version),
        making=show_making(session, actor, dataset, number),
        report=show_report(session, actor, dataset, number),
        styles=version_styles(session, version),
        profiles=profiles if exact else coarse(profiles),
        live=tuple(each for each in live_history(session, actor, dataset) if each.version == number),
        coarse=not exact,
    )


def _data(session: Session, actor: Actor, dataset: Dataset, version: ModelVersion) -> CardData:
    snapshot = team_row(session, actor, Snapshot, "snapshot", dataset_id=dataset.id, id=version.snapshot_id)
    return CardData(snapshot.number, snapshot.as_of, snapshot.customers, from_json(Schema, snapshot.column_schema).columns)
