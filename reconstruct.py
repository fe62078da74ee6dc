"""Turns photographs into faces: meshes, textures, coefficients and renders.

Examples:
  python reconstruct.py --output_dir=faces me.jpg
  python reconstruct.py --checkpoint=RUN --output_dir=faces PHOTOS_FOLDER another.jpg

For the largest face of each photograph, or with --faces=all for each, the script writes:
  NAME.glb               for viewers, engines and Blender: meters, vertex colors, and with the
                         embedded face model the expressions of ARKit, teeth and tongue
  NAME.obj .mtl .png     with a texture: millimeters
  NAME.ply               with vertex colors: millimeters
  NAME_coefficients.npz  of the morphable model, and where the face was
  NAME_render.png        photograph | front | turned to both sides
and contact_sheet.jpg of the first faces, and results.json, which says of each photograph what
became of it. A photograph that cannot be read or has no face is reported and left out; the exit
status is 1 if there is no face at all.
"""

import pathlib

from absl import app, flags

import command_line
import flag_sets
import open_parts
from programs.face_formats import FORMATS

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of the script."""
    flags.DEFINE_string(
        "checkpoint",
        None,
        "The folder of a run, or a decoder file. By default it is the shipped decoder.",
    )
    flag_sets.define_face_model("The face model of the decoder, if it is not its run's own")
    flag_sets.define_encoder(default=None)
    flags.DEFINE_string(
        "landmarks",
        None,
        "A CSV file of five points a photograph. By default the detector (mtcnn) finds them.",
    )
    flags.DEFINE_enum(
        "skin_tone",
        "person",
        ("person", "photograph"),
        "Whose skin tone faces have. person: the person's own, as the decoder reads it. "
        "photograph: the cheeks' mean color in this photograph, which copies its exposure and "
        "color cast; another photograph of the same person gives another skin. The paper has no "
        "such step.",
    )
    flags.DEFINE_enum(
        "faces",
        "largest",
        ("largest", "all"),
        "Which faces of a photograph are reconstructed. The files of further ones are called "
        "NAME_face2, NAME_face3 and so on, from large to small.",
    )
    flags.DEFINE_list(
        "formats",
        list(FORMATS),
        f"What is written of a face, separated by commas: some of {', '.join(FORMATS)}. The obj "
        "comes with its material and texture; without render there is no contact sheet.",
    )
    flags.register_validator(
        "formats",
        lambda formats: bool(formats) and set(formats) <= set(FORMATS),
        message=f"name some of {', '.join(FORMATS)}, separated by commas",
    )
    flags.DEFINE_integer("texture_size", 1024, "Width and height of textures in pixels.", 256, 8192)
    flags.DEFINE_enum(
        "glb_colors",
        "vertices",
        ("vertices", "texture"),
        "Where GLB files have their colors: at the vertices with 16 bits, or in a texture, which "
        "can be painted on.",
    )
    flags.DEFINE_integer("limit", None, "At most this many photographs are used.", lower_bound=1)
    flags.DEFINE_string("output_dir", None, "The folder for the results.", required=True)


def main(arguments: list[str]) -> None:
    """Reconstructs the photographs that the arguments name."""
    if len(arguments) < 2:
        raise app.UsageError("name at least one photograph or folder of photographs")
    command_line.import_tensorflow()
    from model.trained import Parts
    from programs import reconstruction

    encoder = flag_sets.encoder()
    written = reconstruction.run(
        reconstruction.Options(
            output=pathlib.Path(FLAGS.output_dir),
            photographs=arguments[1:],
            checkpoint=FLAGS.checkpoint or open_parts.DECODER,
            parts=Parts(FLAGS.face_model, encoder.name, encoder.weights),
            landmarks=FLAGS.landmarks,
            limit=FLAGS.limit,
            photographed_tone=FLAGS.skin_tone == "photograph",
            all_faces=FLAGS.faces == "all",
            formats=list(dict.fromkeys(FLAGS.formats)),
            texture_size=FLAGS.texture_size,
            glb_texture=FLAGS.glb_colors == "texture",
        )
    )
    if not written:
        raise ValueError("no face in any photograph")


if __name__ == "__main__":
    command_line.run("reconstruct.py", main, define_flags)
