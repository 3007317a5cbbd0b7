"""A segmentation out as DICOM SEG (PS3.3 A.51), read back and held against the mask before it is handed over.

highdicom pairs each mask slice with the source image of the same number and does not check that they belong together:
with the list reversed the mask is stored mirrored and nothing is said. The images are therefore ordered by the volume's
own UIDs, and every voxel's place is compared after writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.concepts import anatomy_concept, finding_concept, side_concept
from medomni.dicom.segment_codes import anatomy_code
from medomni.dicom.source import frame_group, quoting_nothing, source_images
from medomni.errors import MedomniError
from medomni.files import replacing
from medomni.records import Finding
from medomni.volume import UNMAPPED, Segmentation, Volume

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription

def write_segmentation(segmentation: Segmentation, volume: Volume, source: Path | str, path: Path | str,
                       findings: Sequence[Finding] = ()) -> Path:
    """Write a label map beside the images that its volume was read from (extra ``segment``).

    A label without a voxel has no segment; each segment's tracking identifier is ``label:n``, whatever its number.

    Args:
        findings: where the labels are outlines of findings: label ``n`` is that whose ``mask_ref`` is ``finding:n``,
            and is named by it, with the organ as its place.
        volume: as :func:`medomni.dicom.read_study` read it, or turned so that its slices are still the files' slices.
        source: the folder or zip of those images.
        path: of the SEG file; nothing is left there where writing fails.

    Returns:
        ``path``.

    Raises:
        MedomniError: MED-C06 without highdicom, MED-S02 where the label map is not on the volume's grid, MED-D20 where
            the volume's slices are not images of the folder, or the file, read back, lies elsewhere; MED-C04.
    """
    try:
        import highdicom as hd
        from highdicom.seg import Segmentation as SegmentationObject
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="DICOM SEG") from exc
    path = Path(path)
    if not segmentation.matches(volume):
        raise MedomniError("MED-S02", f"labels {segmentation.labels.shape}, volume {volume.array.shape}",
                           where=path.name)
    images = source_images(volume, Path(source))
    present = [v for v in segmentation.table if (segmentation.labels == v).any()]
    if not present:
        raise MedomniError("MED-D20", "no label is present", where=path.name)
    height, width = sorted(volume.array.shape[1:])
    if sorted((int(images[0].Rows), int(images[0].Columns))) != [height, width]:
        raise MedomniError("MED-D20", "the volume was resampled: its slices are larger than the images",
                           where=path.name)
    masks = np.stack([segmentation.labels == v for v in present], axis=-1).astype(np.uint8)
    with quoting_nothing(path):
        seg = SegmentationObject(
            source_images=images, pixel_array=_as_filed(masks, volume, images[0]),
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[
                _description(k + 1, v, segmentation, {f.mask_ref: f for f in findings}.get(f"finding:{v}"))
                for k, v in enumerate(present)],
            series_instance_uid=hd.UID(), series_number=900, sop_instance_uid=hd.UID(), instance_number=1,
            manufacturer="medomni", manufacturer_model_name="medomni", software_versions=segmentation.produced_by,
            device_serial_number="0", content_label="PRESEGMENTATION",
        )
    with replacing(path) as beside, quoting_nothing(path):
        seg.save_as(beside)
        fault = _displaced(beside, segmentation, present)
        if fault:
            raise MedomniError("MED-D20", fault, where=path.name)
    return path


def _as_filed(masks: NDArray[np.uint8], volume: Volume, image: pydicom.Dataset) -> NDArray[np.uint8]:
    """Masks, (slices, rows, columns, labels), with rows and columns as the file has them; in the order of its frames
    where it has several."""
    enhanced = "PerFrameFunctionalGroupsSequence" in image
    plane = frame_group(image, 0, "PlaneOrientationSequence") if enhanced else image
    six = np.array([float(v) for v in plane.ImageOrientationPatient])
    if enhanced:
        masks = masks[_slices_of_frames(volume, image)]
    directions = volume.affine[:3, 1:3] / np.linalg.norm(volume.affine[:3, 1:3], axis=0)
    along = directions.T @ np.stack([six[3:], six[:3]], axis=1)  # of the volume's rows and columns, along the file's
    if np.abs(along[0, 1]) > 0.99:
        masks, along = masks.transpose(0, 2, 1, 3), along[::-1]
    if np.abs(np.diag(along)).min() < 0.99:
        raise MedomniError("MED-D20", "the volume's slices do not lie in the images' planes")
    return masks[:, ::int(np.sign(along[0, 0])), ::int(np.sign(along[1, 1]))]


def _slices_of_frames(volume: Volume, image: pydicom.Dataset) -> list[int]:
    """The volume's slice that each frame of an enhanced image is."""
    first = np.array([[float(v) for v in frame_group(image, k, "PlanePositionSequence").ImagePositionPatient]
                      for k in range(len(image.PerFrameFunctionalGroupsSequence))])
    slices = [int(v) for v in np.rint(volume.to_index(first)[:, 0])]
    if sorted(slices) != list(range(len(volume.array))):
        raise MedomniError("MED-D20", "the volume holds some of the file's frames, not all")
    return slices


