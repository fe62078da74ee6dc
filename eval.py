"""Measures decoders: are their faces recognized as the people in the photographs?

Examples:
  python eval.py --output_dir=runs/evaluation
  python eval.py --checkpoint=RUN/decoder_stage1.npz,RUN --dataset=DIR --output_dir=OUT

Several checkpoints are measured on the same photographs, and the last one is compared with each
other; decoders of another face model by --compare, in two runs. Writes metrics.json, tables.md,
plots, a contact sheet and report.html.
"""

import io
import itertools
import pathlib
import shlex
import sys
from typing import NamedTuple

import numpy as np
from absl import app, flags
from PIL import Image

import open_parts
from data_pipeline.detection import KnownPoints, make_detector
from data_pipeline.feature_cache import VARIANTS, FeatureCache
from data_pipeline.photographs import list_photographs, read_image
from data_pipeline.prepare import prepare_photographs
from evaluation import plots, tables
from evaluation.benchmark import Evaluation, people_of, summarize_methods
from evaluation.contact_sheet import contact_sheet
from evaluation.earlier_scores import KEY, Scores, check_comparable, gains_over, read_scores
from evaluation.likeness import Likeness, Photographs, photographs
from evaluation.report import Picture, Report, Table, to_text, write_report
from model import identity
from model.decoder import Coefficients, Decoder
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.morphable_model import MorphableModel
from model.rendered_views import FixedViews, Portraits
from model.trained import decoder_path, load_trained

YAWS_DEG = (0, -30, 30)
BENCHMARKS = ("recognition", "clustering", "all")
_PLAIN = VARIANTS.index("plain")
_PORTRAIT_PIXELS = 144


class Judge(NamedTuple):
    """A network that compares renders with photographs, as it sees both."""

    network: IdentityNetwork
    renderer: FaceRenderer
    photos: Photographs


def make_judge(network: IdentityNetwork, face_model: MorphableModel, cache: FeatureCache) -> Judge:
    """A judge of the photographs that were prepared for a network."""
    whose = [who or name for who, name in zip(cache.identities, cache.names, strict=True)]
    # Unmirrored only: a mirror image is no other photograph of a person.
    photos = photographs(cache.embedding[:, _PLAIN], whose, len(cache.rejected))
    return Judge(network, FaceRenderer(face_model, network.crop), photos)


def evaluate(
    decoders: dict[str, Decoder], features: np.ndarray, judges: dict[str, Judge]
) -> tuple[Evaluation, dict[str, Coefficients]]:
    """Measures decoders on photographs whose features are known; 131 of them take half a minute.

    Args:
      decoders: by name; the last is compared with the others.
      features: float32 [P, D], the encoder's features of the photographs, unmirrored.
      judges: by name; their photographs are these P in the same order.

    Returns:
      All figures, and the coefficients by decoder.
    """
    faces = {name: decoder(features, domain="photo") for name, decoder in decoders.items()}
    renders = {}
    for judge, (network, renderer, _) in judges.items():
        views = FixedViews(renderer, YAWS_DEG)
        renders[judge] = {name: views.embeddings(network, face) for name, face in faces.items()}
    arrays = {
        name: {part: values.numpy() for part, values in coefficients._asdict().items()}
        for name, coefficients in faces.items()
    }
    photos = {name: judge.photos for name, judge in judges.items()}
    return summarize_methods(photos, renders, YAWS_DEG, arrays), faces


