"""Turns photographs into faces: meshes, textures, coefficients and renders.

Examples:
  python reconstruct.py --output_dir=faces me.jpg
  python reconstruct.py --output_dir=faces --expression=smile me.jpg
  python reconstruct.py --output_dir=faces --jobs=2 PHOTOS_FOLDER another.jpg "trip/*.jpg"
  python reconstruct.py --output_dir=faces --merge --video_every=15 me.mp4
  python reconstruct.py --checkpoint=RUN --output_dir=faces --faces=all family.jpg

For the largest face of each photograph, or with --faces=all for each, the script writes:
  NAME.glb               for viewers, engines and Blender: meters, vertex colors, and with the
                         embedded face model the expressions of ARKit, teeth and tongue
  NAME.obj .mtl .png     with a texture: millimeters
  NAME.ply               with vertex colors: millimeters
  NAME_coefficients.npz  of the morphable model, and where the face was
  NAME_render.png        photograph | the mesh laid over it | front | turned to both sides
and contact_sheet.jpg of the first 48 faces, and results.json, which says of each photograph what
became of it: box, points, pose, files, and why it was left out. With --merge all photographs are
taken for one person's, and there is one face. A photograph that cannot be read or has no face is
reported and left out. The exit status is 0 if there is a face, and 1 if there is none or if a flag
or a file of a part is wrong. docs/faces_from_photographs.md says more.
"""

import pathlib

from absl import app, flags

import command_line
import flag_groups
import flag_sets
import open_parts
from model.expression_presets import PRESETS, parse_expression
from programs.face_formats import EXTRAS, FORMATS, TEXTURE_LAYOUTS

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of the script."""
    flags.DEFINE_string(
        "output_dir", None, "The folder for the results. It must be given.", required=True
    )
    _define_photographs()
    _define_results()
    _define_work()
    flags.DEFINE_string(
        "checkpoint",
        None,
        "The folder of a run, or a decoder file. By default it is the shipped decoder.",
    )
    flag_sets.define_face_model("The face model of the decoder, if it is not its run's own")
    flag_sets.define_encoder(default=None)


@flag_groups.group("Photographs")
def _define_photographs() -> None:
    flags.DEFINE_enum(
        "faces",
        "largest",
        ("largest", "all"),
        "Which faces of a photograph are reconstructed. The files of further ones are called "
        "NAME_face2, NAME_face3 and so on, from large to small.",
    )
    flags.DEFINE_boolean(
        "merge",
        False,
        "Whether all photographs and frames show one person, and become one face: their features "
        "are averaged (section 4.2 of the paper). Its files are named after the argument if there "
        "is one, and else they are called merged.",
    )
    flags.DEFINE_integer(
        "video_every",
        30,
        "Every n-th frame of a video is taken for a photograph.",
        lower_bound=1,
    )
    flags.DEFINE_integer("limit", None, "At most this many photographs are used.", lower_bound=1)
    flags.DEFINE_string(
        "landmarks",
        None,
        "A CSV file of five points a photograph. By default the detector (mtcnn) finds them.",
    )


@flag_groups.group("Results")
def _define_results() -> None:
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
    flags.DEFINE_list(
        "write",
        [],
        f"What else is written of a face, separated by commas: some of {', '.join(EXTRAS)}. "
        "landmarks68 is the file NAME_landmarks68.json of the 68 points of iBUG, in pixels of the "
        "photograph and in mm on the mesh.",
    )
    flags.register_validator(
        "write",
        lambda extras: set(extras) <= set(EXTRAS),
        message=f"name some of {', '.join(EXTRAS)}, separated by commas",
    )
    flags.DEFINE_integer("texture_size", 1024, "Width and height of textures in pixels.", 256, 8192)
    flags.DEFINE_list(
        "expression",
        [],
        f"What faces express: {', '.join(PRESETS)}, or strengths of named expressions, such as "
        "jawOpen=0.3,eyeBlinkLeft=1 (docs/avatars.md lists the names). Meshes and pictures show it "
        "with teeth, and a GLB file opens in it. By default faces are at rest.",
    )
    flags.DEFINE_enum(
        "texture_layout",
        "auto",
        TEXTURE_LAYOUTS,
        "How textures are laid out: auto is the layout that the face model's makers gave it, and "
        "for other face models an unrolled head; charts are cut and packed by the package xatlas, "
        "which keeps sizes but leaves no face whole.",
    )
    flags.DEFINE_enum(
        "glb_colors",
        "vertices",
        ("vertices", "texture"),
        "GLB files keep their colors in this place: at the vertices with 16 bits, or in a "
        "texture, which can be painted on.",
    )
    flag_sets.define_refinement()
    flags.DEFINE_enum(
        "skin_tone",
        "person",
        ("person", "photograph"),
        "Whose skin tone faces have. person: the person's own, as the decoder reads it. "
        "photograph: the cheeks' mean color in this photograph, which copies its exposure and "
        "color cast; another photograph of the same person gives another skin. The paper has no "
        "such step.",
    )


@flag_groups.group("Work")
def _define_work() -> None:
    flags.DEFINE_integer(
        "jobs",
        1,
        "How many processes share the photographs; each takes about 1.5 GB of memory. A single "
        "process keeps two cores busy, so this pays from four cores on.",
        lower_bound=1,
    )
    flags.DEFINE_boolean(
        "skip_finished",
        False,
        "Whether photographs are left out that --output_dir has all results of, as results.json "
        "there says. So a run that was interrupted goes on.",
    )
    flags.register_multi_flags_validator(
        ["merge", "jobs", "skip_finished", "faces"],
        lambda given: (
            not given["merge"]
            or (given["jobs"] == 1 and not given["skip_finished"] and given["faces"] == "largest")
        ),
        message="--merge makes one face of all photographs; leave out --jobs, --skip_finished and "
        "--faces",
    )


def main(arguments: list[str]) -> None:
    """Reconstructs the photographs that the arguments name."""
    if len(arguments) < 2:
        raise app.UsageError("name at least one photograph, video or folder of photographs")
    expression = parse_expression(FLAGS.expression)
    command_line.import_tensorflow()
    from model.trained import Parts
    from programs import reconstruction
    from programs.reconstruction_options import Options

    encoder = flag_sets.encoder()
    written = reconstruction.run(
        Options(
            output=pathlib.Path(FLAGS.output_dir),
            photographs=arguments[1:],
            checkpoint=FLAGS.checkpoint or open_parts.DECODER,
            parts=Parts(FLAGS.face_model, encoder.name, encoder.weights),
            landmarks=FLAGS.landmarks,
            limit=FLAGS.limit,
            photographed_tone=FLAGS.skin_tone == "photograph",
            all_faces=FLAGS.faces == "all",
            formats=list(dict.fromkeys([*FLAGS.formats, *FLAGS.write])),
            video_every=FLAGS.video_every,
            merge=FLAGS.merge,
            skip_finished=FLAGS.skip_finished,
            jobs=FLAGS.jobs,
            texture_size=FLAGS.texture_size,
            texture_layout=FLAGS.texture_layout,
            glb_texture=FLAGS.glb_colors == "texture",
            refine_steps=FLAGS.refine_steps,
            expression=expression,
        )
    )
    if not written:
        raise ValueError("no face in any photograph")


if __name__ == "__main__":
    command_line.run("reconstruct.py", main, define_flags)
