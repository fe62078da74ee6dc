"""What random scenes are drawn from; apart from TensorFlow, so that flags can have defaults."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SceneRanges:
    """What random scenes are drawn from; the paper gives no ranges.

    Attributes:
      yaw_deg, pitch_deg: the pose is uniform in plus or minus these angles. There is no roll,
        since crops are aligned.
      camera_distance: the least and the greatest distance of the camera in millimeters. Its
        inverse is uniform, since perspective depends on that.
      light_azimuth_deg: the azimuth of a light, seen from the face, is uniform in plus or minus
        this angle; 0 is the camera's side. The paper asks for "appropriately even" light. Light
        from far aside or from above hides more of a person than it shows: it is harder to tell
        two views of one face from views of different faces.
      light_elevation_deg: the lowest and the highest elevation of a light.
      light_distance: the least and the greatest distance of a light in millimeters. Section 3.2.2
        says several meters.
      exposure: the least and the greatest amount of light that reaches a surface facing the
        camera. With 1, a white surface is just as bright as white in the image.
      exposure_compensation: how far the exposure makes up for a dark or a light face, as
        photographers do; 0 exposes all faces alike, 1 makes all of them equally bright. Without it
        renders teach that brightness is skin tone, which in photographs is exposure first. The
        default was chosen on the tune split (docs/results.md).
      ambient_share: the least and the greatest part of the light that has no direction. Section
        3.2.2 has no such light, and it flattens the relief by which faces are recognized.
      framing: faces are drawn larger or smaller than aligned by up to this part, and moved sideways
        and up or down by up to this part of the image's width. A detector's points scatter, and a
        network that always sees a face in the same pixels is fooled more easily.
      white_balance: how much of the light's color the camera takes away, from 0 (nothing) to 1
        (all of it).
      color_perturbation: each channel of each light varies by plus or minus this factor.
    """

    yaw_deg: float = 30.0
    pitch_deg: float = 15.0
    camera_distance: tuple[float, float] = (700.0, 3000.0)
    light_azimuth_deg: float = 40.0
    light_elevation_deg: tuple[float, float] = (0.0, 45.0)
    light_distance: tuple[float, float] = (2000.0, 5000.0)
    exposure: tuple[float, float] = (0.6, 1.3)
    exposure_compensation: float = 0.4
    ambient_share: tuple[float, float] = (0.0, 0.0)
    framing: float = 0.0
    white_balance: float = 0.85
    color_perturbation: float = 0.06
