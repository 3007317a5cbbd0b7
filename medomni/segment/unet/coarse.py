"""The network's grid: the upright volume at a few millimetres, and the way back to the voxels it came from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.volume import Volume

LUNG_WINDOW, SOFT_WINDOW = (-1024.0, 200.0), (-150.0, 250.0)
GAS_WINDOW, FLUID_WINDOW = (-1020.0, -820.0), (-40.0, 80.0)
"""Free air against lung, and fluid against airless lung: told apart by the mean over millimetres only."""
GAS_HU, SOLID_HU = -700.0, -150.0
GAS_MM, FLUID_MM = 5.0, (4.0, 9.0)
GIVEN = ("none", "rules", "rules+findings")


@dataclass(frozen=True)
class Plan:
    """What a network's weights presuppose.

    Attributes:
        in_plane_mm, slice_mm: spacing of the grid that it sees.
        features: channels of the six stages of MONAI's BasicUNet.
        crop: slices, rows, columns of the pieces that it was trained on, multiples of 16 (it halves four times); a
            volume is read in pieces of this size, as its normalisation is over a piece.
        given: what the network is given beside HU and corrects: nothing, the organs that the built-in rules outline, or
            those and the findings (:mod:`medomni.segment.unet.given`).
    """

    in_plane_mm: float = 4.0
    slice_mm: float = 5.0
    features: tuple[int, ...] = (16, 16, 32, 64, 64, 16)
    crop: tuple[int, int, int] = (32, 96, 96)
    given: str = "none"

    @classmethod
    def of_json(cls, plan: dict[str, Any]) -> Plan:
        """The inverse of :meth:`as_json`; a plan that does not say so was given nothing.

        Raises:
            ValueError: where something else was given.
        """
        z, y, x = plan["crop"]
        given = plan.get("given", "none")
        if given not in GIVEN:
            raise ValueError("given is unknown")
        return cls(float(plan["in_plane_mm"]), float(plan["slice_mm"]), tuple(plan["features"]), (z, y, x), given)

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
    axial = volume.axial()
    return on_plan(np.clip(axial.array, -1024, 3071).astype(np.float32), axial.spacing_mm, plan)


def on_plan(array: NDArray[np.float32], spacing_mm: tuple[float, float, float], plan: Plan) -> NDArray[np.float32]:
    """An upright array of ``spacing_mm`` on the plan's grid: means of blocks, then interpolated linearly."""
    import torch
    from torch.nn.functional import interpolate

    wanted = (plan.slice_mm, plan.in_plane_mm, plan.in_plane_mm)
    shape = tuple(max(1, round(n * s / w)) for n, s, w in zip(array.shape, spacing_mm, wanted, strict=True))
    for axis, (spacing, want) in enumerate(zip(spacing_mm, wanted, strict=True)):
        step = int(want / spacing + 1e-3)
        if step > 1:
            starts = np.arange(0, array.shape[axis], step)
            counts = np.diff(np.append(starts, array.shape[axis])).astype(np.float32)
            array = np.add.reduceat(array, starts, axis=axis) / counts.reshape(
                [-1 if a == axis else 1 for a in range(3)])
    if array.shape == shape:
        return np.ascontiguousarray(array)
    found = interpolate(torch.from_numpy(np.ascontiguousarray(array))[None, None], size=shape, mode="trilinear")
    return found[0, 0].numpy()


def channels(hu: NDArray[np.float32], plan: Plan, shares: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
    """The network's input, (channels, slices, rows, columns) float32.

    A lung and a soft-tissue window, -1 to 1 each; where something was given also the mean of gas about each voxel in a
    narrow window and that of soft tissue in two sizes, and the ``shares`` of 0 to 255 as 0 to 1.
    """
    out = [_windowed(hu, LUNG_WINDOW), _windowed(hu, SOFT_WINDOW)]
    if shares is not None:
        out.append(_mean_of(hu, hu < GAS_HU, GAS_MM, GAS_WINDOW, plan))
        out += [_mean_of(hu, hu > SOLID_HU, mm, FLUID_WINDOW, plan) for mm in FLUID_MM]
        out += list(shares.astype(np.float32) / 255)
    return np.stack(out).astype(np.float32)


def channel_count(plan: Plan, classes: int) -> int:
    """How many :func:`channels` there are: shares of all but the background, and of the rest of the chest."""
    return 2 if plan.given == "none" else 2 + 1 + len(FLUID_MM) + classes


def _windowed(hu: NDArray[np.float32], window: tuple[float, float]) -> NDArray[np.float32]:
    low, high = window
    return 2 * (np.clip(hu, low, high) - low) / (high - low) - 1


def _mean_of(hu: NDArray[np.float32], where: NDArray[np.bool_], mm: float, window: tuple[float, float], plan: Plan
             ) -> NDArray[np.float32]:
    """Gaussian mean of HU ``where``, with a standard deviation of ``mm``, windowed; 0 elsewhere."""
    from scipy.ndimage import gaussian_filter

    sigma = (mm / plan.slice_mm, mm / plan.in_plane_mm, mm / plan.in_plane_mm)
    weight = gaussian_filter(where.astype(np.float32), sigma, truncate=2.5)
    value = gaussian_filter(np.where(where, np.clip(hu, -1024, 300), 0).astype(np.float32), sigma, truncate=2.5)
    return np.where(where, _windowed(value / np.maximum(weight, 1e-3), window), 0).astype(np.float32)


def scores_of(network: Any, channels: NDArray[np.float32], plan: Plan, device: Any, precision: str = "float32") -> Any:
    """Scores (classes, slices, rows, columns) float32 on the grid of ``channels``, in overlapping pieces (MONAI).

    Of a network that was given something they are what it adds.
    """
    import torch
    from monai.inferers import SlidingWindowInferer

    inferer = SlidingWindowInferer(plan.crop, sw_batch_size=1, overlap=(0.5, 0.25, 0.25), mode="gaussian",
                                   padding_mode="replicate")
    image = torch.from_numpy(channels)[None].to(device)
    with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, precision == "bfloat16"):
        found: Any = inferer(image, network)
    return found[0].float()


def upright_labels(scores: Any, shape: tuple[int, int, int], given: NDArray[np.uint8] | None = None,
                   prior: float = 0.0) -> NDArray[np.uint8]:
    """The greatest of the scores (classes, slices, rows, columns) at each voxel of an upright array of ``shape``.

    Scores, not labels, are interpolated, so that borders lie between the coarse voxels; slice by slice, as all classes
    of a whole volume would take gigabytes.

    Args:
        given: labels of ``shape`` whose score is raised by ``prior`` at each voxel; what is no class is background. So
            borders that the scores leave alone stay exact to the voxel.
    """
    import torch
    from torch.nn.functional import interpolate

    out = np.empty(shape, np.uint8)
    depth = scores.shape[1]
    at = np.clip((np.arange(shape[0]) + 0.5) * depth / shape[0] - 0.5, 0, depth - 1)
    for k, z in enumerate(at):
        low = int(z)
        part = scores[:, low] if low + 1 >= depth else scores[:, low].lerp(scores[:, low + 1], float(z - low))
        fine = interpolate(part[None], size=shape[1:], mode="bilinear")[0]
        if given is not None:
            at_k = torch.from_numpy(given[k].astype(np.int64) % len(scores)).to(fine.device)[None]
            fine.scatter_add_(0, at_k, torch.full_like(fine[:1], prior))
        out[k] = fine.argmax(dim=0).byte().cpu().numpy()
    return out
