"""The sections of a report that show faces beside their photographs (figures 1, 4 and 7)."""

import cv2
import numpy as np

from evaluation.recognition import cosines
from evaluation.section import Picture, Section
from evaluation.table import Table
from model.alignment import warp_photograph
from model.decoder import Coefficients
from programs.portraits_of import PortraitsOf, sheet
from programs.workbench import YAWS_DEG, Workbench

_VIEWS_DEG = (-60, -30, 0, 30, 60)
_TEASER_FACES, _STYLED_FACES = 8, 6


def views(bench: Workbench) -> Section:
    """Shows faces by the last decoder from several sides (figure 1)."""
    portraits = PortraitsOf(bench, _TEASER_FACES, _VIEWS_DEG)
    drawn = portraits.faces(bench.names[-1])
    columns = {"photograph": portraits.photographs()}
    for k, yaw in enumerate(_VIEWS_DEG):
        columns["from the front" if not yaw else f"turned by {yaw}°"] = drawn[:, k]
    caption = (
        f"Neutral faces that {bench.names[-1]} computed from photographs, from several sides, as "
        "in figure 1 of the paper."
    )
    return Section(
        pictures=[sheet("views.jpg", columns, caption)], title="Faces from several sides"
    )


def draw_comparison(bench: Workbench) -> Picture:
    """Draws photographs and the face by each method side by side (figure 4)."""
    portraits = PortraitsOf(bench, bench.options.sheet_faces, YAWS_DEG)
    columns = {"photograph": portraits.photographs()}
    columns |= {name: portraits.meshes(name)[:, 0] for name in bench.others}
    drawn = {name: portraits.faces(name) for name in bench.decoders}
    columns |= {name: faces[:, 0] for name, faces in drawn.items()}
    for k, yaw in enumerate(YAWS_DEG):
        if yaw:
            columns[f"{bench.names[-1]}, {yaw}°"] = drawn[bench.names[-1]][:, k]
    caption = (
        "Photographs beside the face by each method, and beside that of the last decoder turned to "
        "both sides. Where a method made no face the place is empty. Camera and light are the same "
        "for all faces; the judges see them in another light."
    )
    return sheet("contact_sheet.jpg", columns, caption, faces_per_row=2)


def comparison_sheet(bench: Workbench) -> Section:
    """Shows the methods side by side (figure 4)."""
    return Section(pictures=[draw_comparison(bench)], title="Methods side by side")


def gray_photograph(image: np.ndarray) -> np.ndarray:
    """Takes the color from a photograph uint8 RGB [H, W, 3]."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def painted(image: np.ndarray) -> np.ndarray:
    """Joins the colors of a photograph to patches, as brushes do."""
    return cv2.pyrMeanShiftFiltering(image, 8, 40)


def watercolored(image: np.ndarray) -> np.ndarray:
    """Smooths a photograph between its edges, and keeps these."""
    return cv2.stylization(image, sigma_s=40, sigma_r=0.35)


def sketched(image: np.ndarray) -> np.ndarray:
    """Draws a photograph with a pencil."""
    # On a large sheet the strokes are finer.
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    gray = cv2.pencilSketch(large, sigma_s=60, sigma_r=0.07, shade_factor=0.02)[0]
    small = cv2.resize(gray, image.shape[1::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)


STYLES = {
    "gray": gray_photograph,
    "patches of color": painted,
    "watercolor": watercolored,
    "pencil": sketched,
}


def styles(bench: Workbench) -> Section:
    """Shows what becomes of faces when photographs look like artwork (figure 7)."""
    portraits = PortraitsOf(bench, _STYLED_FACES)
    images, name = portraits.images(), bench.names[-1]
    points = bench.cache.points[portraits.chosen]
    columns = {"photograph": portraits.photographs(images)}
    columns["face from the photograph"] = portraits.faces(name)[:, 0]
    faces = {"none": bench.faces_of(name, portraits.chosen)}
    for style, change in STYLES.items():
        styled = [change(image) for image in images]
        crop = bench.trained.encoder.crop
        crops = [warp_photograph(*pair, crop) for pair in zip(styled, points, strict=True)]
        faces[style] = bench.decode_by(name, np.stack(crops))
        columns[style] = portraits.photographs(styled)
        columns[f"face from {style}"] = portraits.renders(faces[style])[:, 0]
    caption = (
        "Faces from photographs that filters made look like artwork, which stand in for the "
        "paintings of the paper's figure 7. The five points are those of the photographs."
    )
    table = Table(
        f"Artwork: cosine of the photograph and the face that {name} makes of its changed version",
        ["filter", "by the scorer"],
        [[style, _likeness(bench, name, own, portraits.chosen)] for style, own in faces.items()],
        f"Averages over {len(portraits.chosen)} photographs, which show a tendency and no more.",
    )
    return Section([table], [sheet("styles.jpg", columns, caption)], title="Artwork (figure 7)")


def _likeness(bench: Workbench, name: str, faces: Coefficients, chosen: np.ndarray) -> float:
    """The mean cosine, by the scorer, of faces and the photographs that they belong to."""
    judge = bench.judges["scorer"].seen_from((0,))
    renders = judge.embeddings(faces, bench.shadings[name])[:, 0]
    return float(np.mean(cosines(renders, judge.photos.embeddings[chosen])))
