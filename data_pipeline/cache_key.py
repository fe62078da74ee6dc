"""What the features of photographs depend on, as a key by which a cache of them is known."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence

from data_pipeline.face_cutting import Acceptance
from data_pipeline.photographs import Listing
from model.identity.network import IdentityNetwork

# It changes whenever `data_pipeline.photographs.read_image` makes other pixels of the same file.
_READING = "pixels in sRGB, by profiles and numbers, of all bits"


@dataclasses.dataclass(frozen=True)
class CacheKey:
    """Everything that the content of a cache depends on.

    Attributes:
      encoder: fingerprint of the network, its feature specification and crop.
      encoder_name: the name that the network is loaded by.
      feature_spec: which of its layers the features are.
      crop: description of the crop.
      detector: `spec` of what found the five points.
      photographs: SHA-256 over names, identities, boxes, sizes and beginnings of the files.
      acceptance: what a face must be to be accepted.
    """

    encoder: str
    encoder_name: str
    feature_spec: str
    crop: str
    detector: str
    photographs: str
    acceptance: str = ""

    @classmethod
    def of(
        cls,
        listing: Listing,
        encoder: IdentityNetwork,
        detector: Callable[..., Sequence],
        acceptance: Acceptance = Acceptance(),
    ) -> "CacheKey":
        """Makes the key of photographs under a recognition network and a detector."""
        return cls(
            encoder=encoder.fingerprint,
            encoder_name=encoder.name,
            feature_spec=encoder.feature_spec,
            crop=repr(encoder.crop),
            detector=detector.spec,
            photographs=_photographs_digest(listing),
            acceptance=acceptance.text,
        )

    @classmethod
    def from_fields(cls, fields: dict[str, str]) -> "CacheKey":
        """Makes a key of its fields by name, as they stand in a file.

        Raises:
          ValueError: a field is missing, unknown or no text.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        if set(fields) != names or not all(isinstance(value, str) for value in fields.values()):
            raise ValueError(f"its key has the fields {sorted(fields)}, expected {sorted(names)}")
        return cls(**fields)

    def to_json(self) -> str:
        """Writes the fields as JSON text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def difference(self, other: "CacheKey") -> str:
        """Says in which fields another key differs."""
        mine, others = dataclasses.asdict(self), dataclasses.asdict(other)
        return "; ".join(
            f"{name} is {mine[name]}, not {others[name]}"
            for name in mine
            if mine[name] != others[name]
        )


def _photographs_digest(listing: Listing) -> str:
    digest = hashlib.sha256(_READING.encode())
    for photo in listing.photographs:
        fields = (photo.name, photo.identity, photo.box, *photo.stamp())
        digest.update(repr(fields).encode())
    digest.update(repr(listing.missing).encode())
    return digest.hexdigest()
