"""Writes a report as one HTML page that needs no other file, no network, and no JavaScript to read.

Photographs stand beside meshes that turn where JavaScript and WebGL are there; elsewhere beside
pictures of the meshes.
"""

import base64
import html
import itertools
import json
import mimetypes
import pathlib
import re
from collections.abc import Iterator

from evaluation.section import Picture, Section
from evaluation.table import html_table
from evaluation.turning_mesh import MeshFigure, TurningMesh, encode_meshes, gradient

_ASSETS = pathlib.Path(__file__).parent / "assets"


def to_page(
    title: str, command: str, facts: dict[str, str], limits: list[str], sections: list[Section]
) -> str:
    """Writes a page.

    Args:
      title: of the page.
      command: the command that makes the report again.
      facts: what was measured with what.
      limits: what a reader must know before quoting a number.
      sections: what was found, in reading order; those that show nothing are left out.
    """
    shown = [section for section in sections if section.is_shown()]
    headings = [section.title or _first_title(section) for section in shown]
    anchors = _anchors([*headings, "Limits"])
    figures, meshes = itertools.count(1), []
    parts = [
        _section(section, heading, anchor, figures, meshes)
        for section, heading, anchor in zip(shown, headings, anchors, strict=False)
    ]
    listed = "".join(f"<li>{html.escape(limit)}</li>" for limit in limits)
    parts.append(f'<section id="{anchors[-1]}"><h2>Limits</h2><ul>{listed}</ul></section>')
    links = "".join(
        f'<li><a href="#{anchor}">{html.escape(heading)}</a></li>'
        for heading, anchor in zip([*headings, "Limits"], anchors, strict=True)
    )
    of_facts = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in facts.items()
    )
    name = html.escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Without an icon of its own a page asks its server for one.
        '<link rel="icon" href="data:,">'
        f"<style>{_asset('report.css')}</style></head>\n<body><nav><ol>{links}</ol></nav>\n"
        f"<main><h1>{name}</h1><pre>{html.escape(command)}</pre><dl>{of_facts}</dl>\n"
        + "\n".join(parts)
        + f"</main>{_script(meshes)}</body></html>\n"
    )


def _section(
    section: Section,
    heading: str,
    anchor: str,
    figures: Iterator[int],
    meshes: list[TurningMesh],
) -> str:
    """Writes a section; its meshes are added to those of the page."""
    findings = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in section.findings)
    parts = [f'<section id="{anchor}"><h2>{html.escape(heading)}</h2>{findings}']
    parts += map(html_table, section.tables)
    parts += (_picture(picture, next(figures)) for picture in section.pictures)
    parts += (_mesh_figure(figure, next(figures), meshes) for figure in section.meshes)
    return "\n".join([*parts, "</section>"])


def _picture(picture: Picture, number: int) -> str:
    image = _image(picture.data, picture.caption, picture.name)
    return f"<figure>{image}{_caption(picture.caption, number)}</figure>"


def _mesh_figure(figure: MeshFigure, number: int, meshes: list[TurningMesh]) -> str:
    panels = []
    if figure.photograph:
        photograph = _image(figure.photograph, "The photograph.")
        panels.append(f"<div>{photograph}{html.escape(figure.photograph_label)}</div>")
    for mesh in figure.meshes:
        label = html.escape(mesh.label)
        without = "<noscript>This mesh needs JavaScript to be seen.</noscript>"
        poster = _image(mesh.poster, mesh.label) if mesh.poster else without
        place = f'<div data-mesh="{len(meshes)}" aria-label="{label}">{poster}</div>'
        panels.append(f"<div>{place}{label}</div>")
        meshes.append(mesh)
    scale = ""
    if figure.scale:
        largest, unit = f"{figure.scale.largest:g}", html.escape(figure.scale.unit)
        scale = (
            f'<div class="scale">0<span style="background: {gradient()}"></span>{largest} {unit} '
            'and more<i style="background: #b8b8b8"></i>not compared</div>'
        )
    return (
        f'<figure class="meshes"><div class="panels">{"".join(panels)}</div>{scale}'
        f'<p class="hint"></p>{_caption(figure.caption, number)}</figure>'
    )


def _caption(text: str, number: int) -> str:
    return f"<figcaption><b>Figure {number}.</b> {html.escape(text)}</figcaption>"


def _image(data: bytes, alt: str, name: str = "") -> str:
    kind = mimetypes.guess_type(name)[0] if name else None
    kind = kind or ("image/png" if data.startswith(b"\x89PNG") else "image/jpeg")
    encoded = base64.b64encode(data).decode()
    return f'<img alt="{html.escape(alt)}" src="data:{kind};base64,{encoded}">'


def _script(meshes: list[TurningMesh]) -> str:
    if not meshes:
        return ""
    data = json.dumps(encode_meshes(meshes))
    return (
        f'<script type="application/json" id="meshes">{data}</script>'
        f"<script>{_asset('turning_mesh.js')}</script>"
    )


def _first_title(section: Section) -> str:
    return section.tables[0].title if section.tables else "Pictures"


def _anchors(headings: list[str]) -> list[str]:
    """Names headings so that links can point to them, each by another name."""
    anchors = []
    for heading in headings:
        name = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-") or "section"
        anchors.append(name if name not in anchors else f"{name}-{len(anchors)}")
    return anchors


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
