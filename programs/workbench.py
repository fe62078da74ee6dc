"""What an evaluation measures with; each part is made when a section first asks for it."""

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Sequence

import numpy as np
from absl import logging

from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import PLAIN, FeatureCache
from data_pipeline.photographs import Listing, list_photographs
from data_pipeline.scans.micc import STAND_IN_NOTE
from evaluation.benchmark import Evaluation
from evaluation.earlier_scores import Scores, check_comparable, read_scores
from evaluation.geometry.face import Template
from evaluation.groups import divide
from evaluation.paper_figures import PaperFigures, figures_for
from flag_sets import EncoderOptions, PhotographOptions
from model import identity
from model.color import srgb_to_lab
from model.decoder import Coefficients
from model.encoding import encode_photographs
from model.face_models.load import load_face_model
from model.identity.network import IdentityNetwork
from model.shading import Shading
from model.tone_calibration import modeled_cheeks, photographed_cheeks
from model.trained import Parts, Trained, TrainedDecoder, decoder_path, load_trained
from programs.ablation_runs import AblationOptions
from programs.face_template import make_template
from programs.geometry_options import GeometryOptions
from programs.judges import Judge, judge_faces, make_judge, photograph_names, prepare_for_all
from programs.kept_arrays import KeptArrays, blocks
from programs.labels import read_labels
from programs.method_meshes import parse_methods
from programs.output_folder import check_apart, without_results
from programs.photo_meshes import MethodFaces, read_faces
from programs.refined_faces import RefinedFaces
from programs.short_names import short_names
from storage.printable import printable

YAWS_DEG = (0, -30, 30)
TRAINED_AGAINST = (
    "The scorer is the network that the decoder was trained against: its figures say how well "
    "training went, and not how alike the faces are. Name another by --scorer and --scorer_weights."
)

# So many photographs are looked at to tell whether two networks are one.
_COMPARED = 8


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
      labels: a CSV file of what is known about the people, or None.
      group_by: the columns of it to group by; None for all.
      geometry: what is compared with scans, and how.
      methods: arguments NAME=FOLDER of meshes that other systems made of the photographs.
      refine_steps: how many steps fit each face to its photograph after it was decoded.
      ablation: the runs of figure 3; None where they are not asked for.
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
    labels: str | None = None
    group_by: Sequence[str] | None = None
    geometry: GeometryOptions = GeometryOptions()
    methods: Sequence[str] = ()
    ablation: AblationOptions | None = None
    refine_steps: int = 0