def define_flags() -> None:
    """Defines the flags of the command."""
    flags.DEFINE_list(
        "checkpoint",
        [str(open_parts.DECODER)],
        "Folders of runs or decoder files, separated by commas; default: the shipped decoder.",
    )
    flags.DEFINE_string("face_model", str(open_parts.FACE_MODEL), "Face model of the decoders.")
    flags.DEFINE_enum("identity_encoder", "openvino_ir", identity.NAMES, "Their encoder.")
    flags.DEFINE_string("identity_weights", None, "Its weights; default: those in open_parts.")
    flags.DEFINE_enum("benchmark", "all", BENCHMARKS, "recognition: section 4.3; clustering: 4.4.")
    flags.DEFINE_string(
        "dataset",
        str(open_parts.PHOTOS),
        "Folder of photographs; where it has a subfolder a person, those are the identities.",
    )
    flags.DEFINE_string("photo_list", None, "CSV with a column file: only these.")
    flags.DEFINE_string("photo_split", None, "Only the list's rows of this split.")
    flags.DEFINE_string("landmarks", None, "CSV of five points a photograph; mtcnn by default.")
    flags.DEFINE_string("photo_cache", None, "Folder of features; in the output by default.")
    flags.DEFINE_enum("scorer", "openvino_ir", identity.NAMES, "Independent recognition network.")
    flags.DEFINE_string("scorer_weights", str(open_parts.SCORER), "Its weights.")
    flags.DEFINE_string(
        "compare",
        None,
        "Folder of an earlier evaluation on the same photographs: the last decoder's gain over it.",
    )
    flags.DEFINE_bool(
        "must_improve",
        False,
        "Fail unless the scorer finds each decoder better than the one before.",
    )
    flags.DEFINE_integer("sheet_faces", 24, "People on the contact sheet.", lower_bound=1)
    flags.DEFINE_string("output_dir", None, "Folder for the report.", required=True)


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}; photographs go in by --dataset")
    try:
        run(flags.FLAGS)
    except (OSError, ValueError) as error:
        raise SystemExit(f"eval: {error}") from error


def run(options: flags.FlagValues) -> None:
    """Measures what the flags say, prints the tables and writes the report."""
    folder = pathlib.Path(options.output_dir)
    earlier = read_scores(options.compare) if options.compare else None
    paths = [decoder_path(checkpoint) for checkpoint in options.checkpoint]
    trained = load_trained(
        paths, options.face_model, options.identity_encoder, options.identity_weights
    )
    decoders = dict(zip(short_names(paths), trained.decoders, strict=True))
    listing = list_photographs(options.dataset, options.photo_list, options.photo_split)
    cache_folder = pathlib.Path(options.photo_cache or folder / "cache")
    networks = {
        "encoder": trained.encoder,
        "scorer": identity.load(options.scorer, options.scorer_weights),
    }
    caches = prepare(listing, networks, make_detector(options.landmarks), cache_folder)
    judges = {
        name: make_judge(network, trained.face_model, caches[name])
        for name, network in networks.items()
    }
    cache = caches["encoder"]
    if earlier:
        fingerprints = {name: network.fingerprint for name, network in networks.items()}
        check_comparable(options.compare, earlier, fingerprints, photograph_names(cache))
    evaluation, faces = evaluate(decoders, cache.features[:, _PLAIN], judges)

    chosen = np.unique(np.linspace(0, len(cache) - 1, options.sheet_faces).round().astype(int))
    sheet = draw_sheet(pathlib.Path(options.dataset), cache, judges["encoder"], faces, chosen)
    scores = {
        name: scores_of(judge, cache, evaluation.likeness[name]) for name, judge in judges.items()
    }
    shown = tables_of(options.benchmark, evaluation, judges)
    if earlier:
        shown.append(tables.gain_table(gains_over(earlier, scores), f" over {options.compare}"))
    report = Report(
        title="Faces judged by recognition networks",
        command=shlex.join(["python", *sys.argv]),
        facts={
            "decoders": ", ".join(map(str, paths)),
            "face model": f"{trained.face_model.name} ({trained.face_model.fingerprint[:12]})",
            "encoder": f"{trained.encoder.name} ({trained.encoder.fingerprint[:12]})",
            "scorer": f"{options.scorer_weights} ({networks['scorer'].fingerprint[:12]})",
            "photographs": f"{options.dataset}, split {options.photo_split or 'all'}: "
            f"{len(cache)} with a face, {len(cache.rejected)} without",
            "points": cache.key.detector,
        },
        limits=limits(judges["encoder"].photos),
        tables=shown,
        pictures=[sheet, *plots_of(options.benchmark, evaluation, judges, faces)],
        metrics=evaluation.figures()
        | {
            KEY: {name: vars(of_judge) for name, of_judge in scores.items()},
            "rejected": {r.name: r.reason for r in cache.rejected},
        },
    )
    write_report(report, folder)
    print("\n\n".join(map(to_text, shown)))
    for rejection in cache.rejected:
        print(f"{rejection.name}: {rejection.reason}; counts as a miss")
    print(f"\n{folder / 'report.html'}")
    if options.must_improve:
        check_improvement(evaluation.likeness["scorer"])


