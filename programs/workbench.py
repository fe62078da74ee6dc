"""What an evaluation measures with; each part is made when a section first asks for it."""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np

from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import PLAIN, FeatureCache
from data_pipeline.photographs import list_photographs
from evaluation.benchmark import Evaluation
from evaluation.earlier_scores import Scores, check_comparable, read_scores
from flag_sets import EncoderOptions, PhotographOptions
from model import identity
from model.decoder import Coefficients
from model.identity.network import IdentityNetwork
from model.trained import Parts, Trained, TrainedDecoder, decoder_path, load_trained
from programs.judges import Judge, judge_faces, make_judge, photograph_names, prepare_for_all
from programs.output_folder import check_apart, without_results

YAWS_DEG = (0, -30, 30)


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that an evaluation depends on.

    Attributes:
      output: the folder of the report.
      checkpoints: decoder files or folders of runs; the last is compared with the others.
      benchmark: a name in `programs.decoder_evaluation.BENCHMARKS`, or "all".
      photographs: what is measured on.
      parts: the face model and the encoder, where they are not the decoders' own.
      scorer: the independent recognition network.
      compare: the folder of an earlier evaluation, or None.
      must_improve: whether each decoder must be better than the one before.
      sheet_faces: people on the contact sheet.
    """

    output: pathlib.Path
    checkpoints: Sequence[str | pathlib.Path]
    benchmark: str
    photographs: PhotographOptions
    parts: Parts
    scorer: EncoderOptions
    compare: str | None
    must_improve: bool
    sheet_faces: int


class Workbench:
    """The decoders, the photographs and the judges of one evaluation.

    Attributes:
      options: as they are given.
      names: the short names of the decoders, in their order.
      earlier: the scores of the evaluation to compare with, or None.
    """

    def __init__(self, options: Options):
        """Checks what can be checked without measuring anything.

        Raises:
          OSError, ValueError: an option is wrong.
        """
        check_apart(options.output, options.photographs.folder)
        self.options = options
        self.earlier = read_scores(options.compare) if options.compare else None
        self.names = short_names([decoder_path(path) for path in options.checkpoints])

    @functools.cached_property
    def trained(self) -> Trained:
        """The decoders with their face model and their encoder."""
        return load_trained(self.options.checkpoints, self.options.parts)

    @functools.cached_property
    def decoders(self) -> dict[str, TrainedDecoder]:
        """The decoders by their short names."""
        return dict(zip(self.names, self.trained.decoders, strict=True))

    @functools.cached_property
    def networks(self) -> dict[str, IdentityNetwork]:
        """The networks that judge."""
        scorer = self.options.scorer
        return {
            "encoder": self.trained.encoder,
            "scorer": identity.load(scorer.name, scorer.weights),
        }

    @functools.cached_property
    def caches(self) -> dict[str, FeatureCache]:
        """The photographs as each network sees them."""
        photos = self.options.photographs
        listing = list_photographs(photos.folder, photos.photo_list, photos.split)
        listing = without_results(listing, self.options.output)
        folder = pathlib.Path(photos.cache or self.options.output / "cache")
        return prepare_for_all(listing, self.networks, make_detector(photos.landmarks), folder)

    @property
    def cache(self) -> FeatureCache:
        """The photographs as the encoder sees them."""
        return self.caches["encoder"]

    @functools.cached_property
    def crops(self) -> np.ndarray:
        """The photographs in the encoder's crop, uint8 RGB [P, S, S, 3]."""
        return self.cache.crops(range(len(self.cache)))

    @functools.cached_property
    def judges(self) -> dict[str, Judge]:
        """The networks with the photographs that they judge by."""
        return {
            name: make_judge(network, self.trained.face_model, self.caches[name], YAWS_DEG)
            for name, network in self.networks.items()
        }

    def decode(self, features: np.ndarray) -> dict[str, Coefficients]:
        """Decodes features float32 [N, D] of photographs by each decoder."""
        return {name: own.decoder(features, domain="photo") for name, own in self.decoders.items()}

    @functools.cached_property
    def faces(self) -> dict[str, Coefficients]:
        """The faces of the P photographs, by each decoder."""
        return self.decode(self.cache.features[:, PLAIN])

    @functools.cached_property
    def evaluation(self) -> Evaluation:
        """What the judges say of the faces; 131 of them take half a minute.

        Raises:
          ValueError: the evaluation to compare with judged other photographs, or by other networks.
        """
        if self.earlier:
            fingerprints = {name: network.fingerprint for name, network in self.networks.items()}
            names = photograph_names(self.cache)
            check_comparable(self.options.compare, self.earlier, fingerprints, names)
        shadings = {name: own.shading for name, own in self.decoders.items()}
        return judge_faces(self.judges, self.faces, shadings)

    @functools.cached_property
    def scores(self) -> dict[str, Scores]:
        """The frontal cosines by judge, as later evaluations compare with them."""
        return {
            name: judge.scores(self.cache, self.evaluation.likeness[name])
            for name, judge in self.judges.items()
        }


def short_names(paths: list[pathlib.Path]) -> list[str]:
    """Names decoder files as shortly as tells them apart.

    Raises:
      ValueError: a file is given twice.
    """
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.parent.name}/{path.stem}" for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise ValueError(f"--checkpoint names a decoder twice: {', '.join(names)}")
    return names
