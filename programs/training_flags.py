"""The flags of `train.py`, and the options that they become.

Nothing here imports TensorFlow before the flags have been checked.
"""

import dataclasses
import pathlib

from absl import flags

import flag_groups
import flag_sets
from data_pipeline.augmentation import KINDS as KINDS_OF_AUGMENTATION
from data_pipeline.augmentation import Augmentation
from data_pipeline.data_service import check_address
from model.crop_changes import CROPS
from programs import loss_flags, optimizer_flags
from programs.training_options import BatchOptions, FaceModelOptions, Options, StageOptions

# The flags count as those of the script, so that its --help shows them.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


def define() -> None:
    """Defines them all; their defaults are those of configs/photos.cfg."""
    flag_sets.define_run(log_every=50, checkpoint_every=250)
    flags.DEFINE_integer("samples_every", 500, "Steps between contact sheets.", lower_bound=1)
    flags.DEFINE_integer(
        "gradient_norms_every",
        0,
        "Steps between measurements of the gradient of each term of the loss, which are logged and "
        "written to gradient_norms/ in the run. 0 makes none.",
        lower_bound=0,
    )
    flags.DEFINE_list(
        "profile_steps",
        [],
        "The first and the last step, such as 20,29, of which each stage writes a profile for "
        "TensorBoard and a table of where the time goes. Steps are counted from 1.",
    )
    flags.DEFINE_bool(
        "deterministic",
        False,
        "Whether a run is repeated bit for bit by the same command on the same machine "
        "(docs/training.md).",
    )
    flags.DEFINE_string(
        "print_gradient_shares",
        None,
        "A decoder's file, or the folder of its run. Nothing is trained: for this decoder and the "
        "first batches of stage 2, a table shows how strongly each term of the loss pulls, by "
        "which the weights can be chosen.",
    )
    flags.DEFINE_enum(
        "strategy",
        "auto",
        ["auto", "one_device", "mirrored", "multi_worker"],
        "How steps are spread over devices: over the processes that the environment variable "
        "TF_CONFIG names and all GPUs of each (multi_worker), over all GPUs of this one "
        "(mirrored), or not (one_device). auto is the first of these that there are several of.",
    )
    _define_parts()
    _define_steps()
    optimizer_flags.define()
    _define_validation()
    loss_flags.define()
    flag_sets.define_scenes()
    for name, default in (("view_yaw", "yaw"), ("view_pitch", "pitch")):
        flags.DEFINE_float(
            name,
            None,
            f"The same as --{default}, for the poses of the identity loss. By default they are "
            "drawn from the same range.",
            0.0,
            90.0,
        )
    flags.DEFINE_float(
        "view_framing",
        0.05,
        "Faces of the identity loss are drawn larger or smaller than aligned by up to this part, "
        "and shifted by up to this part of the image, as photographs are by --photo_crops.",
        0.0,
        0.5,
    )


@flag_groups.group("Parts")
def _define_parts() -> None:
    flag_sets.define_face_model()
    for part in ("shape", "texture"):
        flags.DEFINE_integer(
            f"{part}_components",
            None,
            f"How many {part} components of the face model are used. By default all are.",
            lower_bound=1,
        )
    flag_sets.define_encoder(with_features=True)
    flags.DEFINE_enum(
        "encoder_precision",
        "float32",
        ["float32", "bfloat16"],
        "The number format in which that network's convolutions multiply in training steps. "
        "bfloat16 is less exact, and faster where the processor has it (docs/training.md).",
    )
    flag_sets.define_photographs(cache=True)
    flags.DEFINE_string(
        "cache_dir",
        None,
        "A folder for the features of photographs and for synthetic faces, which several runs can "
        "share. By default it lies in the run's folder.",
    )


@flag_groups.group("Batches and steps")
def _define_steps() -> None:
    flags.DEFINE_integer(
        "stage1_steps", 4000, "Steps of stage 1, on synthetic faces alone.", lower_bound=0
    )
    flags.DEFINE_integer(
        "stage2_steps", 4000, "Steps of stage 2, on photographs as well.", lower_bound=0
    )
    flags.DEFINE_float(
        "stage1_learning_rate", 1e-3, "The largest learning rate of stage 1.", lower_bound=0
    )
    flags.DEFINE_float(
        "learning_rate", 5e-4, "The largest learning rate of stage 2.", lower_bound=0
    )
    flags.DEFINE_integer("photo_batch", 4, "Photographs in a step of stage 2.", lower_bound=1)
    flags.DEFINE_integer("synthetic_batch", 128, "Synthetic faces in a step.", lower_bound=1)
    flags.DEFINE_integer(
        "moment_batch",
        512,
        "Further photographs in a step, for the batch distribution loss alone. They need cached "
        "features.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "views",
        3,
        "Random poses in which the face of a photograph is drawn in its own colors.",
        lower_bound=1,
    )
    flags.DEFINE_integer(
        "synthetic_pool",
        30000,
        "Synthetic faces that are rendered and encoded once; 0 renders new ones in every step.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "pool_seed",
        None,
        "The seed of those faces, of the ones that measure, and of which photographs are held out. "
        "By default it is that of the run; runs of several seeds can share a --cache_dir by it.",
    )
    flags.DEFINE_float(
        "synthetic_expressions",
        0.0,
        "The standard deviation of the coefficients of the face model's expressions in synthetic "
        "faces; 0 draws neutral faces, as in the paper.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "photo_crops",
        4,
        "Crops in which each photograph is seen: 1 is the aligned one alone, the others are "
        "closer, farther and shifted. Faces are read from the average of their features.",
        1,
        len(CROPS),
    )
    flags.DEFINE_bool(
        "cache_features", True, "Whether each photograph is encoded once, not in every step."
    )
    flags.DEFINE_list(
        "augmentation",
        [],
        "What is done at random to photographs that are encoded in every step: some of "
        f"{', '.join(KINDS_OF_AUGMENTATION)}, separated by commas.",
    )
    flags.DEFINE_string(
        "data_service",
        None,
        "The address of a service that renders the synthetic faces, such as grpc://host:5050 (see "
        "python -m data_pipeline.data_service --help). By default they are rendered here.",
    )