class Workbench:
    """The decoders, the photographs and the judges of one evaluation.

    Attributes:
      options: as they are given.
      names: the short names of the decoders, in their order.
      earlier: the scores of the evaluation to compare with, or None.
      labels: what is known about the people, or None.
    """

    def __init__(self, options: Options):
        """Checks what can be checked without measuring anything.

        Raises:
          OSError, ValueError: an option is wrong.
        """
        check_apart(options.output, options.photographs.folder)
        self.options = options
        if options.group_by and not options.labels:
            raise ValueError("--group_by names columns of --labels; give both or none")
        self.labels = read_labels(options.labels, options.group_by) if options.labels else None
        self.earlier = read_scores(options.compare) if options.compare else None
        self.names = short_names([decoder_path(path) for path in options.checkpoints])
        self._method_folders = parse_methods(list(options.methods))
        for name in {*self.names} & {*self._method_folders}:
            raise ValueError(f"--method {name} is the name of a decoder too; give another name")

    def with_decoders(self, paths: dict[str, pathlib.Path]) -> "Workbench":
        """Makes a workbench of the same photographs and judges with other decoders, by name."""
        changes = {"checkpoints": [*paths.values()], "methods": (), "compare": None}
        other = Workbench(dataclasses.replace(self.options, **changes))
        other.names = [*paths]
        ours, own = self.trained.encoder, other.trained.encoder
        if (ours.fingerprint, ours.feature_size) == (own.fingerprint, own.feature_size):
            vars(other).update(networks=self.networks, listing=self.listing, caches=self.caches)
        return other

    @functools.cached_property
    def trained(self) -> Trained:
        """The decoders with their face model and their encoder."""
        return load_trained(self.options.checkpoints, self.options.parts)

    @functools.cached_property
    def decoders(self) -> dict[str, TrainedDecoder]:
        """The decoders by their short names."""
        return dict(zip(self.names, self.trained.decoders, strict=True))

    @functools.cached_property
    def template(self) -> Template:
        """The average face by which scans are found and numbered.

        Raises:
          OSError, ValueError: the face model cannot be read, or lacks landmarks.
        """
        path = self.options.parts.face_model
        return make_template(load_face_model(path) if path else self.trained.face_model)

    @functools.cached_property
    def networks(self) -> dict[str, IdentityNetwork]:
        """The networks that judge."""
        scorer = self.options.scorer
        return {
            "encoder": self.trained.encoder,
            "scorer": identity.load(scorer.name, scorer.weights),
        }

    def facts(self) -> dict[str, str]:
        """Says what was measured with what, as far as it was needed."""
        if "trained" not in vars(self):
            return {}
        trained, photos = self.trained, self.options.photographs
        facts = {
            "decoders": ", ".join(str(own.path) for own in trained.decoders),
            "face model": f"{trained.face_model.name} ({trained.face_model.fingerprint[:12]})",
            "encoder": f"{trained.encoder.name} ({trained.encoder.fingerprint[:12]})",
        }
        if self.options.refine_steps:
            facts["refinement"] = f"{self.options.refine_steps} steps a photograph"
        if "caches" in vars(self):
            scorer = self.networks["scorer"]
            facts |= {
                "scorer": f"{self.options.scorer.weights} ({scorer.fingerprint[:12]})",
                "photographs": f"{photos.folder}, split {photos.split or 'all'}: "
                f"{len(self.cache)} with a face, {len(self.cache.rejected)} without",
                "points": self.cache.key.detector,
            }
        return facts

    def fingerprints(self) -> dict[str, str]:
        """Hashes what the metrics depend on, as far as it was needed."""
        if "trained" not in vars(self):
            return {}
        decoders = {
            f"decoder {name}": hashlib.sha256(own.path.read_bytes()).hexdigest()
            for name, own in self.decoders.items()
        }
        parts = {
            "face model": self.trained.face_model.fingerprint,
            "encoder": self.trained.encoder.fingerprint,
        }
        if "caches" in vars(self):
            parts |= {
                "scorer": self.networks["scorer"].fingerprint,
                "photographs": self.cache.key.photographs,
            }
        for name, own in vars(self).get("others", {}).items():
            parts[f"meshes of {name}"] = own.fingerprint
        return decoders | parts | ({"labels": self.labels.sha256} if self.labels else {})

    @functools.cached_property
    def listing(self) -> Listing:
        """The photographs on disk.

        Raises:
          ValueError: no photograph has a label.
        """
        photos = self.options.photographs
        listing = list_photographs(photos.folder, photos.photo_list, photos.split)
        listing = without_results(listing, self.options.output)
        if self.labels:
            self.labels.check_names([photo.name for photo in listing.photographs])
        return listing

    @functools.cached_property
    def caches(self) -> dict[str, FeatureCache]:
        """The photographs as each network sees them."""
        photos, listing = self.options.photographs, self.listing
        folder = pathlib.Path(photos.cache or self.options.output / "cache")
        return prepare_for_all(listing, self.networks, make_detector(photos.landmarks), folder)

    @functools.cached_property
    def kept(self) -> KeptArrays:
        """What this evaluation has computed, or an earlier one into the same folder."""
        return KeptArrays(self.options.output / "cache" / "arrays")

    @property
    def cache(self) -> FeatureCache:
        """The photographs as the encoder sees them."""
        return self.caches["encoder"]

    @functools.cached_property
    def crops(self) -> np.ndarray:
        """The photographs in the encoder's crop, uint8 RGB [P, S, S, 3]."""
        return self.cache.crops(range(len(self.cache)))

    @functools.cached_property
    def scorer_is_encoder(self) -> bool:
        """Whether both judges see the photographs alike, and are thus one network; warns if so."""
        ours, others = (cache.embedding[:_COMPARED, PLAIN] for cache in self.caches.values())
        same = ours.shape == others.shape and np.allclose(ours, others, atol=1e-4)
        if same:
            logging.warning(TRAINED_AGAINST)
        return same

    @functools.cached_property
    def photographed_cheeks(self) -> np.ndarray:
        """The cheeks of the P photographs, CIELAB float32 [P, 3]."""
        crop = self.trained.encoder.crop
        return srgb_to_lab(photographed_cheeks(self.crops, self.cache.points, crop))

    @functools.cached_property
    def decoded_cheeks(self) -> dict[str, np.ndarray]:
        """The cheeks of the faces, CIELAB float32 [P, 3], by each decoder."""
        return {name: self.cheeks_of(face) for name, face in self.faces.items()}

    def cheeks_of(self, faces: Coefficients) -> np.ndarray:
        """The cheeks of N faces, CIELAB float32 [N, 3]."""
        return srgb_to_lab(modeled_cheeks(self.trained.face_model, faces.texture.numpy()))

    def grouped(self, column: str) -> dict[str, np.ndarray]:
        """Who is in each group of a column of the labels: bool [P + misses], by its value.

        Raises:
          ValueError: the column has too many values to be one of groups.
        """
        names = [*self.cache.names, *(rejection.name for rejection in self.cache.rejected)]
        try:
            return divide(self.labels.cells(column, names))
        except ValueError as error:
            raise ValueError(
                f"{self.labels.path}: the column {column!r} {error}; choose others by --group_by"
            ) from error

    @functools.cached_property
    def judges(self) -> dict[str, Judge]:
        """The networks with the photographs that they judge by."""
        whose = {photo.name: printable(photo.identity or "") for photo in self.listing.photographs}
        missed = [whose.get(r.name) or printable(r.name) for r in self.cache.rejected]
        return {
            name: make_judge(
                network, self.trained.face_model, self.caches[name], YAWS_DEG, missed, self.kept
            )
            for name, network in self.networks.items()
        }

    @functools.cached_property
    def others(self) -> dict[str, MethodFaces]:
        """What other systems made of the photographs, by the system's name.

        Raises:
          ValueError: a folder has no mesh of a photograph.
        """
        if not self._method_folders:
            return {}
        model = self.trained.face_model
        template, found = make_template(model), {}
        for name, folder in self._method_folders.items():
            try:
                own = read_faces(name, folder, self.cache.names, template, model, self.kept)
            except ValueError as error:
                # In an evaluation of everything its meshes may be of scans.
                if self.options.benchmark != "all":
                    raise
                logging.warning("%s", error)
                continue
            found[name] = own
        return found

    @functools.cached_property
    def paper_figures(self) -> PaperFigures | None:
        """The paper's figures, where the data set and the scorer are the paper's own."""
        photos = self.judges["scorer"].photos
        if (self.options.photographs.folder / STAND_IN_NOTE).is_file():
            return None
        names = photograph_names(self.cache)
        return figures_for(names, [*photos.identities, *photos.missed], self.options.scorer.name)

    @property
    def shadings(self) -> dict[str, Shading]:
        """In which the faces of each decoder are drawn."""
        return {name: own.shading for name, own in self.decoders.items()}

    def encode(self, decoder: str, crops: np.ndarray) -> np.ndarray:
        """Computes a decoder's input, float32 [N, D], of photographs in the encoder's crop.

        Args:
          decoder: its short name.
          crops: uint8 RGB [N, S, S, 3].
        """
        encoder, photo_crops = self.trained.encoder, self.decoders[decoder].decoder.photo_crops
        how = f"{encoder.fingerprint} {encoder.feature_sizes} {photo_crops}"
        made = []
        for block in blocks(len(crops), "photographs encoded"):
            own = crops[block]
            make = functools.partial(_features, encoder, own, photo_crops)
            made.append(self.kept("features", [how, own], make))
        return np.concatenate(made)

    def decode(self, crops: np.ndarray) -> dict[str, Coefficients]:
        """Decodes photographs in the encoder's crop, uint8 RGB [N, S, S, 3], by each decoder."""
        return {name: self.decode_by(name, crops) for name in self.decoders}

    def decode_by(self, decoder: str, crops: np.ndarray) -> Coefficients:
        """Decodes photographs in the encoder's crop, uint8 RGB [N, S, S, 3], by one decoder."""
        own = self.decoders[decoder].decoder
        return own(self.encode(decoder, crops), domain="photo")

    def faces_of(self, decoder: str, chosen: np.ndarray) -> Coefficients:
        """The faces of some photographs, int [N], by one decoder."""
        return Coefficients(*(part.numpy()[chosen] for part in self.faces[decoder]))

    @functools.cached_property
    def faces(self) -> dict[str, Coefficients]:
        """The faces of the P photographs, by each decoder, refined if that is wanted."""
        decoded = self.decode(self.crops)
        if not self.options.refine_steps:
            return decoded
        refine = RefinedFaces(self.trained, self.options.refine_steps, self.kept)
        embedding = self.cache.embedding[:, PLAIN]
        return {name: refine(self.decoders[name], decoded[name], embedding) for name in decoded}

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
        return judge_faces(self.judges, self.faces, self.shadings, self.others)

    @functools.cached_property
    def scores(self) -> dict[str, Scores]:
        """The frontal cosines by judge, as later evaluations compare with them."""
        return {
            name: judge.scores(self.cache, self.evaluation.likeness[name])
            for name, judge in self.judges.items()
        }


def _features(encoder: IdentityNetwork, crops: np.ndarray, photo_crops: int) -> np.ndarray:
    return np.asarray(encode_photographs(encoder, crops, photo_crops).features)
