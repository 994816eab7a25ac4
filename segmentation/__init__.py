"""Customer segments from a plain table: read a file, find segments, say what sets each apart, place new customers."""

from typing import TYPE_CHECKING

from segmentation.lazily import on_demand

if TYPE_CHECKING:
    from segmentation.agreement import adjusted_mutual_information
    from segmentation.artifact import pack_assignments, pack_model, unpack_assignments, unpack_model
    from segmentation.choosing.selection import Candidate, Sweep, Verdict
    from segmentation.choosing.stability import adjusted_rand, contingency
    from segmentation.choosing.verdict import judge, recommend
    from segmentation.clustering import ALGORITHMS, Assignments
    from segmentation.codec import from_json, to_json
    from segmentation.describing.actions import Action, next_actions
    from segmentation.describing.bands import StabilityBand, stability_band
    from segmentation.describing.profiles import Profiles, SegmentProfile, profile_segments
    from segmentation.drift import population_stability_index
    from segmentation.errors import ArtifactError, Cancelled, MissingRole, NotEnoughData, SegmentationError, UnreadableFile
    from segmentation.explaining.explanation import Explanation, Explanations, explain
    from segmentation.explaining.moves import Change, nearest_move
    from segmentation.exploring.exploration import Exploration, explore
    from segmentation.feature_offer import FeatureChoice, feature_choices
    from segmentation.features import FeatureBuilder, Recipe
    from segmentation.guessing import guess_kind, guess_schema, schema_from_roles
    from segmentation.guiding.guidance import Guidance, guide
    from segmentation.guiding.search import Budget
    from segmentation.intake import FileFormat, FilePreview, Finding, Intake, Reject, inspect_file, read_customers, require_customer_id
    from segmentation.intake.rules import EffectiveRule, apply_values, effective_rules, stated_values
    from segmentation.lineage import Fate, Lineage, Link, Side, answers_in, correct_lineage, shared_means, trace_lineage
    from segmentation.measures import default_as_of, measure_customers
    from segmentation.months import MonthlyState, monthly_states
    from segmentation.movement import Cell, Division, Moves, Split, count_cells, count_moves, split_moves
    from segmentation.orders import LineCounts, OrderCustomers, OrderLines, Part, customers_from_orders, read_order_lines
    from segmentation.palette import SegmentStyle, Theme, theme
    from segmentation.pipeline import Segmentation, SegmentModel, choose, segment_customers, sweep_features
    from segmentation.recipe import default_recipe, measured_with_recipe
    from segmentation.roles import CUSTOMER_KEY, ROW_NUMBERS, Column, Kind, Role, Schema
    from segmentation.synthetic import SyntheticCustomers, synthetic_customers, write_customers
    from segmentation.synthetic_histories import PlantedLink, SyntheticMonth, synthetic_history
    from segmentation.synthetic_order_lines import SyntheticOrders, synthetic_orders
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "ALGORITHMS",
    "CUSTOMER_KEY",
    "ROW_NUMBERS",
    "Action",
    "ArtifactError",
    "Assignments",
    "Budget",
    "Cancelled",
    "Candidate",
    "Cell",
    "Change",
    "Column",
    "Division",
    "EffectiveRule",
    "Explanation",
    "Explanations",
    "Exploration",
    "Fate",
    "FeatureBuilder",
    "FeatureChoice",
    "FileFormat",
    "FilePreview",
    "Finding",
    "Guidance",
    "Intake",
    "Kind",
    "LineCounts",
    "Lineage",
    "Link",
    "MissingRole",
    "MonthlyState",
    "Moves",
    "NotEnoughData",
    "OrderCustomers",
    "OrderLines",
    "Part",
    "PlantedLink",
    "Profiles",
    "Recipe",
    "Reject",
    "Role",
    "Schema",
    "SegmentModel",
    "SegmentProfile",
    "SegmentStyle",
    "Segmentation",
    "SegmentationError",
    "Side",
    "Split",
    "StabilityBand",
    "Sweep",
    "SyntheticCustomers",
    "SyntheticMonth",
    "SyntheticOrders",
    "Theme",
    "UnreadableFile",
    "Verdict",
    "adjusted_mutual_information",
    "adjusted_rand",
    "answers_in",
    "apply_values",
    "choose",
    "contingency",
    "correct_lineage",
    "count_cells",
    "count_moves",
    "customers_from_orders",
    "default_as_of",
    "default_recipe",
    "effective_rules",
    "explain",
    "explore",
    "feature_choices",
    "from_json",
    "guess_kind",
    "guess_schema",
    "guide",
    "inspect_file",
    "judge",
    "measure_customers",
    "measured_with_recipe",
    "monthly_states",
    "nearest_move",
    "next_actions",
    "pack_assignments",
    "pack_model",
    "population_stability_index",
    "profile_segments",
    "read_customers",
    "read_order_lines",
    "recommend",
    "require_customer_id",
    "schema_from_roles",
    "segment_customers",
    "shared_means",
    "split_moves",
    "stability_band",
    "stated_values",
    "sweep_features",
    "synthetic_customers",
    "synthetic_history",
    "synthetic_orders",
    "theme",
    "to_json",
    "trace_lineage",
    "unpack_assignments",
    "unpack_model",
    "write_customers",
]


def __dir__() -> list[str]:
    return __all__
