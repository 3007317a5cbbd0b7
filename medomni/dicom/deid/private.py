"""Private attributes that may stay: a part of the list of safe ones in PS3.15 E.3.10, table E.3.10-1.

Only numbers and short codes are listed: what the measuring of images needs. Their values are checked all the same.
"""

from __future__ import annotations

SAFE: dict[tuple[int, str, int], str] = {
    (0x7053, "Philips PET Private Group", 0x00): "DS",  # SUV factor
    (0x7053, "Philips PET Private Group", 0x09): "DS",  # activity concentration factor
    (0x00E1, "ELSCINT1", 0x21): "DS",  # dose length product
    (0x0019, "SIEMENS MR HEADER", 0x0C): "IS",  # b value
    (0x0019, "SIEMENS MR HEADER", 0x0D): "CS",  # diffusion directionality
    (0x0019, "SIEMENS MR HEADER", 0x0E): "FD",  # diffusion gradient direction
    (0x0019, "SIEMENS MR HEADER", 0x27): "FD",  # b matrix
    (0x0043, "GEMS_PARM_01", 0x39): "IS",  # b value and others
    (0x0043, "GEMS_PARM_01", 0x6F): "DS",  # scanner table entry and gradient coil
    (0x0025, "GEMS_SERS_01", 0x07): "SL",  # images in the series
    (0x2001, "Philips Imaging DD 001", 0x03): "FL",  # diffusion b factor
    (0x2001, "Philips Imaging DD 001", 0x04): "CS",  # diffusion direction
    (0x2005, "Philips MR Imaging DD 001", 0x0E): "FL",  # scale slope
    (0x2005, "Philips MR Imaging DD 001", 0x0D): "FL",  # scale intercept
}
"""(group, private creator, element's low byte) to the VR that its value must have."""
CREATORS = frozenset(creator for _, creator, _ in SAFE)


def safe_vr(group: int, creator: str, element: int) -> str | None:
    """The VR that a safe private attribute has, or None where it is not on the list.

    Args:
        element: the whole element number; its high byte is the block that the creator reserved (PS3.5 7.8.1).
    """
    return SAFE.get((group, creator.strip(), element & 0xFF))


def is_reserving(element: int) -> bool:
    """True for a private creator, (gggg,0010-00FF)."""
    return 0x10 <= element <= 0xFF
