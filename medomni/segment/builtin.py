"""The built-in chest segmenter: thresholds, distances and the affine; no weights."""

from __future__ import annotations

import numpy as np

from medomni.errors import MedomniError
from medomni.records import Warned
from medomni.segment.airway import find_airway
from medomni.segment.aorta import find_aorta
from medomni.segment.body import body_mask
from medomni.segment.bone import Skeleton, find_skeleton
from medomni.segment.fov import refused_by_extent, shows_lung, view_of
from medomni.segment.grid import Grid, Mask, near
from medomni.segment.heart import find_middle
from medomni.segment.hull import cage_mask
from medomni.segment.labels import INVERTED, LUNG_DEPENDENT, TABLE, VALUE
from medomni.segment.lungs import air_inside, split_lungs
from medomni.segment.situs import brought_back, is_inverted, mirrored, situs_of
from medomni.segment.spleen import find_spleen
from medomni.volume import Segmentation, Volume


class BuiltinChestSegmenter:
    """Chest CT by rules, on any axis order.

    The labels partition the trunk: each voxel has one. ``lung`` is aerated lung with the vessels in it (a
    pneumothorax is part of it, the measuring room parts them); ``hemithorax`` is what else lies inside the ribs on
    a side: fluid, consolidation, mass, pleura, and below the dome the upper abdomen. Heart, mediastinum, liver and
    spleen are approximate; of the aorta it is what could be followed. The thoracic cage is the union of lung, airway,
    heart, mediastinum, aorta, liver, spleen and hemithorax. Where no chest is found, the spine alone is labelled, and
    that only beside aerated lung.
    """

    name = "builtin"
    version = "1"

    def segment(self, volume: Volume) -> Segmentation:
        """Labels on the volume's own grid.

        Raises:
            MedomniError: MED-S04 for an empty or constant volume, MED-D07 for another modality than CT.
        """
        if volume.study.modality.upper() != "CT":
            raise MedomniError("MED-D07", f"the built-in segmenter reads CT, this is {volume.study.modality}")
        sample = volume.array[:: max(1, volume.array.shape[0] // 16)]
        if float(sample.max()) - float(sample.min()) < 50:
            raise MedomniError("MED-S04", "all voxels are nearly equal", where="segment")
        grid = Grid.of(volume)
        labels, abstained, truncated = self._labels(grid)
        table = TABLE
        warnings: tuple[Warned, ...] = ()
        seen = situs_of(grid, labels)
        if "heart" not in abstained and not seen.is_usual:
            other, reasons, cut = self._labels(mirrored(grid))
            if is_inverted(seen, situs_of(grid, other)):
                (labels, truncated), abstained, table = brought_back(other, cut), reasons, INVERTED
                warnings = (Warned(code="MED-S09", detail="the liver lies on the left and the heart on the right"),)
        return Segmentation(grid.to_volume(labels, volume), table, volume.affine, f"{self.name} {self.version}",
                            truncated, abstained, warnings=warnings)

    def _labels(self, grid: Grid) -> tuple[np.ndarray, dict[str, str], frozenset[int]]:
        """Labels on the grid, what was left out and why, and the labels that are cut."""
        body = body_mask(grid)
        labels = np.zeros(grid.hu.shape, np.uint8)
        labels[body] = VALUE["body", "unspecified"]
        labels[body & (grid.hu > -30)] = VALUE["soft_tissue", "unspecified"]
        skeleton = find_skeleton(grid, body)
        abstained, truncated = self._chest(grid, body, skeleton, labels)
        return labels, abstained, truncated

    def _chest(self, grid: Grid, body: Mask, skeleton: Skeleton, labels: np.ndarray,
               ) -> tuple[dict[str, str], frozenset[int]]:
        """Write the chest's labels in place; returns what was left out and why, and the labels that are cut."""
        labels[skeleton.bone] = VALUE["skeleton", "unspecified"]
        air = air_inside(grid, body)
        refused = refused_by_extent(grid)
        if not refused:
            airway = find_airway(grid, body, float(np.median(skeleton.midline)))
            right, left = split_lungs(grid, air, airway.mask, skeleton.midline)
            view = view_of(grid, right, left, airway)
            refused = view.refused
        trunk = not refused or shows_lung(grid, air)
        if trunk:  # what is bone in the posterior middle of a head is its base, and no vertebra
            labels[skeleton.spine] = VALUE["spine", "midline"]
        if refused:
            return dict.fromkeys(LUNG_DEPENDENT + (() if trunk else ("spine",)), refused), frozenset()
        cage = cage_mask(grid, body, right | left, skeleton)
        middle = find_middle(grid, cage, right, left, airway.mask, skeleton, airway.carina)
        columns = np.arange(body.shape[2])[None, None, :]
        on_right = np.broadcast_to(columns < skeleton.midline[:, None, None], body.shape)
        rib = skeleton.bone & ~skeleton.spine & near(cage, 14.0, grid.spacing) & cage.any(axis=(1, 2))[:, None, None]
        for mask, key in (
            (rib & on_right, ("rib", "right")), (rib & ~on_right, ("rib", "left")),
            (cage & on_right, ("hemithorax", "right")), (cage & ~on_right, ("hemithorax", "left")),
            (middle.mediastinum, ("mediastinum", "midline")), (middle.liver, ("liver", "right")),
            (middle.heart, ("heart", "midline")), (right, ("lung", "right")), (left, ("lung", "left")),
            (airway.mask, ("airway", "midline")),
        ):
            labels[mask] = VALUE[key]
        blood = float(np.median(grid.hu[middle.heart])) if middle.heart.any() else None
        aorta = find_aorta(grid, skeleton, blood, right | left)
        free = ("mediastinum", "hemithorax")  # what is measured as the inside of the ribs stays the same
        labels[aorta.mask & np.isin(labels, [v for (name, _), v in VALUE.items() if name in free])] = \
            VALUE["aorta", "midline"]
        spleen = find_spleen(grid, labels == VALUE["hemithorax", "left"], left, middle.liver, skeleton)
        labels[spleen] = VALUE["spleen", "left"]
        cut = {VALUE["lung", "right"]: view.right_cut, VALUE["lung", "left"]: view.left_cut,
               VALUE["liver", "right"]: True, VALUE["spine", "midline"]: True, VALUE["aorta", "midline"]: True,
               VALUE["spleen", "left"]: bool(spleen[0].any())}
        return {"aorta": aorta.reason} if aorta.reason else {}, frozenset(v for v, is_cut in cut.items() if is_cut)
