"""B4: left and right on 50 orientations of the image stack, through Volume, NIfTI, DICOM SEG and PNG.

A ball at the patient's left front near the head, and a larger one at the right back near the feet, are sampled on a
stack that lies in one of the 24 ways along the axes, or oblique to one of them; DICOM is written and read.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from itertools import permutations, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.spatial.transform import Rotation

from medomni.dicom import read_study
from medomni.dicom.seg import write_segmentation
from medomni.draw import draw_slice
from medomni.phantom import Habit, write_stack
from medomni.volume import Label, Segmentation, Volume

ORIENTATIONS = 50
OBLIQUE_DEG = 25  # beyond, a picture's edge is no longer one side of the patient
LEFT, RIGHT = np.array([60.0, -50.0, 40.0]), np.array([-55.0, 45.0, -50.0])  # LPS millimetres
RADII = {1: 22.0, 2: 28.0}
HU = {1: 700, 2: 300}
SHAPE, SPACING = (34, 60, 56), (8.0, 4.4, 4.8)
TABLE = {1: Label(1, "lung", "left"), 2: Label(2, "lung", "right")}
SYNTAXES = ("explicit", "implicit", "rle", "jpeg_ls")


def run() -> tuple[bool, str]:
    """All orientations by all four ways."""
    count: Counter[str] = Counter()
    for k, axes in enumerate(orientations()):
        with tempfile.TemporaryDirectory(prefix="medomni-b4-") as folder:
            for way, fine in proven(axes, Path(folder), SYNTAXES[k % len(SYNTAXES)]).items():
                count[way] += fine
                if not fine:
                    print(f"  orientation {k}: {way} is wrong: {axes.round(2).tolist()}", flush=True)
    return all(v == ORIENTATIONS for v in count.values()), (
        "; ".join(f"{way} {right} of {ORIENTATIONS}" for way, right in count.items()))


def orientations() -> list[NDArray[np.float64]]:
    """3 x 3 matrices, columns the directions of slices, rows and columns: right-handed, as DICOM stacks are."""
    along = []
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        axes = np.eye(3)[:, list(order)] * signs
        if np.allclose(np.cross(axes[:, 2], axes[:, 1]), axes[:, 0]):
            along.append(axes)
    rng, oblique = np.random.default_rng(4), []
    while len(along) + len(oblique) < ORIENTATIONS:
        axis = rng.normal(size=3)
        turn = Rotation.from_rotvec(axis / np.linalg.norm(axis) * np.radians(rng.uniform(3, OBLIQUE_DEG)))
        oblique.append(turn.as_matrix() @ along[len(oblique) % len(along)])
    return along + oblique


def sampled(axes: NDArray[np.float64]) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """The patient on a stack centred on the origin."""
    affine = np.eye(4)
    affine[:3, :3] = axes * SPACING
    affine[:3, 3] = -affine[:3, :3] @ (np.array(SHAPE) - 1) / 2
    lps = np.moveaxis(np.indices(SHAPE), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    array = np.full(SHAPE, -1000, dtype=np.int16)
    for label, centre in ((1, LEFT), (2, RIGHT)):
        array[np.linalg.norm(lps - centre, axis=-1) < RADII[label]] = HU[label]
    return array, affine


def proven(axes: NDArray[np.float64], folder: Path, syntax: str) -> dict[str, bool]:
    """Where each way puts the two balls."""
    import nibabel

    array, affine = sampled(axes)
    write_stack(array, affine, folder / "series", Habit(syntax=syntax, order="mixed"))
    volume = read_study(folder / "series")
    labels = np.where(volume.array == HU[1], 1, np.where(volume.array == HU[2], 2, 0)).astype(np.uint8)
    segmentation = Segmentation(labels, TABLE, volume.affine, "test 1")
    upright = volume.axial()
    turned = Segmentation(np.where(upright.array == HU[1], 1, np.where(upright.array == HU[2], 2, 0)).astype(np.uint8),
                          TABLE, upright.affine, "test 1")
    found = {"Volume": all(_near(*(v.to_lps(np.argwhere(m == k)).mean(axis=0) for k in (1, 2)))
                           for v, m in ((volume, labels), (upright, turned.labels)))}
    image = nibabel.load(volume.to_nifti(folder / "x.nii.gz"))
    data = np.asarray(image.dataobj)
    ras = [nibabel.affines.apply_affine(image.affine, np.argwhere(data == HU[k])).mean(axis=0) for k in (1, 2)]
    found["NIfTI"] = _near(*(r * np.array([-1.0, -1.0, 1.0]) for r in ras))
    found["DICOM SEG"] = _in_seg(write_segmentation(segmentation, volume, folder / "series", folder / "a.dcm"))
    if upright.slice_uids:
        found["DICOM SEG"] &= _in_seg(write_segmentation(turned, upright, folder / "series", folder / "b.dcm"))
    found["PNG"] = _in_png(upright)
    return found


def _near(left: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Within a voxel of the truth, LPS."""
    return bool(np.abs(left - LEFT).max() < max(SPACING) and np.abs(right - RIGHT).max() < max(SPACING))


