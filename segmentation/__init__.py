"""Customer segments from a plain table: read a file, find segments, say what sets each apart, place new customers."""

from segmentation.artifact import pack_assignments, pack_model, unpack_assignments, unpack_model
from segmentation.clustering import Assignments
from segmentation.codec import from_json, to_json
from segmentation.errors import ArtifactError, Cancelled, MissingRole, NotEnoughData, SegmentationError, UnreadableFile
from segmentation.features import FeatureBuilder, Recipe
from segmentation.guessing import guess_schema, schema_from_roles
from segmentation.intake import FileFormat, FilePreview, Finding, Intake, Reject, inspect_file, read_customers, require_customer_id
from segmentation.lineage import Matching, match_segments
from segmentation.measures import default_as_of, measure_customers
from segmentation.palette import SegmentStyle, Theme, theme
from segmentation.pipeline import Segmentation, SegmentModel, segment_customers
from segmentation.profiles import Profiles, SegmentProfile, profile_segments
from segmentation.recipe import default_recipe
from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role, Schema
from segmentation.selection import Candidate, Verdict
from segmentation.synthetic import SyntheticCustomers, synthetic_customers, write_customers
from segmentation.verdict import judge, recommend

__all__ = [
    "CUSTOMER_KEY",
    "ArtifactError",
    "Assignments",
    "Cancelled",
    "Candidate",
    "Column",
    "FeatureBuilder",
    "FileFormat",
    "FilePreview",
    "Finding",
    "Intake",
    "Kind",
    "Matching",
    "MissingRole",
    "NotEnoughData",
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
    "SyntheticCustomers",
    "Theme",
    "UnreadableFile",
    "Verdict",
    "default_as_of",
    "default_recipe",
    "from_json",
    "guess_schema",
    "inspect_file",
    "judge",
    "match_segments",
    "measure_customers",
    "pack_assignments",
    "pack_model",
    "profile_segments",
    "read_customers",
    "recommend",
    "require_customer_id",
    "schema_from_roles",
    "segment_customers",
    "synthetic_customers",
    "theme",
    "to_json",
    "unpack_assignments",
    "unpack_model",
    "write_customers",
]
