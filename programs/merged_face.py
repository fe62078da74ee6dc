"""Several photographs of one person become one face (section 4.2 of the paper).

The features of all photographs are averaged, and the average is decoded. The photograph whose
embedding is nearest to the average stands for all of them in pictures, and the face has its pose.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from model.identity.network import IdentityFeatures
from programs.face_pipeline import FacePipeline, NamedPhotograph, Outcome, ahead, batches
from programs.photograph_arguments import shown
from programs.reconstruction_results import PhotographResult


def merged_outcomes(
    pipeline: FacePipeline, photos: Sequence[NamedPhotograph], name: str
) -> Iterator[Outcome]:
    """Averages the largest faces of photographs into one, and writes its files under a name.

    Photographs that fail are outcomes of their own; the last one is that of the face, if there is
    any.
    """
    used, encoded = [], []
    with ThreadPoolExecutor(1) as finder:
        for batch in ahead(finder, pipeline.look_at_all, batches(photos)):
            yield from (_failed(seen) for seen in batch if not seen.faces)
            seen = [own for own in batch if own.faces]
            if seen:
                crops = np.stack([own.faces[0].crop for own in seen])
                encoded.append(pipeline.reconstructor.encode(crops))
            used += [NamedPhotograph(own.photo, own.name) for own in seen]
    if used:
        features, embeddings = (np.concatenate(part) for part in zip(*encoded, strict=True))
        yield _written(pipeline, used, IdentityFeatures(features, embeddings), name)


def _failed(seen):
    return Outcome(PhotographResult(shown(seen.photo), (), 0, tuple(seen.problems)), [])


def _written(pipeline, used, encoded, name):
    face = pipeline.reconstructor.average(encoded)
    # Photographs are not kept in memory, so the one that stands for all is looked at again.
    nearest = used[int(np.argmax(encoded.embedding @ face.embedding))]
    (again,) = pipeline.look_at_all([nearest])
    written, strip = pipeline.write_face_of(face, again.faces[0], name, nearest.photo.name)
    note = f"averaged over {len(used)} photographs"
    written = dataclasses.replace(
        written,
        merged=tuple(shown(own.photo) for own in used),
        notes=(note, *written.notes),
    )
    result = PhotographResult(shown(nearest.photo), (written.to_json(),), 1)
    return Outcome(result, [] if strip is None else [strip])
