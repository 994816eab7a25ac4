"""Models and labels as bytes and back: JSON and plain arrays under a checksum, never pickle.

Layout: 8 bytes of magic, the SHA-256 of all that follows, then, compressed with zlib, the length of the header (8
bytes, big-endian), the header (JSON) and the arrays in NumPy's own format, one after the other as the header names
them. Reading runs no code from the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.clustering import ALGORITHMS, Assignments, restored
from segmentation.codec import from_json, to_json
from segmentation.describing.profile_types import Measure
from segmentation.errors import ArtifactError
from segmentation.explaining.reach import Reach
from segmentation.features import FeatureBuilder, Recipe
from segmentation.pipeline import SegmentModel
from segmentation.proof import Proof, make_proof

MAGIC = b"SCSEGART"
FORMAT = 1
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn")

_LENGTH = struct.Struct(">Q")
_DIGEST = hashlib.sha256().digest_size
_DAMAGED = "The stored {what} is damaged ({why}). Restore it from a backup, or re-cluster to make a new version."

Arrays = Mapping[str, NDArray[Any]]


def pack_model(model: SegmentModel) -> bytes:
    """`model` as bytes; equal models give equal bytes."""
    content = {"recipe": to_json(model.recipe), "algorithm": model.clusterer.algorithm}
    proof = make_proof(model.builder, model.clusterer)
    arrays: Arrays = {**model.builder.state(), **model.clusterer.state(), **proof.state()}
    if model.reach is None:
        return _pack("model", content, arrays)
    return _pack("model", content | {"reach": to_json(model.reach.measures)}, {**arrays, **model.reach.state()})


def unpack_model(data: bytes) -> SegmentModel:
    """The model that `pack_model` stored, equal bit for bit, once it has placed the customers of its proof as it did then.

    ArtifactError when `data` is anything else, or when the libraries of today make other segments of it.
    """
    content, arrays = _unpack("model", data)
    algorithm = str(content.get("algorithm"))
    if algorithm not in ALGORITHMS:
        raise ArtifactError(f'The stored model is of the algorithm "{algorithm}", which this version cannot read. Upgrade it.')
    try:
        recipe = from_json(Recipe, content["recipe"])
        model = SegmentModel(recipe, FeatureBuilder.restored(recipe, arrays), restored(algorithm, arrays), _reach(content, arrays))
        proven = _is_proven(model, arrays)
    except (KeyError, ValueError) as error:
        raise ArtifactError(_DAMAGED.format(what="model", why=f"its content does not fit: {error}")) from error
    if not proven:
        raise ArtifactError(_otherwise(library_versions(data)), code="model_changed")
    return model


def _is_proven(model: SegmentModel, arrays: Arrays) -> bool:
    """Whether the model answers as it did when it was stored; models stored without a proof cannot be asked."""
    proof = Proof.restored(arrays)
    return proof is None or proof.holds(model.builder, model.clusterer)


def _otherwise(libraries: Mapping[str, str]) -> str:
    """What to do about a model of which today's libraries make other segments."""
    now = present_libraries()
    changed = [f"{name} {then} (now {now[name]})" for name, then in libraries.items() if now.get(name, then) != then]
    made = f" It was made with {', '.join(changed)}." if changed else ""
    return (
        f"The stored model no longer places customers as it did when it was made, so it is not used.{made} "
        "Install the libraries that it was made with, or re-cluster to make a new version."
    )


def _reach(content: Mapping[str, Any], arrays: Arrays) -> Reach | None:
    """How far the segments reach; models of version 0.1 do not say."""
    return Reach.restored(from_json(tuple[Measure, ...], content["reach"]), arrays) if "reach" in content else None


def pack_assignments(assignments: Assignments) -> bytes:
    """`assignments` as bytes, compressed; equal assignments give equal bytes."""
    arrays: Arrays = {"label": assignments.label, "confidence": assignments.confidence, "runner_up": assignments.runner_up}
    return _pack("assignments", {}, arrays)


def unpack_assignments(data: bytes) -> Assignments:
    """The assignments that `pack_assignments` stored. ArtifactError when `data` is anything else."""
    _, arrays = _unpack("assignments", data)
    try:
        return Assignments(arrays["label"], arrays["confidence"], arrays["runner_up"])
    except KeyError as error:
        raise ArtifactError(_DAMAGED.format(what="assignments", why=f"{error} is missing")) from error


def library_versions(data: bytes) -> dict[str, str]:
    """The versions of the libraries that wrote an artifact of any kind, by name."""
    return dict(_header(_payload("artifact", data), "artifact")[0]["libraries"])


def present_libraries() -> dict[str, str]:
    """The versions of the libraries that compute here and now, by name."""
    return {name: version(name) for name in LIBRARIES}


def _pack(kind: str, content: Mapping[str, Any], arrays: Arrays) -> bytes:
    header = {
        "format": FORMAT,
        "kind": kind,
        "libraries": present_libraries(),
        "content": content,
        "arrays": list(arrays),
    }
    text = json.dumps(header, sort_keys=True, allow_nan=False).encode()
    blocks = io.BytesIO()
    for array in arrays.values():
        np.lib.format.write_array(blocks, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    packed = zlib.compress(_LENGTH.pack(len(text)) + text + blocks.getvalue(), level=6)
    return MAGIC + hashlib.sha256(packed).digest() + packed


def _unpack(kind: str, data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    payload = _payload(kind, data)
    header, start = _header(payload, kind)
    if header["kind"] != kind:
        raise ArtifactError(f"A stored {kind} was expected, but these bytes hold {header['kind']}.")
    blocks = io.BytesIO(payload[start:])
    try:
        arrays = {name: np.lib.format.read_array(blocks, allow_pickle=False) for name in header["arrays"]}
    except (ValueError, EOFError) as error:
        raise ArtifactError(_DAMAGED.format(what=kind, why=str(error))) from error
    return header["content"], arrays


def _payload(kind: str, data: bytes) -> bytes:
    """What is under the checksum, once that has been found right."""
    start = len(MAGIC) + _DIGEST
    if not data.startswith(MAGIC) or len(data) <= start:
        raise ArtifactError(_DAMAGED.format(what=kind, why="it does not begin as one"))
    if hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
        raise ArtifactError(_DAMAGED.format(what=kind, why="its checksum does not match"))
    try:
        return zlib.decompress(data[start:])
    except zlib.error as error:
        raise ArtifactError(_DAMAGED.format(what=kind, why=str(error))) from error


def _header(payload: bytes, kind: str) -> tuple[dict[str, Any], int]:
    """The header, and where the arrays begin."""
    try:
        (length,) = _LENGTH.unpack_from(payload)
        end = _LENGTH.size + length
        header: dict[str, Any] = json.loads(payload[_LENGTH.size : end])
        written_as = header["format"]
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(_DAMAGED.format(what=kind, why="its header cannot be read")) from error
    if written_as != FORMAT:
        raise ArtifactError(f"This {kind} was stored in format {written_as}; this version reads format {FORMAT}. Upgrade, or re-cluster.")
    return header, end
