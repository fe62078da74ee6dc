"""Measures decoders on photographs, and writes the report, from options to files."""

import dataclasses
import itertools
import pathlib
import shlex
import sys
from collections.abc import Sequence

import numpy as np

from data_pipeline.detection import make_detector
from data_pipeline.feature_cache import PLAIN, FeatureCache
from data_pipeline.photographs import list_photographs, read_image
from evaluation import plots, tables
from evaluation.benchmark import Evaluation, people_of, summarize_methods
from evaluation.contact_sheet import contact_sheet
from evaluation.earlier_scores import KEY, Scores, check_comparable, gains_over, read_scores
from evaluation.likeness import JudgedPhotographs, Likeness
from evaluation.report import Picture, Report, Table, to_text, write_report
from evaluation.tone import ToneScores, tone_scores
from flag_sets import EncoderOptions, PhotographOptions
from model import identity
from model.color import srgb_to_lab
from model.decoder import Coefficients
from model.rendered_views import Portraits
from model.tone_calibration import modeled_cheeks, photographed_cheeks
from model.trained import Parts, Trained, TrainedDecoder, decoder_path, load_trained
from programs.judges import Judge, make_judge, photograph_names, prepare_for_all
from programs.output_folder import check_apart, without_results
from storage.images import jpeg
from storage.printable import printable

YAWS_DEG = (0, -30, 30)
_PORTRAIT_PIXELS = 144


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that an evaluation depends on.

    Attributes:
      output: the folder of the report.
      checkpoints: decoder files or folders of runs; the last is compared with the others.
      benchmark: "recognition", "clustering" or "all".
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


def run(options: Options) -> None:
    """Measures what the options say, prints the tables and writes the report.

    Raises:
      OSError, ValueError: an option is wrong, or `must_improve` is not met.
    """
    photos = options.photographs
    check_apart(options.output, photos.folder)
    earlier = read_scores(options.compare) if options.compare else None
    names = short_names([decoder_path(checkpoint) for checkpoint in options.checkpoints])
    listing = list_photographs(photos.folder, photos.photo_list, photos.split)
    listing = without_results(listing, options.output)
    trained = load_trained(options.checkpoints, options.parts)
    decoders = dict(zip(names, trained.decoders, strict=True))
    networks = {
        "encoder": trained.encoder,
        "scorer": identity.load(options.scorer.name, options.scorer.weights),
    }
    cache_folder = pathlib.Path(photos.cache or options.output / "cache")
    caches = prepare_for_all(listing, networks, make_detector(photos.landmarks), cache_folder)
    judges = {
        name: make_judge(network, trained.face_model, caches[name], YAWS_DEG)
        for name, network in networks.items()
    }
    cache = caches["encoder"]
    if earlier:
        fingerprints = {name: network.fingerprint for name, network in networks.items()}
        check_comparable(options.compare, earlier, fingerprints, photograph_names(cache))
    evaluation, faces = evaluate(decoders, cache.features[:, PLAIN], judges)
    scores = {
        name: scores_of(judge, cache, evaluation.likeness[name]) for name, judge in judges.items()
    }
    tones = tones_of(trained, cache, faces)
    shown = [*tables_of(options.benchmark, evaluation, judges), tables.tone_table(tones)]
    if earlier:
        shown.append(tables.gain_table(gains_over(earlier, scores), f" over {options.compare}"))
    sheet = draw_sheet(options, cache, judges["encoder"], faces)
    report = Report(
        title="Faces judged by recognition networks",
        command=shlex.join(["python", *sys.argv]),
        facts=facts(options, trained, judges, cache),
        limits=limits(judges["encoder"].photos),
        tables=shown,
        pictures=[sheet, *plots_of(options.benchmark, evaluation, judges, faces)],
        metrics=evaluation.metrics()
        | {
            KEY: {name: vars(of_judge) for name, of_judge in scores.items()},
            "tone": {name: vars(of_decoder) for name, of_decoder in tones.items()},
            "rejected": {printable(r.name): r.reason for r in cache.rejected},
        },
    )
    write_report(report, options.output)
    print("\n\n".join(map(to_text, shown)))
    for rejection in cache.rejected:
        print(f"{printable(rejection.name)}: {rejection.reason}; counts as a miss")
    print(f"\n{options.output / 'report.html'}")
    if options.must_improve:
        check_improvement(evaluation.likeness["scorer"])


def evaluate(
    decoders: dict[str, TrainedDecoder], features: np.ndarray, judges: dict[str, Judge]
) -> tuple[Evaluation, dict[str, Coefficients]]:
    """Measures decoders on photographs whose features are known; 131 of them take half a minute.

    Args:
      decoders: by name; the last is compared with the others.
      features: float32 [P, D], the encoder's features of the photographs, unmirrored.
      judges: by name; their photographs are these P in the same order.

    Returns:
      All metrics, and the coefficients by decoder.
    """
    faces = {name: own.decoder(features, domain="photo") for name, own in decoders.items()}
    renders = {
        judge: {
            name: which.embeddings(face, decoders[name].shading) for name, face in faces.items()
        }
        for judge, which in judges.items()
    }
    arrays = {
        name: {part: values.numpy() for part, values in coefficients._asdict().items()}
        for name, coefficients in faces.items()
    }
    photos = {name: judge.photos for name, judge in judges.items()}
    return summarize_methods(photos, renders, YAWS_DEG, arrays), faces


def scores_of(judge: Judge, cache: FeatureCache, results: dict[str, Likeness]) -> Scores:
    """Gathers what a judge said, for later evaluations to compare with."""
    cosines = {name: likeness.scores[0].tolist() for name, likeness in results.items()}
    people = people_of(judge.photos)
    return Scores(judge.network.fingerprint, photograph_names(cache), people, cosines)


