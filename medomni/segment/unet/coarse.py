"""The network's grid: the upright volume at a few millimetres, and the way back to the voxels it came from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.volume import Volume

LUNG_WINDOW, SOFT_WINDOW = (-1024.0, 200.0), (-150.0, 250.0)


@dataclass(frozen=True)
class Plan:
    """What a network's weights presuppose.

    Attributes:
        in_plane_mm, slice_mm: spacing of the grid that it sees.
        features: channels of the six stages of MONAI's BasicUNet.
        crop: slices, rows, columns of the pieces that it was trained on, multiples of 16 (it halves four times); a
            volume is read in pieces of this size, as its normalisation is over a piece.
    """

    in_plane_mm: float = 4.0
    slice_mm: float = 5.0
    features: tuple[int, ...] = (16, 16, 32, 64, 64, 16)
    crop: tuple[int, int, int] = (32, 96, 96)

    @classmethod
    def of_json(cls, plan: dict[str, Any]) -> Plan:
        """The inverse of :meth:`as_json`."""
        z, y, x = plan["crop"]
        return cls(float(plan["in_plane_mm"]), float(plan["slice_mm"]), tuple(plan["features"]), (z, y, x))

    def as_json(self) -> dict[str, Any]:
        """The plan as plain numbers and lists."""
        return {**asdict(self), "features": list(self.features), "crop": list(self.crop)}


def coarse_hu(volume: Volume, plan: Plan) -> NDArray[np.float32]:
    """HU of the upright volume on the plan's grid.

    Returns:
        (slices, rows, columns) float32: slices run to the head, rows to the back, columns to the patient's left, by the
        affine alone. Smaller voxels are averaged in whole blocks, which is what takes their noise away, then all are
        interpolated linearly to the exact spacing.
    """
    import torch
    from torch.nn.functional import interpolate

    axial = volume.axial()
    hu = axial.array
    wanted = (plan.slice_mm, plan.in_plane_mm, plan.in_plane_mm)
    shape = tuple(max(1, round(n * s / w)) for n, s, w in zip(hu.shape, axial.spacing_mm, wanted, strict=True))
    hu = np.clip(hu, -1024, 3071).astype(np.float32)
    for axis, (spacing, want) in enumerate(zip(axial.spacing_mm, wanted, strict=True)):
        step = int(want / spacing + 1e-3)
        if step > 1:
            starts = np.arange(0, hu.shape[axis], step)
            counts = np.diff(np.append(starts, hu.shape[axis])).astype(np.float32)
            hu = np.add.reduceat(hu, starts, axis=axis) / counts.reshape([-1 if a == axis else 1 for a in range(3)])
    if hu.shape == shape:
        return np.ascontiguousarray(hu)
    found = interpolate(torch.from_numpy(np.ascontiguousarray(hu))[None, None], size=shape, mode="trilinear")
    return found[0, 0].numpy()


def channels(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's two input channels, (2, slices, rows, columns): a lung and a soft-tissue window, -1 to 1 each."""
    return np.stack([2 * (np.clip(hu, low, high) - low) / (high - low) - 1
                     for low, high in (LUNG_WINDOW, SOFT_WINDOW)]).astype(np.float32)


def scores_of(network: Any, hu: NDArray[np.float32], plan: Plan, device: Any, precision: str = "float32") -> Any:
    """Scores (classes, slices, rows, columns) float32 on the grid of ``hu``, in overlapping pieces (MONAI)."""
    import torch
    from monai.inferers import SlidingWindowInferer

    inferer = SlidingWindowInferer(plan.crop, sw_batch_size=1, overlap=(0.5, 0.25, 0.25), mode="gaussian",
                                   padding_mode="replicate")
    image = torch.from_numpy(channels(hu))[None].to(device)
    with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, precision == "bfloat16"):
        found: Any = inferer(image, network)
    return found[0].float()


def upright_labels(scores: Any, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The greatest of the scores (classes, slices, rows, columns) at each voxel of an upright array of ``shape``.

    Scores, not labels, are interpolated, so that borders lie between the coarse voxels; slice by slice, as all classes
    of a whole volume would take gigabytes.
    """
    from torch.nn.functional import interpolate

    out = np.empty(shape, np.uint8)
    depth = scores.shape[1]
    at = np.clip((np.arange(shape[0]) + 0.5) * depth / shape[0] - 0.5, 0, depth - 1)
    for k, z in enumerate(at):
        low = int(z)
        part = scores[:, low] if low + 1 >= depth else scores[:, low].lerp(scores[:, low + 1], float(z - low))
        fine = interpolate(part[None], size=shape[1:], mode="bilinear")[0]
        out[k] = fine.argmax(dim=0).byte().cpu().numpy()
    return out
