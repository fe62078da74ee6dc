"""Finds, aligns and encodes the photographs of a folder, and keeps the features in a file.

    python -m data_pipeline.prepare --photos=DIR --output=FILE

The command can be stopped at any time and goes on where it was. It is not stopped by files that
cannot be read, and says at the end which photographs were rejected and why.
"""

from absl import app, flags

import command_line
import flag_sets


def define_flags() -> None:
    """Defines the flags of the command."""
    flag_sets.define_photographs()
    flag_sets.define_encoder(with_features=True)
    flags.DEFINE_string("output", None, "The file of features to write.", required=True)


def main(arguments: list[str]) -> None:
    """Prepares the photographs that the flags name."""
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}; name photographs by --photos")
    command_line.import_tensorflow()
    from data_pipeline.detection import make_detector
    from data_pipeline.feature_cache import summary
    from data_pipeline.photo_preparation import prepare_photographs
    from data_pipeline.photographs import list_photographs
    from model import identity

    command_line.show_progress("data_pipeline")
    photos, encoder = flag_sets.photographs(), flag_sets.encoder()
    cache = prepare_photographs(
        list_photographs(photos.folder, photos.photo_list, photos.split),
        identity.load(encoder.name, encoder.weights, encoder.features),
        make_detector(photos.landmarks),
        flags.FLAGS.output,
        progress=True,
    )
    print(f"{cache.path}: {len(cache)} photographs, features {cache.features.shape[1:]}")
    if cache.rejected:
        print(f"{len(cache.rejected)} rejected:\n{summary(cache.rejected)}")


if __name__ == "__main__":
    command_line.run("data_pipeline.prepare", main, define_flags)