def tones_of(
    trained: Trained, cache: FeatureCache, faces: dict[str, Coefficients]
) -> dict[str, ToneScores]:
    """Compares the decoded skin tones of each decoder with the cheeks of the photographs."""
    crops = cache.crops(range(len(cache)))
    photographed = srgb_to_lab(photographed_cheeks(crops, cache.points, trained.encoder.crop))
    return {
        name: tone_scores(
            srgb_to_lab(modeled_cheeks(trained.face_model, face.texture.numpy())), photographed
        )
        for name, face in faces.items()
    }


def check_improvement(results: dict[str, Likeness]) -> None:
    """Prints the decoders' mean frontal cosines in their order.

    Raises:
      ValueError: one is not better than the one before.
    """
    means = {name: likeness.summaries[0].mean for name, likeness in results.items()}
    print("by the scorer: " + " < ".join(f"{name} {mean:.3f}" for name, mean in means.items()))
    for (before, low), (after, high) in itertools.pairwise(means.items()):
        if not low < high:
            raise ValueError(
                f"{after} ({high:.3f} by the scorer) is not better than {before} ({low:.3f})"
            )


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


def draw_sheet(
    options: Options,
    cache: FeatureCache,
    judge: Judge,
    faces: dict[str, Coefficients],
) -> Picture:
    """Draws photographs, frontal renders by each decoder, and turned ones by the last."""
    chosen = np.linspace(0, len(cache) - 1, options.sheet_faces).round().astype(int)
    chosen = np.unique(chosen)
    crop, folder = judge.network.crop, options.photographs.folder
    portraits = Portraits(judge.face_model, crop, _PORTRAIT_PIXELS, YAWS_DEG)
    photos = [
        portraits.photograph(read_image(folder / cache.names[k]), cache.points[k]) for k in chosen
    ]
    renders = [
        portraits.renders(Coefficients(*(part.numpy()[chosen] for part in coefficients)))
        for coefficients in faces.values()
    ]
    frontal = [views[:, 0] for views in renders]
    turned = [renders[-1][:, k] for k in range(1, len(YAWS_DEG))]
    columns = [np.stack(images) / 255.0 for images in (photos, *frontal, *turned)]
    named = " | ".join(["photograph", *faces, "turned to both sides"])
    return Picture("contact_sheet.jpg", jpeg(contact_sheet(columns, faces_per_row=2)), named)


def tables_of(benchmark: str, evaluation: Evaluation, judges: dict[str, Judge]) -> list[Table]:
    """Makes the tables of a benchmark, with what both benchmarks need."""
    photos = {name: judge.photos for name, judge in judges.items()}
    shown = []
    if benchmark in ("recognition", "all"):
        shown.append(tables.cosine_table(evaluation.likeness))
        shown.append(tables.photograph_table(photos))
        if len(evaluation.statistics) > 1:
            shown.append(tables.gain_table(evaluation.gains))
    if benchmark in ("clustering", "all"):
        shown.append(tables.recall_table(evaluation.likeness))
    return [*shown, tables.coefficient_table(evaluation.statistics)]


def plots_of(
    benchmark: str,
    evaluation: Evaluation,
    judges: dict[str, Judge],
    faces: dict[str, Coefficients],
) -> list[Picture]:
    """Draws the plots of a benchmark, with what both benchmarks need."""
    pictures = []
    for name, results in evaluation.likeness.items():
        if benchmark in ("recognition", "all"):
            data = plots.score_distributions(name, judges[name].photos, results)
            pictures.append(Picture(f"cosines_{name}.png", data, f"Cosines by the {name}"))
        if benchmark in ("clustering", "all"):
            data = plots.recall_curves(name, results)
            pictures.append(Picture(f"recall_{name}.png", data, f"Recall by the {name}"))
    for part in Coefficients._fields:
        variances = {name: getattr(c, part).numpy().var(axis=0) for name, c in faces.items()}
        data = plots.component_variances(variances, part)
        pictures.append(Picture(f"variance_{part}.png", data, f"Variances of the {part}"))
    return pictures


def facts(
    options: Options, trained: Trained, judges: dict[str, Judge], cache: FeatureCache
) -> dict[str, str]:
    """Says what was measured with what."""
    photos, scorer = options.photographs, judges["scorer"].network
    return {
        "decoders": ", ".join(str(own.path) for own in trained.decoders),
        "face model": f"{trained.face_model.name} ({trained.face_model.fingerprint[:12]})",
        "encoder": f"{trained.encoder.name} ({trained.encoder.fingerprint[:12]})",
        "scorer": f"{options.scorer.weights} ({scorer.fingerprint[:12]})",
        "photographs": f"{photos.folder}, split {photos.split or 'all'}: "
        f"{len(cache)} with a face, {len(cache.rejected)} without",
        "points": cache.key.detector,
    }


def limits(photos: JudgedPhotographs) -> list[str]:
    """Says what a reader must know before quoting a metric."""
    texts = [
        "The encoder was trained against: its figures say how well training went. The scorer "
        "enters no loss and no feature: its figures say how alike the faces are.",
        "Figures depend on the face model, the networks and the photographs; only those made with "
        "the same parts can be compared.",
        f"Recall falls with the number of people searched, here {len(set(photos.identities))}.",
        "A photograph without a face that was found counts as a cosine of 0 and as a failed query.",
        "Renders are neutral, in one fixed light, without hair, glasses and background.",
    ]
    if not photos.same.total:
        texts.append("One photograph a person: there is no pair of photographs of one person.")
    return texts
