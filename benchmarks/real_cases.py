"""The real series of ``data/dicom`` against the values that its SOURCES.md states for them, folder by folder."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom

from medomni.dicom import inspect, read_image, read_study
from medomni.errors import MedomniError
from medomni.volume import Volume


@dataclass(frozen=True)
class Stated:
    """A series and what is stated of it.

    Attributes:
        path: folder or file. shape: (slices, rows, columns).
        spacing: between slices along the normal, between rows, between columns, millimetres; None where not stated.
        first: LPS millimetres of the first voxel, as far as it is stated (None elsewhere).
        last_z: of the last slice's first voxel. hu, mean: least, greatest and mean value.
        warned: codes of the record.
    """

    path: str
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float] | None = None
    first: tuple[float | None, float | None, float | None] = (None, None, None)
    last_z: float | None = None
    hu: tuple[float | None, float | None] = (None, None)
    mean: float | None = None
    warned: frozenset[str] = frozenset()
    digits: float = 1e-4


STATED = (
    Stated("chest_ct_a0001_lung5mm", (64, 512, 512), (5.0, 0.841796875, 0.841796875),
           (-228.036842, -93.0631599, -439), -124, (-1024, 2976), -675.97),
    Stated("chest_ct_a0002_b40f8mm", (30, 512, 512), (8.0, 0.646484375, 0.646484375),
           (-173.1767578125, -294.1767578125, 80), 312, (-1024, 1548), -535.67),
    Stated("chest_ct_a0002_b70f_4slices", (4, 512, 512), (8.0, 0.646484375, 0.646484375),
           (-173.1767578125, -294.1767578125, 208), 232, warned=frozenset(("MED-D17",))),
    Stated("head_ct_tilt_plus_localizer_philips", (5, 512, 512), (2.371, 0.48242188, 0.48242188),
           warned=frozenset(("MED-D13", "MED-D14", "MED-D17")), digits=5e-4),
    Stated("per_slice_float_slope_mr", (4, 28, 64), (0.5, 4.0, 6.3999586), warned=frozenset(("MED-D17",))),
    Stated("enhanced_multiframe/IM-0001-0001-0001.dcm", (8, 256, 256)),
    Stated("jpeg_lossless/pancreas_ct_j2k_implicit_un_tags.dcm", (1, 512, 512), hu=(-1024, 1186),
           warned=frozenset(("MED-D17", "MED-D27"))),
    Stated("ct_signed_padding_3_orientations", (1, 512, 512), (5.0, 0.953125, 0.953125), (None, None, -327.815),
           warned=frozenset(("MED-D14", "MED-D17", "MED-D23")), digits=1e-6),
    Stated("seg_reference_ct3slice", (3, 512, 512), (1.0, 0.810547, 0.810547), (None, None, -128.69), -126.69,
           (-1024, None), warned=frozenset(("MED-D14", "MED-D16", "MED-D17"))),
    Stated("abdomen_ct_20slices_with_reference_seg", (20, 512, 512), (2.0, 0.9765625, 0.9765625), hu=(-1024, 1839),
           warned=frozenset(("MED-D14",))),
    Stated("body_ct_with_reference_seg/example_ct.nii.gz", (112, 101, 122), (3.0, 3.0, 3.0), digits=1e-3),
)
REFUSED = {"head_ct_tilt_variable_spacing_ge": "MED-D05", "missing_slice_ct": "MED-D05",
           "duplicate_position_ct": "MED-D06", "enhanced_multiframe/eCT_Supplemental.dcm": "MED-D18",
           "compressed_multiframe_mr": "MED-D12", "modality_lut/mlut_18.dcm": "MED-D08",
           "seg_reference_ct3slice/liver.dcm": "MED-D18", "cxr_dicom_monochrome1": "MED-D09"}
BOXES = {"A0001": ("chest_ct_a0001_lung5mm", 11, (-234, -184), 73, 1),
         "A0002": ("chest_ct_a0002_b40f8mm", 10, (176, 248), 76, -1)}
"""Series, slices with a box, their least and greatest z, largest side in millimetres, sign of x at its middle (LPS)."""
SLOPES = (0.0010346139, 0.0010206557, 0.001298346, 0.0029214132)
LABELS_ML = {5: 1125, 10: 7, 11: 33, 14: 69}


def faults(root: Path) -> list[str]:
    """Every stated value that is not what is read, ``folder: what``; empty where all are."""
    found = [f"{s.path}: {fault}" for s in STATED for fault in differing(read_study(root / s.path), s)]
    for path, code in REFUSED.items():
        try:
            read_study(root / path)
            found.append(f"{path}: not refused")
        except MedomniError as exc:
            found += [f"{path}: {exc.code}"] if exc.code != code else []
    return found + [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(root)]


def differing(volume: Volume, stated: Stated) -> list[str]:
    """What of a volume is not as stated."""
    ends = volume.to_lps(np.array([[0.0, 0, 0], [volume.array.shape[0] - 1.0, 0, 0]]))
    pairs = {
        "shape": (volume.array.shape == stated.shape, volume.array.shape),
        "spacing": (stated.spacing is None or np.allclose(volume.spacing_mm, stated.spacing, rtol=0,
                                                          atol=stated.digits), volume.spacing_mm),
        "first voxel": (all(w is None or abs(v - w) < 1e-5 for v, w in zip(ends[0], stated.first, strict=True)),
                        ends[0]),
        "last z": (stated.last_z is None or abs(ends[1, 2] - stated.last_z) < 1e-4, ends[1]),
        "values": (all(w is None or v == w for v, w in zip((volume.array.min(), volume.array.max()), stated.hu,
                                                          strict=True)), (volume.array.min(), volume.array.max())),
        "mean": (stated.mean is None or abs(volume.array.mean(dtype=float) - stated.mean) <= 0.005,
                 volume.array.mean(dtype=float)),
        "warnings": ({w.code for w in volume.study.warnings} == stated.warned,
                     [w.code for w in volume.study.warnings]),
    }
    return [f"{name} {value}" for name, (fine, value) in pairs.items() if not fine]


def lesion_boxes(root: Path) -> list[str]:
    """Boxes joined to slices by the UID that is a file's name, and carried to the patient by the volume's affine."""
    out = []
    for name, (folder, count, (low, high), largest, side) in BOXES.items():
        volume = read_study(root / folder)
        number = {uid: k for k, uid in enumerate(volume.slice_uids)}
        sides, heights = [], []
        for path in (root / "chest_ct_lesion_boxes" / name).iterdir():
            if path.stem not in number:
                continue  # of another series of the patient
            box = ElementTree.parse(path).getroot().find(".//bndbox")
            assert box is not None
            x0, y0, x1, y1 = (float(box.findtext(k, "")) for k in ("xmin", "ymin", "xmax", "ymax"))
            a, b = volume.to_lps(np.array([[number[path.stem], y0, x0], [number[path.stem], y1, x1]]))
            heights.append(a[2])
            sides.append(max(abs(b - a)[:2]))
            out += [f"{name}: a box at x {(a + b)[0] / 2:.0f}"] if side * (a + b)[0] <= 0 else []
        if (len(heights), min(heights), max(heights), round(max(sides))) != (count, low, high, largest):
            out.append(f"{name}: {len(heights)} boxes, z {min(heights)} to {max(heights)}, {max(sides):.1f} mm")
    return out


def tilt_of_ge(root: Path) -> list[str]:
    """Three distances along the normal, sheared by 18.5 degrees, from -1500 (padding: air) to 2121."""
    volumes = [read_study(p) for p in sorted((root / "head_ct_tilt_variable_spacing_ge").iterdir())]
    normal = np.cross(volumes[0].affine[:3, 2], volumes[0].affine[:3, 1])
    normal = normal / np.linalg.norm(normal)
    at = np.array(sorted((v.affine[:3, 3] for v in volumes), key=lambda p: float(p @ normal)))
    steps = sorted({round(float(d), 3) for d in np.diff(at @ normal)})
    distinct = [d for k, d in enumerate(steps) if not k or d - steps[k - 1] > 0.01]
    way = at[-1] - at[0]
    tilt = float(np.degrees(np.arccos(abs(way @ normal) / np.linalg.norm(way))))
    ends = min(v.array.min() for v in volumes), max(v.array.max() for v in volumes)
    said = next(w.detail for w in read_study(root / "head_ct_tilt_variable_spacing_ge", resample=True).study.warnings
                if w.code == "MED-D19")
    fine = len(volumes) == 28 and np.allclose(distinct, [1.081, 4.002, 6.999], atol=2e-3) and abs(tilt - 18.5) < 0.05
    return [] if fine and ends == (-1024, 2121) and "tilt 18.50" in said else [
        f"{len(volumes)} slices, steps {distinct}, tilt {tilt:.2f}, values {ends}, {said}"]


def tilt_of_philips(root: Path) -> list[str]:
    """2.5 mm along the table where the normal has 2.371."""
    volume = read_study(root / "head_ct_tilt_plus_localizer_philips")
    said = [w.detail for w in volume.study.warnings if w.code == "MED-D13"]
    step = float(np.linalg.norm(volume.affine[:3, 0]))
    return [] if said == ["18.50 degrees"] and abs(step - 2.5) < 1e-3 else [f"{said}, {step:.4f} mm along the table"]


def single_places(root: Path) -> list[str]:
    """Heights of series that make no volume, each file read alone."""
    wanted = {"missing_slice_ct": [18.1075, 23.1075, 28.1075, 38.1075], "duplicate_position_ct": [61.5, 61.5]}
    out = []
    for folder, heights in wanted.items():
        found = sorted(float(read_study(p).affine[2, 3]) for p in (root / folder).iterdir())
        out += [] if np.allclose(found, heights, atol=1e-4) else [f"{folder}: z {found}"]
    return out


def slopes_of_mr(root: Path) -> list[str]:
    """Each slice's own slope, to ten digits, by ascending z."""
    volume = read_study(root / "per_slice_float_slope_mr")
    files = {str(ds.SOPInstanceUID): ds for ds in map(pydicom.dcmread, (root / "per_slice_float_slope_mr").iterdir())}
    heights = volume.to_lps(np.array([[k, 0.0, 0] for k in range(4)]))[:, 2]
    order = np.argsort(heights)
    out = []
    for k, slope in zip(order, SLOPES, strict=True):
        ds = files[volume.slice_uids[k]]
        wanted = ds.pixel_array * slope + float(ds.RescaleIntercept)
        out += [] if np.allclose(volume.array[k], wanted, rtol=1e-5) else [f"slice {k} has another slope than {slope}"]
    return out


