"""The flags of `train.py`, and the options that they become.

Nothing here imports TensorFlow before the flags have been checked.
"""

import dataclasses
import pathlib

from absl import flags

import flag_sets
from data_pipeline.augmentation import KINDS as KINDS_OF_AUGMENTATION
from data_pipeline.augmentation import Augmentation
from data_pipeline.data_service import check_address
from model.crop_changes import CROPS
from model.feature_normalization import KINDS
from model.gray_views import ALBEDOS, GrayViews
from model.loss_weights import REDUCTIONS, LossWeights
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
        ["auto", "one_device", "mirrored"],
        "How steps are spread over devices: auto is mirrored where there are two GPUs or more.",
    )
    _define_parts()
    _define_steps()
    _define_losses()
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
    flag_sets.define_photographs(cache=True)
    flags.DEFINE_string(
        "cache_dir",
        None,
        "A folder for the features of photographs and for synthetic faces, which several runs can "
        "share. By default it lies in the run's folder.",
    )


def _define_steps() -> None:
    flags.DEFINE_integer(
        "stage1_steps", 4000, "Steps of stage 1, on synthetic faces alone.", lower_bound=0
    )
    flags.DEFINE_integer(
        "stage2_steps", 800, "Steps of stage 2, on photographs as well.", lower_bound=0
    )
    flags.DEFINE_float(
        "stage1_learning_rate", 1e-3, "Adam's learning rate at the start of stage 1.", lower_bound=0
    )
    flags.DEFINE_float(
        "learning_rate", 5e-4, "Adam's learning rate at the start of stage 2.", lower_bound=0
    )
    flags.DEFINE_integer("photo_batch", 8, "Photographs in a step of stage 2.", lower_bound=1)
    flags.DEFINE_integer("synthetic_batch", 128, "Synthetic faces in a step.", lower_bound=1)
    flags.DEFINE_integer(
        "moment_batch",
        512,
        "Further photographs in a step, for the batch distribution loss alone. They need cached "
        "features.",
        lower_bound=0,
    )
    flags.DEFINE_integer(
        "views", 3, "Random poses in which the face of a photograph is drawn.", lower_bound=1
    )
    flags.DEFINE_integer(
        "gray_views",
        0,
        "How many of these views show the face in one albedo that is the same for all people, so "
        "that shape must carry who it is. The loopback loss does not see them.",
        lower_bound=0,
    )
    flags.DEFINE_enum(
        "gray_albedo",
        "mean",
        ALBEDOS,
        "That albedo: the texture of the face model's mean face, or one gray without brows or "
        "lips.",
    )
    flags.DEFINE_integer(
        "synthetic_pool",
        30000,
        "Synthetic faces that are rendered and encoded once; 0 renders new ones in every step.",
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


def _define_losses() -> None:
    flags.DEFINE_float("shape_weight", 0.4, "The weight omega_s of equation 3.", lower_bound=0)
    flags.DEFINE_float("texture_weight", 0.4, "The weight omega_t of equation 3.", lower_bound=0)
    flags.DEFINE_float(
        "identity_weight",
        300.0,
        "The weight of the identity loss, which has none in equation 2.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "gray_identity_weight",
        None,
        "The weight of the identity loss of gray views. By default it is that of the others.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "batch_distribution_weight", 2.0, "The weight omega_batch of equation 2.", lower_bound=0
    )
    flags.DEFINE_float(
        "loopback_weight", 0.07, "The weight omega_loop of equation 2.", lower_bound=0
    )
    flags.DEFINE_float(
        "weight_decay", 0.01, "The weight of the decoder's squared weights.", lower_bound=0
    )
    flags.DEFINE_enum(
        "loss_reduction",
        "mean",
        REDUCTIONS,
        "Whether losses are averaged over a batch, or summed as equation 3 is written.",
    )
    flags.DEFINE_enum(
        "feature_normalization",
        "coral",
        KINDS,
        "How features of photographs are brought near those of renders.",
    )
    flags.DEFINE_string(
        "tone_features",
        "auto",
        "Which tensors of the recognition network skin tone is read from, such as pooled:557 of "
        "the embedded one, for which the face model must have components for skin tone alone "
        "(docs/learned_colors.md). none reads it from those of all else, as in the paper; auto "
        "chooses pooled:557 where both parts have what it needs, and none elsewhere.",
    )
    flags.DEFINE_float(
        "coefficient_radius",
        1.25,
        "The longest shape and texture that are predicted, in lengths of a random face of the face "
        "model; 0 sets no limit.",
        0,
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
    if FLAGS.gray_views > FLAGS.views - bool(FLAGS.loopback_weight):
        raise ValueError(
            f"--gray_views={FLAGS.gray_views} of --views={FLAGS.views} leaves the loopback loss no "
            "view in color, or is more than there are; give fewer, or more --views"
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
    run, scenes = flag_sets.run(), flag_sets.scene_ranges()
    return Options(
        run=run,
        samples_every=FLAGS.samples_every,
        gradient_norms_every=FLAGS.gradient_norms_every or None,
        strategy=FLAGS.strategy,
        photographs=flag_sets.photographs(),
        face_model=FaceModelOptions(
            flag_sets.face_model(), FLAGS.shape_components, FLAGS.texture_components
        ),
        encoder=flag_sets.encoder(),
        cache=pathlib.Path(FLAGS.cache_dir) if FLAGS.cache_dir else run.folder / "cache",
        batch=BatchOptions(
            photos=FLAGS.photo_batch,
            synthetic=FLAGS.synthetic_batch,
            moments=FLAGS.moment_batch,
            views=FLAGS.views,
            pool=FLAGS.synthetic_pool,
            photo_crops=FLAGS.photo_crops,
            cache_features=FLAGS.cache_features,
            augmentation=Augmentation.of(FLAGS.augmentation),
            data_service=FLAGS.data_service,
        ),
        stage_1=StageOptions(FLAGS.stage1_steps, FLAGS.stage1_learning_rate),
        stage_2=StageOptions(FLAGS.stage2_steps, FLAGS.learning_rate),
        weights=LossWeights(
            shape=FLAGS.shape_weight,
            texture=FLAGS.texture_weight,
            identity=FLAGS.identity_weight,
            gray_identity=(
                FLAGS.identity_weight
                if FLAGS.gray_identity_weight is None
                else FLAGS.gray_identity_weight
            ),
            batch_distribution=FLAGS.batch_distribution_weight,
            loopback=FLAGS.loopback_weight,
            weight_decay=FLAGS.weight_decay,
        ),
        loss_reduction=FLAGS.loss_reduction,
        feature_normalization=FLAGS.feature_normalization,
        coefficient_radius=FLAGS.coefficient_radius or None,
        tone_features=FLAGS.tone_features,
        scenes=scenes,
        view_scenes=dataclasses.replace(
            scenes,
            yaw_deg=scenes.yaw_deg if FLAGS.view_yaw is None else FLAGS.view_yaw,
            pitch_deg=scenes.pitch_deg if FLAGS.view_pitch is None else FLAGS.view_pitch,
        ),
        gray_views=GrayViews(FLAGS.gray_views, FLAGS.gray_albedo),
        shading=flag_sets.shading(),
    )
