"""Guessing what a file holds and what its columns mean, from names and a sample of the values."""

from segmentation.evidence import snake_case
from segmentation.guessing.orders import FileKind, KindGuess
from segmentation.guessing.schema import guess_kind, guess_schema, known_again, schema_from_roles

__all__ = ["FileKind", "KindGuess", "guess_kind", "guess_schema", "known_again", "schema_from_roles", "snake_case"]