def photograph_names(cache: FeatureCache) -> list[str]:
    """All that count, those without a face last."""
    return [*cache.names, *(rejection.name for rejection in cache.rejected)]


def scores_of(judge: Judge, cache: FeatureCache, results: dict[str, Likeness]) -> Scores:
    """What a judge said, for later evaluations to compare with."""
    cosines = {name: likeness.scores[0].tolist() for name, likeness in results.items()}
    people = people_of(judge.photos)
    return Scores(judge.network.fingerprint, photograph_names(cache), people, cosines)


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
    """Names for decoder files, as short as tells them apart."""
    names = [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.parent.name}/{path.stem}" for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise ValueError(f"--checkpoint names a decoder twice: {', '.join(names)}")
    return names


def prepare(listing, networks, detector, folder: pathlib.Path) -> dict[str, FeatureCache]:
    """Features by each network; the first one's points serve the others."""
    caches = {}
    for name, network in networks.items():
        folder.mkdir(parents=True, exist_ok=True)
        output = folder / f"{name}.h5"
        caches[name] = prepare_photographs(listing, network, detector, output, progress=True)
        detector = detector if isinstance(detector, KnownPoints) else KnownPoints(caches[name])
    if len({cache.names for cache in caches.values()}) != 1:
        raise ValueError(f"{folder}: the networks see different photographs; remove this cache")
    return caches


def draw_sheet(
    dataset: pathlib.Path,
    cache: FeatureCache,
    judge: Judge,
    faces: dict[str, Coefficients],
    chosen: np.ndarray,
) -> Picture:
    """Photograph, frontal render of each decoder, and turned ones of the last, of some people."""
    portraits = Portraits(judge.renderer.face_model, judge.network.crop, _PORTRAIT_PIXELS, YAWS_DEG)
    photos = [
        portraits.photograph(read_image(dataset / cache.names[k]), cache.points[k]) for k in chosen
    ]
    renders = [
        portraits.renders(Coefficients(*(part.numpy()[chosen] for part in coefficients)))
        for coefficients in faces.values()
    ]
    frontal = [views[:, 0] for views in renders]
    turned = [renders[-1][:, k] for k in range(1, len(YAWS_DEG))]
    columns = [np.stack(images) / 255.0 for images in (photos, *frontal, *turned)]
    buffer = io.BytesIO()
    Image.fromarray(contact_sheet(columns, faces_per_row=2)).save(buffer, "JPEG", quality=88)
    named = " | ".join(["photograph", *faces, "turned to both sides"])
    return Picture("contact_sheet.jpg", buffer.getvalue(), named)


def tables_of(benchmark: str, evaluation: Evaluation, judges: dict[str, Judge]) -> list[Table]:
    """The tables of a benchmark, with what both need."""
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
    """The plots of a benchmark, with what both need."""
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


def limits(photos: Photographs) -> list[str]:
    """What a reader must know before quoting a figure."""
    texts = [
        "The encoder was trained against: its figures say how well training went, those of the "
        "scorer, which enters no loss and no feature, how alike the faces are.",
        "Figures depend on the face model, the networks and the photographs; only those made with "
        "the same parts can be compared.",
        f"Recall falls with the number of people searched, here {len(set(photos.identities))}.",
        "A photograph without a face that was found counts as a cosine of 0 and as a failed query.",
        "Renders are neutral, in one fixed light, without hair, glasses and background.",
    ]
    if not photos.same.total:
        texts.append("One photograph a person: there is no pair of photographs of one person.")
    return texts


if __name__ == "__main__":
    define_flags()
    app.run(main)
