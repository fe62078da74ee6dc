"""What random scenes are drawn from; apart from TensorFlow, so that flags can have defaults."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SceneRanges:
    """What random scenes are drawn from; the paper gives no ranges.

    Attributes:
      yaw_deg, pitch_deg: the pose is uniform in plus or minus these. Roll is none, since crops are
        aligned.
      camera_distance: millimeters, uniform in its inverse (which is what perspective depends on).
      light_azimuth_deg: plus or minus, seen from the face; 0 is the camera's side. The paper asks
        for "appropriately even" light. Light from far aside or above hides more of who it is than
        it shows: two views of one face and of different faces are told apart less well.
      light_elevation_deg: lowest and highest.
      light_distance: millimeters; section 3.2.2 says several meters.
      exposure: the light that reaches a surface facing the camera, as a factor of a white one's.
      exposure_compensation: how far the exposure makes up for a dark or a light face, as
        photographers do; 0 exposes all faces alike, 1 makes all of them equally bright. Without it
        renders teach that brightness is skin tone, which it is not in photographs.
      ambient_share: the part of the light that has no direction. Section 3.2.2 has none, and it
        would flatten the relief by which faces are recognized.
      white_balance: how far the camera takes the color of the light back; 0 leaves it, 1 none.
      color_perturbation: each light's channels vary by plus or minus this factor.
    """

    yaw_deg: float = 30.0
    pitch_deg: float = 15.0
    camera_distance: tuple[float, float] = (700.0, 3000.0)
    light_azimuth_deg: float = 40.0
    light_elevation_deg: tuple[float, float] = (0.0, 45.0)
    light_distance: tuple[float, float] = (2000.0, 5000.0)
    exposure: tuple[float, float] = (0.6, 1.3)
    exposure_compensation: float = 0.8
    ambient_share: tuple[float, float] = (0.0, 0.0)
    white_balance: float = 0.85
    color_perturbation: float = 0.06
