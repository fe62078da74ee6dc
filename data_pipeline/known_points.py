"""Points that were found before, for a second network that looks at the same photographs."""

from data_pipeline.detection import Detection
from data_pipeline.feature_cache import FeatureCache


class KnownPoints:
    """The five points of a cache of features, with the interface of a detector.

    So the photographs of an evaluation are searched once, and every network judges the same faces.
    """

    no_face = "no face found before"

    def __init__(self, cache: FeatureCache):
        """Takes the points of the photographs in `cache`; the others have no face."""
        self._points = dict(zip(cache.names, cache.points, strict=True))
        self.spec = cache.key.detector

    def __call__(self, image, name=""):
        """Looks the photograph `name` up; returns a list of one `Detection`, or an empty one."""
        del image
        points = self._points.get(name)
        if points is None:
            return []
        box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        return [Detection(box, 1.0, points)]