def _in_seg(path: Path) -> bool:
    """By highdicom's own reading of the file and of its segments' sides."""
    from highdicom.seg import segread

    seg = segread(path)
    centres = {}
    for number in seg.segment_numbers:
        side = seg.get_segment_description(number).SegmentedPropertyTypeCodeSequence[0]
        stored = seg.get_volume(segment_numbers=[number])
        mask = np.argwhere(np.asarray(stored.array).reshape(stored.spatial_shape) > 0)
        meaning = side.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning
        centres[meaning] = stored.map_indices_to_reference(mask).mean(axis=0)
    return _near(centres["Left"], centres["Right"])


def _in_png(volume: Volume) -> bool:
    """Each ball's own slice, drawn: the patient's left at the image's right, the front at the top, the letters so."""
    for centre, hu in ((LEFT, HU[1]), (RIGHT, HU[2])):
        index = int(np.bincount(np.argwhere(volume.array == hu)[:, 0]).argmax())
        drawn = draw_slice(volume, index, "soft", size=256, markers=False)
        picture = np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))
        rows, columns = np.nonzero(picture > 128)
        right_of_middle, below = columns.mean() > picture.shape[1] / 2, rows.mean() > picture.shape[0] / 2
        if right_of_middle != (centre[0] > 0) or below != (centre[1] > 0):
            return False
        marked = np.asarray(Image.open(io.BytesIO(draw_slice(volume, index, "soft", size=256))).convert("L"))
        if _letters(marked.astype(int) - picture) != ("R", "L"):
            return False
    return True


def _letters(added: NDArray[np.int_]) -> tuple[str, str]:
    """What is written at the left and at the right edge at half height, of R, L, A, P, H and F, by its form."""
    rows, columns = added.shape
    found = []
    for part in (added[rows // 3:2 * rows // 3, :columns // 6], added[rows // 3:2 * rows // 3, -columns // 6:]):
        found.append(_letter(_form(part > 100)))
    return found[0], found[1]


def _letter(seen: NDArray[np.bool_]) -> str:
    return max("RLAPHF", key=lambda letter: float((seen == _form(_glyph(letter))).mean()))


def _glyph(letter: str) -> NDArray[np.bool_]:
    image = Image.new("L", (80, 80))
    ImageDraw.Draw(image).text((10, 5), letter, fill=255, font=ImageFont.load_default(60))
    return np.asarray(image) > 128


def _form(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cut to the ink, at one size."""
    where = np.argwhere(ink)
    if not len(where):
        return np.zeros((24, 16), bool)
    (top, left), (bottom, right) = where.min(axis=0), where.max(axis=0) + 1
    cut = Image.fromarray(ink[top:bottom, left:right]).convert("L").resize((16, 24), Image.Resampling.BILINEAR)
    return np.asarray(cut) > 128