def five_syntaxes(root: Path) -> list[str]:
    """One image of ten frames, 64 x 64, 0 to 467, in five transfer syntaxes: five times the same."""
    stacks = [np.stack([read_image(p, frame=k).array for k in range(10)])
              for p in sorted((root / "compressed_multiframe_mr").iterdir())]
    same = len(stacks) == 5 and all(np.array_equal(stacks[0], s) for s in stacks)
    ends = (int(stacks[0].min()), int(stacks[0].max()))
    return [] if same and stacks[0].shape == (10, 64, 64) and ends == (0, 467) else [f"{same}, {ends}"]


def pictures(root: Path) -> list[str]:
    """Sizes and values of single images; no millimetres where none are valid."""
    wanted: dict[str, tuple[tuple[int, ...], tuple[int, int] | None]] = {
        "jpeg_lossless/JPEG-LL.dcm": ((1024, 256), (0, 278)), "modality_lut/mlut_18.dcm": ((512, 512), (0, 65535)),
        "cxr_dicom_monochrome1/RG1_J2KI.dcm": ((1955, 1841), (803, 26512)),
        **{f"cxr_png/{n}": ((512, 512), None) for n in ("00000001_000.png", "00027426_000.png")},
        **{f"cxr_png/{n}": ((2000, 2000), None) for n in ("7afaaccc.jpg", "a8ac1969.jpg")}}
    out = []
    for name, (shape, ends) in wanted.items():
        picture = read_image(root / name)
        found = (int(picture.array.min()), int(picture.array.max()))
        out += [] if picture.array.shape[:2] == shape and ends in (None, found) else [
            f"{name}: {picture.array.shape}, {found}"]
    for path in [root / "cxr_dicom_monochrome1/RG1_J2KI.dcm", *(root / "cxr_png").iterdir()]:
        out += [f"{path.name}: millimetres"] if read_image(path).spacing_mm is not None else []
    out += [f"{p.name}: a side" for p in (root / "cxr_png").iterdir() if read_image(p).left_edge is not None]
    table = read_image(root / "modality_lut/vlut_04.dcm")
    stored = pydicom.dcmread(root / "modality_lut/vlut_04.dcm").pixel_array
    return out + ([] if np.array_equal(table.array, stored) else ["vlut_04.dcm: a VOI table changed the values"])


