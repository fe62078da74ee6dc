r"""Moves the mean face of a face model to that of the people in portraits.

    python -m data_pipeline.learn_mean FACE_MODEL --decoder=RUN --photos=DIR --output=FILE.h5

How the mean is found, and what it is good for, is told in docs/learned_mean.md.
"""

import argparse
import dataclasses
import tempfile

import command_line

_NOTE = (
    "moved within the space of the model to the mean of {count} portraits, as recognition sees it: "
    "{shape:.2f} standard deviations of shape and {texture:.2f} of texture (root mean squares over "
    "the components) from where it was"
)


def run(options: argparse.Namespace) -> None:
    """Fits the mean, and writes the face model and the picture.

    Raises:
      ValueError, OSError: a file is missing or not what it should be.
    """
    command_line.import_tensorflow()
    import numpy as np

    from model.face_models import bfm_hdf5
    from model.face_models.load import read_face_model, to_morphable_model
    from model.face_models.model_sheet import mean_sheet
    from storage.atomic import write_bytes
    from storage.images import jpeg

    contents = read_face_model(options.file)
    face, count = _mean_of_portraits(options)
    lengths = {
        name: float(np.sqrt(np.mean(np.square(part)))) for name, part in face._asdict().items()
    }
    note = _NOTE.format(count=count, **lengths)
    result = dataclasses.replace(
        contents,
        shape=contents.shape.moved(face.shape[0].numpy()),
        color=contents.color.moved(face.texture[0].numpy()),
        notes=contents.notes | {"mean_note": note},
    )
    bfm_hdf5.write_bfm_hdf5(options.output, result, np.float16)
    print(f"{options.output}: the mean face was {note}")
    if options.picture:
        models = {"before": contents, "after": result}
        sheet = mean_sheet({name: to_morphable_model(own, name) for name, own in models.items()})
        write_bytes(options.picture, jpeg(sheet))
        print(options.picture)


def _mean_of_portraits(options):
    """The coefficients of the mean face of the portraits, and how many portraits these are."""
    from tqdm import tqdm

    from model.encoding import encode_photographs
    from model.mean_face_fit import MeanFitter
    from model.trained import Parts, load_trained

    trained = load_trained([options.decoder], Parts(face_model=options.file))
    ((_, decoder, shading),) = trained.decoders
    fitter = MeanFitter(
        decoder, trained.encoder, trained.face_model, shading, options.steps, options.seed
    )
    crops = _crops(options, trained.encoder)
    encoded = encode_photographs(trained.encoder, crops, decoder.photo_crops)
    face = fitter(
        decoder(encoded.features),
        encoded.embedding,
        lambda steps: tqdm(steps, desc="mean", mininterval=1),
    )
    return face, len(crops)


def _crops(options, encoder):
    """The aligned crops of the portraits: uint8 RGB [P, S, S, 3]."""
    from data_pipeline.detection import make_detector
    from data_pipeline.photo_preparation import prepare_photographs
    from data_pipeline.photographs import list_photographs

    listing = list_photographs(options.photos, photo_split=options.split)
    with tempfile.TemporaryDirectory() as folder:
        cache = prepare_photographs(
            listing,
            encoder,
            make_detector(),
            options.photo_cache or f"{folder}/photos",
            variants=("plain",),
            progress=True,
        )
        return cache.crops(range(len(cache)))


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of the command."""
    parser = command_line.ArgumentParser(
        prog="python -m data_pipeline.learn_mean",
        description="Moves the mean face of a face model to that of the people in portraits.",
    )
    parser.add_argument("file", help="the file of the face model")
    parser.add_argument(
        "--decoder",
        required=True,
        help="a decoder that was trained on it: its file, or the folder of its run",
    )
    parser.add_argument("--photos", required=True, help="the folder of portraits, one a person")
    parser.add_argument("--split", help="only this split of the folder's splits.csv counts")
    parser.add_argument("--photo_cache", help="a folder to keep the portraits' features in")
    parser.add_argument("--output", required=True, help="the .h5 file to write, in half precision")
    parser.add_argument(
        "--steps",
        type=command_line.positive_integer,
        default=150,
        help="how many steps the fit makes, with 8 portraits each (default: 150)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the order of portraits and of the views"
    )
    parser.add_argument("--picture", help="a JPEG of both mean faces to write")
    parser.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    command_line.run_subcommand("data_pipeline.learn_mean", make_parser())
