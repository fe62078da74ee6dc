"""Which photographs an earlier run has finished, by its `results.json`."""

import hashlib
import pathlib
from collections.abc import Mapping

from model.trained import decoder_path
from programs.face_formats import EXTRAS, FORMATS
from programs.reconstruction_options import Options
from programs.reconstruction_results import PhotographResult, from_json
from storage.printable import printable


class FinishedPhotographs:
    """What need not be done again.

    Attributes:
      made_with: what the faces of this run depend on besides their photographs, by name.
      results: those of finished photographs, by their paths: nothing failed there but the
        photograph itself, and all files that are wanted now are there.
    """

    def __init__(self, path: pathlib.Path, options: Options):
        """Reads the results of an earlier run, if they are wanted and there are any.

        Raises:
          ValueError: the file is no `results.json`, or its faces were made with something else.
        """
        self.made_with = _made_with(options)
        self.results: Mapping[str, PhotographResult] = {}
        if not (options.skip_finished and path.is_file()):
            return
        try:
            made_with, results = from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{printable(path)}: {error}; move it away, or leave out --skip_finished"
            ) from None
        # Results of before there was a refinement have none.
        made_with = {"refinement": "0"} | made_with
        other = [name for name, value in self.made_with.items() if made_with.get(name) != value]
        if other:
            raise ValueError(
                f"{printable(path)}: its faces were made with another {other[0]}; give another "
                "--output_dir, or leave out --skip_finished"
            )
        wanted = [end for kind in options.formats for end in (FORMATS | EXTRAS)[kind]]
        self.results = {
            result.path: result
            for result in results
            if all(_is_there(face["name"], wanted, path.parent) for face in result.faces)
        }


def _made_with(options):
    return {
        "decoder": hashlib.sha256(decoder_path(options.checkpoint).read_bytes()).hexdigest(),
        "skin_tone": "photograph" if options.photographed_tone else "person",
        "faces": "all" if options.all_faces else "largest",
        "refinement": str(options.refine_steps),
        "merge": "yes" if options.merge else "no",
        "expression": " ".join(f"{k}={v:g}" for k, v in sorted(options.expression.items())),
    }


def _is_there(name, endings, folder):
    return all((folder / f"{name}{end}").is_file() for end in endings)