def three_orientations(root: Path) -> list[str]:
    """Three series: the axial one first, the others with larger pixels."""
    folder = root / "ct_signed_padding_3_orientations"
    found = [(s.slices, round(read_study(folder, series=s.number).spacing_mm[1], 6)) for s in inspect(folder)]
    return [] if sorted(found) == [(1, 0.953125), (1, 1.687012), (1, 1.687012)] else [str(found)]


def segmentations(root: Path) -> list[str]:
    """Voxels in the frames of two DICOM SEG; whole millilitres of the labels of a NIfTI file; the grid of another."""
    out = []
    for name, frames, voxels in (("liver.dcm", 3, 107098), ("partial_overlaps.dcm", 7, 43639)):
        path = root / "seg_reference_ct3slice" / name
        count = read_image(path).frames
        found = sum(int(read_image(path, frame=k).array.astype(bool).sum()) for k in range(count))
        out += [] if (count, found) == (frames, voxels) else [f"{name}: {count} frames, {found} voxels"]
    labels = read_study(root / "body_ct_with_reference_seg" / "example_seg_fast_force_split.nii.gz")
    ml = {k: int((labels.array == k).sum() * labels.voxel_ml) for k in LABELS_ML}
    out += [] if ml == LABELS_ML else [f"labels {ml} ml"]
    folder = root / "abdomen_ct_20slices_with_reference_seg"
    image, mask = read_study(folder).axial(), read_study(folder / "example_seg_dicom.nii.gz").axial()
    same = image.array.shape == mask.array.shape and np.allclose(image.affine, mask.affine, atol=1e-2)
    return out if same else [*out, f"abdomen: {image.array.shape}, {mask.array.shape}, {mask.affine.tolist()}"]


Check = Callable[[Path], list[str]]
CHECKS: tuple[Check, ...] = (lesion_boxes, tilt_of_ge, tilt_of_philips, single_places, slopes_of_mr, five_syntaxes,
                             pictures, three_orientations, segmentations)
