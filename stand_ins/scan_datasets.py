"""Writes small data sets of scans that are laid out on disk exactly as MICC and NoW are.

They show made-up people: faces of a face model, scanned (`stand_ins.scanner`) and photographed
(`stand_ins.photographer`). The truth goes into `DIR_truth.npz` beside the data set.
"""

import dataclasses
import json
import os
import pathlib
import shutil

import numpy as np
import tensorflow as tf
import tqdm

import open_parts
from data_pipeline.scans.micc import CONDITIONS, STAND_IN_NOTE, VIEWS
from data_pipeline.scans.now import CHALLENGES, IMAGE_LIST, LANDMARKS, PICTURES, SCANS, SEVEN_OF_68
from model.face_models.load import load_face_model
from stand_ins.dataset_layouts import check_new
from stand_ins.datasets import random_framing, random_person
from stand_ins.photographer import Person, Photographer
from stand_ins.scanner import obj_files, random_pose, scan_face
from storage.atomic import atomic_file, write_bytes, write_text, write_together
from storage.images import jpeg, to_bytes

LAYOUTS = ("micc", "now")
_NOTE_TEXT = (
    "These are no people: scans and pictures show faces of a face model. Figures on them cannot\n"
    "be compared with figures on the data set whose layout this is.\n"
)
# In MICC's public annotation one subject's second scan has no landmarks; here every other one.
_WITHOUT_LANDMARKS = ("frontal2",)


@dataclasses.dataclass(frozen=True)
class _Studio:
    """A face model, and who takes its pictures."""

    model: object
    photographer: Photographer

    def shape(self, person: Person) -> np.ndarray:
        return self.model.decode_shape(tf.constant(person.shape[None]))[0].numpy()

    def colors(self, person: Person) -> np.ndarray:
        return self.model.decode_texture(tf.constant(person.texture[None]))[0].numpy()

    def picture(self, person: Person, rng: np.random.Generator) -> bytes:
        taken = self.photographer(person, random_framing("lfw", rng), rng)
        return jpeg(to_bytes(taken.image), 90)

    def scan(self, person: Person, view: str, rng: np.random.Generator, noise_mm: float):
        vertices = self.shape(person)
        tip = vertices[self.model.landmark_indices(("center.nose.tip",))[0]]
        colors = self.colors(person)
        return scan_face(vertices, colors, self.model.triangles, tip, view, noise_mm, rng)


def write_scans(
    output: str | os.PathLike,
    layout: str,
    people: int,
    frames: int,
    seed: int = 0,
    face_model: str | os.PathLike = open_parts.FACE_MODEL,
    noise_mm: float = 0.1,
) -> pathlib.Path:
    """Writes a data set of scans, complete or not at all, and the truth beside it.

    Args:
      output: the folder; it must not exist.
      layout: one of `LAYOUTS`.
      people: how many people.
      frames: pictures of a video of MICC, or of a challenge of NoW.
      seed: person p is a function of (seed, p).
      face_model: a face model with expressions and the 68 points.
      noise_mm: the deviation of the scans' noise.

    Returns:
      The path of the truth: the coefficients of the people, by name.

    Raises:
      FileExistsError: the output or its truth is there already.
      ValueError: the layout is unknown, or the face model lacks landmarks.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is not among {', '.join(LAYOUTS)}")
    output = pathlib.Path(output)
    truth = output.with_name(f"{output.name}_truth.npz")
    check_new(output, truth)
    model = load_face_model(face_model)
    studio = _Studio(model, Photographer(model))
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    names, shapes, textures = [], [], []
    try:
        for p in tqdm.trange(people, unit="person", mininterval=2):
            person = random_person(model, np.random.default_rng([seed, p]))
            write = _write_micc_subject if layout == "micc" else _write_now_subject
            names.append(write(partial, studio, person, p, frames, seed, noise_mm))
            shapes.append(person.shape)
            textures.append(person.texture)
        if layout == "now":
            _write_now_list(partial)
        write_text(partial / STAND_IN_NOTE, _NOTE_TEXT)
        partial.replace(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    with atomic_file(truth) as file:
        np.savez(file, name=names, shape=shapes, texture=textures, face_model=model.fingerprint)
    return truth


def _write_micc_subject(folder, studio, person, p, frames, seed, noise_mm):
    name = f"subject_{p + 1:02d}"
    vertices = studio.shape(person)
    for v, view in enumerate(VIEWS):
        rng = np.random.default_rng([seed, p, v])
        pose, stamp = random_pose(rng), f"1109201503{v:02d}"
        scan = studio.scan(person, view, rng, noise_mm)
        place = folder / name / "Model" / view / "obj"
        write_together(place, obj_files(scan, pose, stamp))
        if view.startswith("frontal") and not (p % 2 == 1 and view in _WITHOUT_LANDMARKS):
            points = pose(vertices[studio.model.landmark_indices_68()])
            write_text(place / f"{stamp}.ljson", _ljson(points))
    for c, (condition, on_disk) in enumerate(CONDITIONS.items()):
        rng = np.random.default_rng([seed, p, 100 + c])
        pictures = [studio.picture(person, rng) for _ in range(frames)]
        place = folder / name / "Video"
        if condition == "cooperative":
            # A file of this kind is its pictures one after the other.
            write_bytes(place / f"{on_disk}.mjpg", b"".join(pictures))
        else:
            files = {f"{k + 1:05d}.jpg": picture for k, picture in enumerate(pictures)}
            write_together(place / on_disk, files)
    return name


def _write_now_subject(folder, studio, person, p, frames, seed, noise_mm):
    name = f"stand_in_{p + 1:02d}"
    rng = np.random.default_rng([seed, p, 0])
    pose = random_pose(rng)
    files = obj_files(studio.scan(person, "frontal1", rng, noise_mm), pose, "natural_head_rotation")
    write_together(folder / SCANS / name, files)
    seven = studio.shape(person)[studio.model.landmark_indices_68(SEVEN_OF_68)]
    marks = folder / LANDMARKS / name / "natural_head_rotation_picked_points.pp"
    write_text(marks, _picked_points(pose(seven)))
    for c, challenge in enumerate(CHALLENGES):
        rng = np.random.default_rng([seed, p, 100 + c])
        place = folder / PICTURES / name / challenge
        pictures = {f"IMG_{k + 1:04d}.jpg": studio.picture(person, rng) for k in range(frames)}
        write_together(place, pictures)
    return name


def _write_now_list(folder):
    pictures = sorted((folder / PICTURES).rglob("*.jpg"))
    lines = [path.relative_to(folder / PICTURES).as_posix() for path in pictures]
    write_text(folder / IMAGE_LIST, "\n".join([*lines, ""]))


def _ljson(points):
    content = {"points": points.round(4).tolist()}
    return json.dumps({"version": 1, "groups": {"LJSON": {"landmarks": content}}}) + "\n"


def _picked_points(points):
    """MeshLab's file: its points are in lines 9 to 15, where NoW's own reader takes them."""
    head = [
        "<!DOCTYPE PickedPoints>",
        "<PickedPoints>",
        " <DocumentData>",
        '  <DateTime date="2019-01-01" time="12:00:00"/>',
        '  <User name="stand-in"/>',
        '  <DataFileName name="natural_head_rotation.obj"/>',
        '  <templateName name=""/>',
        " </DocumentData>",
    ]
    rows = [
        f' <point x="{x:.5f}" y="{y:.5f}" z="{z:.5f}" active="1" name="{k}"/>'
        for k, (x, y, z) in enumerate(points)
    ]
    return "\n".join([*head, *rows, "</PickedPoints>", ""])
