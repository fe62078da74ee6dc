"""The section of a report on how alike networks find scans and photographs (table 2, row GT)."""

import dataclasses

import numpy as np
import tensorflow as tf
import tqdm

from data_pipeline.scans.frames import read_frames
from data_pipeline.scans.micc import FRONTAL, Subject, read_micc
from data_pipeline.scans.textured_mesh import read_textured
from evaluation.contact_sheet import contact_sheet
from evaluation.geometry.face import Face, Template
from evaluation.geometry.registration import in_topology
from evaluation.geometry.similarity import fit_similarity
from evaluation.geometry.surface import Surface
from evaluation.scan_likeness import FrameScores, scan_likeness_table
from evaluation.section import Picture, Section
from model.alignment import warp_photograph
from model.encoding import encode_crops
from model.face_renderer import FaceRenderer
from model.identity.network import IdentityNetwork
from model.scene import fixed_scene, stack_scenes
from model.shading import Shading
from programs.micc_section import frame_cache, read_scan, read_video
from programs.stand_in_scans import scan_folder
from programs.workbench import Workbench
from storage.images import jpeg

GROUND_TRUTH = "ground truth: the scans"
_SHOWN = 6


@dataclasses.dataclass(frozen=True)
class _Video:
    """What a subject's video shows: frames, and the faces that were made of it.

    Attributes:
      subject: whose.
      frames: pixels uint8 RGB [H, W, 3] with the five points float32 [5, 2].
      faces: vertices [N, 3] mm and colors [N, 3] in the face model's topology, by method.
    """

    subject: str
    frames: list[tuple[np.ndarray, np.ndarray]]
    faces: dict[str, tuple[np.ndarray, np.ndarray]]


def scan_likeness(bench: Workbench) -> Section:
    """Compares renders of scans and of decoded faces with frames; nothing without textures."""
    videos = _videos(bench)
    if not videos:
        return Section()
    by_network, sheet = {}, None
    for name, network in bench.networks.items():
        photos = [_embed_frames(network, video) for video in videos]
        people = [video.subject for video in videos for _ in video.frames]
        scores = FrameScores(np.concatenate(photos), people)
        shadings = bench.shadings | {GROUND_TRUTH: Shading()}
        for method, shading in shadings.items():
            renderer = FaceRenderer(bench.trained.face_model, network.crop, shading)
            images = np.stack([_draw(renderer, *video.faces[method]) for video in videos])
            renders = network(tf.constant(images)).embedding.numpy()
            counts = [len(video.frames) for video in videos]
            scores.add(method, np.repeat(renders, counts, axis=0))
            if name == "encoder":
                sheet = (sheet or [_first_crops(network, videos)]) + [images]
        by_network[name] = scores
    return Section(
        [scan_likeness_table(by_network)],
        [_picture(sheet, list(bench.decoders))],
        {"scan_likeness": {name: scores.metrics() for name, scores in by_network.items()}},
        limits=[
            "Scans are drawn as the face model's mesh that was registered to them, with the "
            "texture's colors at its vertices: detail below 2 mm is lost, and light that is "
            "painted into the texture is lit once more."
        ],
    )


def _videos(bench: Workbench) -> list[_Video]:
    data, trained = scan_folder(bench, "micc"), bench.trained
    cache, step = frame_cache(bench.options.output, trained), bench.options.geometry.frame_step
    videos = []
    for subject in tqdm.tqdm(read_micc(data.path), unit="subject", mininterval=5):
        scan = textured_face(subject, bench.template)
        for condition, path in subject.videos.items() if scan else ():
            try:
                encoded = read_video(cache, subject, condition, step)
            except (OSError, ValueError):
                # It stands in the list of failures of the section before.
                continue
            points = dict(zip(encoded.names, encoded.points, strict=True))
            frames = [(im, points[n]) for n, im in read_frames(path, step) if n in points]
            faces = _decoded(bench, encoded.features) if frames else {}
            if frames:
                videos.append(_Video(subject.name, frames, faces | {GROUND_TRUTH: scan}))
    return videos


def _decoded(bench, features):
    model, faces = bench.trained.face_model, {}
    for name, own in bench.decoders.items():
        shape, texture = own.decoder(features.mean(axis=0, keepdims=True), domain="photo")
        faces[name] = (
            model.decode_shape(shape)[0].numpy(),
            model.decode_texture(texture)[0].numpy(),
        )
    return faces


def textured_face(subject: Subject, template: Template) -> tuple[np.ndarray, np.ndarray] | None:
    """Brings a subject's first textured frontal scan into the face model's topology and frame.

    Returns:
      Vertices float32 [N, 3] mm and colors float32 [N, 3], sRGB; None without a textured scan.
    """
    for view in FRONTAL:
        try:
            textured = read_textured(subject.scans[view].mesh)
            found = in_topology(read_scan(subject.scans[view]), template)
        except (KeyError, OSError, ValueError):
            continue
        return _upright(found, template), _colors(textured, found.surface.vertices)
    return None


def _upright(face: Face, template: Template) -> np.ndarray:
    vertices, mean = face.surface.vertices, template.face.surface.vertices
    seen = face.seen
    return np.float32(fit_similarity(vertices[seen], mean[seen], False)(vertices))


def _colors(textured, points):
    """The colors of a textured mesh at the places nearest to points [N, 3]: float32 [N, 3]."""
    triangles, weights = Surface(textured.vertices, textured.triangles).locate(points)
    uv = np.einsum("nk,nkc->nc", weights, textured.uv[textured.triangles[triangles]])
    return textured.colors_at(uv)


def _draw(renderer: FaceRenderer, vertices: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Renders a mesh in the fixed scene: float32 RGB [S, S, 3]."""
    scenes = stack_scenes([fixed_scene()], 1)
    return renderer.render_meshes(vertices[None], colors[None], scenes)[0, 0].numpy()


def _embed_frames(network: IdentityNetwork, video: _Video) -> np.ndarray:
    crops = np.stack([warp_photograph(image, at, network.crop) for image, at in video.frames])
    return encode_crops(network, crops).embedding


def _first_crops(network, videos):
    return np.stack([warp_photograph(*video.frames[0], network.crop) for video in videos]) / 255.0


def _picture(columns, decoders) -> Picture:
    own = [np.float32(column[:_SHOWN]) for column in columns]
    named = ", ".join(["a frame", *(f"the face by {name}" for name in decoders), "the scan"])
    caption = f"Each group shows, from left to right, {named}, in the fixed scene."
    return Picture("scans_and_frames.jpg", jpeg(contact_sheet(own, faces_per_row=2)), caption)
