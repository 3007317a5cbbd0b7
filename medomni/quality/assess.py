"""The quality record of an examination: each measure held against its limit."""

from __future__ import annotations

from typing import Any

from medomni.errors import MedomniError
from medomni.quality import limits
from medomni.quality.fov import end_shares, sideways_mm
from medomni.quality.metal import metal_ml, streak_share
from medomni.quality.motion import border_step_mm, uneven_sharpness
from medomni.quality.noise import air_noise, soft_tissue_noise
from medomni.quality.values import BRIGHTEST_HU, DARKEST_HU, MIDDLE_HU, values_of
from medomni.quality.view import View
from medomni.records import Quality, QualityItem
from medomni.volume import Segmentation, Volume

MEASURED_BY = "rules:quality 1"


def quality_of(volume: Volume, segmentation: Segmentation) -> Quality:
    """Quality of a CT volume, any axis order, with what was segmented in it (lungs help and are not needed).

    Where the values are no Hounsfield units, what is measured in them is *not assessed*.

    Raises:
        MedomniError: MED-S02 when the segmentation lies on another grid.
    """
    if not segmentation.matches(volume):
        shapes = f"volume {volume.array.shape}, labels {segmentation.labels.shape}"
        raise MedomniError("MED-S02", shapes, where="quality")
    view = View.of(volume, segmentation)
    values = _values(view)
    items: list[QualityItem] = [values, *_slices(view)]
    measured = (_noise, _motion, _sideways, _ends, _metal)
    if values.state == "unusable":
        kinds = ("noise", "noise_air", "motion", "field_of_view", "base", "apex", "metal")
        items += [QualityItem(kind=kind, state="not_assessed") for kind in kinds]  # type: ignore[arg-type]
    else:
        items += [item for make in measured for item in make(view)]
    return Quality(items=tuple(items), weight=limits.weight_of(tuple(items)), measured_by=MEASURED_BY)


def _item(kind: str, code: str, value: float | None, unit: str, bounds: tuple[float, float | None], reason: str,
          **more: Any) -> QualityItem:
    """An item whose value is the worse the larger it is; bounds are where degraded and unusable begin."""
    state = "not_assessed" if value is None else "ok"
    if value is not None and value > bounds[0]:
        state = "unusable" if bounds[1] is not None and value > bounds[1] else "degraded"
    bad = state in ("degraded", "unusable")
    shown = None if value is None else round(value, 2)
    return QualityItem(kind=kind, state=state, value=shown, unit=unit, threshold=bounds[0],  # type: ignore[arg-type]
                       code=code if bad else None, reason=f"{code}: {reason}" if bad else "", **more)


def _values(view: View) -> QualityItem:
    found = values_of(view)

    def item(state: str, value: float, unit: str, limit: float, reason: str) -> QualityItem:
        return QualityItem(kind="values", state=state, value=round(value, 2), unit=unit, threshold=limit,  # type: ignore[arg-type]
                           code="MED-Q04", reason=f"MED-Q04: {reason}")

    if found.darkest > DARKEST_HU:
        return item("unusable", found.darkest, "HU", DARKEST_HU,
                    f"no air at -1000 HU, the darkest values are {found.darkest:.0f} HU")
    if found.at_ends:
        return item("degraded", found.brightest, "HU", BRIGHTEST_HU,
                    f"values above {found.brightest:.0f} HU were cut off")
    if found.commonest is not None and not MIDDLE_HU[0] <= found.commonest <= MIDDLE_HU[1]:
        limit = MIDDLE_HU[1] if found.commonest > 0 else MIDDLE_HU[0]
        return item("degraded", found.commonest, "HU", limit,
                    f"the commonest value of tissue is {found.commonest:.0f} HU")
    return QualityItem(kind="values", state="ok", value=round(found.darkest, 2), unit="HU", threshold=DARKEST_HU)


def _slices(view: View) -> list[QualityItem]:
    count = len(view.raw)
    few = "unusable" if count < limits.SLICES[1] else "degraded" if count < limits.SLICES[0] else "ok"
    return [
        _item("slice_distance", "MED-Q08", view.slice_mm, "mm", limits.SLICE_MM,
              f"slices lie {view.slice_mm:.1f} mm apart"),
        QualityItem(kind="slice_count", state=few, value=count, unit="slices", threshold=limits.SLICES[0],  # type: ignore[arg-type]
                    code=None if few == "ok" else "MED-Q09", reason="" if few == "ok" else f"MED-Q09: {count} slices"),
    ]


def _noise(view: View) -> list[QualityItem]:
    soft, air = soft_tissue_noise(view), air_noise(view)
    bounds = limits.noise_limits_hu(view.spacing[0])
    said = f"noise of {soft or 0:.0f} HU in soft tissue, limit {bounds[0]:.0f} HU"
    return [_item("noise", "MED-Q02", soft, "HU", (round(bounds[0], 2), bounds[1]), said),
            QualityItem(kind="noise_air", state="not_assessed" if air is None else "ok", unit="HU",
                        value=None if air is None else round(air, 2))]


def _motion(view: View) -> list[QualityItem]:
    step, uneven, limit = border_step_mm(view), uneven_sharpness(view), limits.motion_limit_mm(view.spacing[0])
    if step is not None and step <= limit and uneven is not None and 100 * uneven > limits.UNEVEN_PERCENT:
        return [_item("motion", "MED-Q01", 100 * uneven, "%", (limits.UNEVEN_PERCENT, None),
                      f"motion, sharpness of edges differs by {100 * uneven:.0f} % between slices, "
                      f"limit {limits.UNEVEN_PERCENT:.0f} %")]
    return [_item("motion", "MED-Q01", step, "mm", (round(limit, 2), limits.MOTION_UNUSABLE_MM),
                  f"motion, borders lie {step or 0:.1f} mm off between slices, limit {limit:.1f} mm")]


def _sideways(view: View) -> list[QualityItem]:
    cut = sideways_mm(view)
    if cut.lungs > limits.LUNG_CUT_MM or cut.body <= limits.BODY_CUT_MM:
        both = min(cut.right, cut.left) > limits.LUNG_CUT_MM
        side = "bilateral" if both else "right" if cut.right > cut.left else "left"
        said = "lungs" if both else f"{side} lung"
        return [_item("field_of_view", "MED-Q03", cut.lungs, "mm", (limits.LUNG_CUT_MM, limits.LUNG_LOST_MM),
                      f"the field of view cuts the {said} over {cut.lungs:.0f} mm",
                      side=side if cut.lungs > limits.LUNG_CUT_MM else None)]
    return [_item("field_of_view", "MED-Q03", cut.body, "mm", (limits.BODY_CUT_MM, None),
                  f"the field of view cuts the body over {cut.body:.0f} mm")]


def _ends(view: View) -> list[QualityItem]:
    found = end_shares(view)
    base, apex = (None, None) if found is None else (100 * found[0], 100 * found[1])
    return [
        _item("base", "MED-Q06", base, "%", limits.BASE_PERCENT,
              f"the lung bases are cut, the bottom slice shows {base or 0:.0f} % of the greatest lung area"),
        _item("apex", "MED-Q05", apex, "%", limits.APEX_PERCENT,
              f"the lung apices are cut, the top slice shows {apex or 0:.0f} % of the greatest lung area"),
    ]


def _metal(view: View) -> list[QualityItem]:
    share = 100 * streak_share(view)
    return [_item("metal", "MED-Q07", share, "%", (limits.STREAK_PERCENT, None),
                  f"streaks of {metal_ml(view):.0f} ml of metal in {share:.0f} % of the slices")]