@flag_groups.group("Validation")
def _define_validation() -> None:
    flags.DEFINE_integer(
        "held_out",
        0,
        "At least so many photographs are not trained on. At each contact sheet the encoder says "
        "how alike their faces are (held_out/identity in TensorBoard). People are held out whole.",
        lower_bound=0,
    )
    flags.DEFINE_bool(
        "keep_best",
        False,
        "Whether stage 2 leaves the decoder that was best by held_out/identity, instead of the "
        "last one.",
    )
    flags.DEFINE_integer(
        "patience",
        0,
        "Stage 2 stops when so many steps have brought no better held_out/identity, and leaves the "
        "best decoder. 0 never stops it.",
        lower_bound=0,
    )


def check_flags() -> None:
    """Refuses wrong flags and those that exclude each other, before any work is done.

    Raises:
      ValueError: names the flag or both flags.
    """
    if not FLAGS.stage1_steps and not FLAGS.stage2_steps:
        raise ValueError(
            "--stage1_steps=0 and --stage2_steps=0 leave nothing to train; give one of them steps"
        )
    if not FLAGS.cache_features and FLAGS.moment_batch:
        raise ValueError(
            f"--moment_batch={FLAGS.moment_batch} needs cached features, but --nocache_features is "
            "given; add --moment_batch=0"
        )
    if FLAGS.augmentation and FLAGS.cache_features:
        raise ValueError(
            "--augmentation changes photographs that are encoded in every step, but their features "
            "are cached; add --nocache_features --moment_batch=0"
        )
    _profiled_steps()
    if (FLAGS.keep_best or FLAGS.patience) and not FLAGS.held_out:
        raise ValueError(
            "--keep_best and --patience need photographs to judge by; add --held_out=NUMBER"
        )
    Augmentation.of(FLAGS.augmentation)
    if FLAGS.data_service is not None:
        check_address(FLAGS.data_service)
        if FLAGS.synthetic_pool:
            raise ValueError(
                "--data_service renders faces for every step, but a pool of them is kept; add "
                "--synthetic_pool=0"
            )


def read_options() -> Options:
    """Reads all flags as the options of `programs.decoder_training`."""
    run, scenes, optimizer = flag_sets.run(), flag_sets.scene_ranges(), optimizer_flags.read()
    return Options(
        run=run,
        samples_every=FLAGS.samples_every,
        gradient_norms_every=FLAGS.gradient_norms_every or None,
        strategy=FLAGS.strategy,
        profiled_steps=_profiled_steps(),
        photographs=flag_sets.photographs(),
        face_model=FaceModelOptions(
            flag_sets.face_model(), FLAGS.shape_components, FLAGS.texture_components
        ),
        encoder=flag_sets.encoder(),
        encoder_precision=FLAGS.encoder_precision,
        cache=pathlib.Path(FLAGS.cache_dir) if FLAGS.cache_dir else run.folder / "cache",
        batch=BatchOptions(
            photos=FLAGS.photo_batch,
            synthetic=FLAGS.synthetic_batch,
            moments=FLAGS.moment_batch,
            views=FLAGS.views + FLAGS.gray_views,
            pool=FLAGS.synthetic_pool,
            pool_seed=FLAGS.seed if FLAGS.pool_seed is None else FLAGS.pool_seed,
            photo_crops=FLAGS.photo_crops,
            cache_features=FLAGS.cache_features,
            augmentation=Augmentation.of(FLAGS.augmentation),
            data_service=FLAGS.data_service,
            expressions=FLAGS.synthetic_expressions,
        ),
        stage_1=StageOptions(FLAGS.stage1_steps, FLAGS.stage1_learning_rate, optimizer),
        stage_2=StageOptions(FLAGS.stage2_steps, FLAGS.learning_rate, optimizer),
        held_out=FLAGS.held_out,
        keep_best=FLAGS.keep_best,
        patience=FLAGS.patience,
        dropout=FLAGS.dropout,
        weights=loss_flags.read_weights(),
        loss_reduction=FLAGS.loss_reduction,
        feature_normalization=FLAGS.feature_normalization,
        photo_adapter=FLAGS.photo_adapter,
        coefficient_radius=FLAGS.coefficient_radius or None,
        tone_features=FLAGS.tone_features,
        scenes=scenes,
        view_scenes=dataclasses.replace(
            scenes,
            yaw_deg=scenes.yaw_deg if FLAGS.view_yaw is None else FLAGS.view_yaw,
            pitch_deg=scenes.pitch_deg if FLAGS.view_pitch is None else FLAGS.view_pitch,
            framing=FLAGS.view_framing,
        ),
        gray_views=loss_flags.read_gray_views(),
        shading=flag_sets.shading(),
    )


def _profiled_steps() -> tuple[int, int] | None:
    if not FLAGS.profile_steps:
        return None
    try:
        first, last = map(int, FLAGS.profile_steps)
    except ValueError:
        first = last = 0
    if not 1 <= first <= last:
        raise ValueError(
            f"--profile_steps={','.join(FLAGS.profile_steps)} is no pair of steps; give the first "
            "and the last one, such as 20,29"
        )
    return first, last