def tracking_id(label: int) -> str:
    """By which a segment is known, as its number depends on which labels have voxels."""
    return f"label:{label}"


def _description(number: int, value: int, segmentation: Segmentation, finding: Finding | None) -> SegmentDescription:
    import highdicom as hd
    from highdicom.sr import CodedConcept
    from pydicom.sr.codedict import codes

    label, algorithm = segmentation.table[value], segmentation.produced_by
    side, what = side_concept(label.side), finding.finding_id if finding else label.anatomy_id
    if label.anatomy_id == UNMAPPED and not finding:
        what = label.name or what
    named = " ".join(filter(None, (label.side if side else "", what, "" if finding else label.level)))
    category = ("49755003", "Morphologically Abnormal Structure") if finding else ("123037004", "Anatomical Structure")
    code = None if finding else anatomy_code(label)
    kind = finding_concept(what) if finding else CodedConcept(code[0], "SCT", code[1]) if code else \
        anatomy_concept(label.anatomy_id)
    description = hd.seg.SegmentDescription(
        segment_number=number, segment_label=named.replace("_", " ")[:64],
        segmented_property_category=CodedConcept(category[0], "SCT", category[1]), segmented_property_type=kind,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=algorithm.split()[0][:64], version=algorithm.split()[-1][:64],
            family=codes.cid7162.MorphologicalOperations),
        tracking_uid=hd.UID(), tracking_id=tracking_id(value),
        anatomic_regions=[anatomy_concept(label.anatomy_id)] if finding else None,
    )
    if side:
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return description


def _displaced(path: Path, segmentation: Segmentation, present: list[int]) -> str:
    """What differs between the file, read back by its own positions, and the mask; empty where nothing does."""
    found = np.zeros_like(segmentation.labels)
    ds = pydicom.dcmread(path)
    planes = np.atleast_3d(ds.pixel_array.T).T
    inverse = np.linalg.inv(segmentation.affine)
    shared = ds.SharedFunctionalGroupsSequence[0]
    six = np.array([float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient])
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    for plane, frame in zip(planes, ds.PerFrameFunctionalGroupsSequence, strict=True):
        corner = np.array([float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient])
        rows, columns = np.nonzero(plane)
        lps = corner + rows[:, None] * spacing[0] * six[3:] + columns[:, None] * spacing[1] * six[:3]
        index: NDArray[Any] = lps @ inverse[:3, :3].T + inverse[:3, 3]
        near = np.rint(index).astype(int)
        if len(near) and (np.abs(index - near).max() > 0.02 or (near < 0).any() or (near >= found.shape).any()):
            return f"a voxel lies {np.abs(index - near).max():.2f} voxels off the volume's grid"
        own = frame if "SegmentIdentificationSequence" in frame else shared  # one segment's is shared by all frames
        number = own.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found[tuple(near.T)] = present[number - 1]
    wrong = int((found != segmentation.labels).sum())
    return f"{wrong} voxels differ after writing" if wrong else ""
