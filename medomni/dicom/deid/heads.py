"""Which images may show a face: one list of what cannot, for the refusal, for the marks and for the verifier.

A header that names a head by a word that no list knows, or names nothing, must not let a face out. So the parts of the
body that have none are listed, and the kinds of image in which nobody is recognised; everything else may be a head.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from pydicom.dataset import Dataset

Face = Literal["none", "open", "possible"]
"""``none``: it was shown or stated that no face is in it. ``open``: a capture of a screen or a page, of which nobody
said. ``possible``: all else."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_FLAT = frozenset(("BMD", "CR", "DX", "IO", "IVOCT", "IVUS", "MG", "NM", "OCT", "OPT", "PX", "RF", "RG", "RTDOSE",
                   "RTIMAGE", "SM", "US", "XA"))
"""Modalities (PS3.3 C.7.3.1.1.1) in which nobody is recognised: projections, ultrasound, layers of an eye, cells."""
_PHOTOGRAPHS = frozenset(("DMS", "ES", "GM", "OP", "TG", "XC"))
_VOLUMES = tuple(_STORAGE + end for end in (
    "2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "13.1.1", "13.1.2", "66.4", "66.7", "66.8", "68.1", "68.2", "128",
    "128.1", "130"))
"""CT, MR, cone beam CT, segmentations, maps, surfaces and PET, whatever their modality says."""
_PICTURES = tuple(_STORAGE + f"77.1.{end}" for end in ("1", "1.1", "4", "4.1", "5.1", "5.2", "7"))
"""Visible light: endoscopy, photographs, of eyes and of skin."""
_CAPTURES = tuple(_STORAGE + end for end in ("7", "7.1", "7.2", "7.3", "7.4"))
_PLACED = ("ImagePositionPatient", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")

_TELLING_WORDS = """
    abd abdomen abdomenpelvis abdominal adrenal ankle appendix becken beckenuebersicht bladder breast bws calf
    cardiac chest chestabdomen chestabdpelvis colon duodenum elbow ellenbogen femur finger gallbladder hepatic herz
    hip huefte huftgelenk kidney knee knie kniegelenk leber liver lspine lssspine lsspine lumbar lung lungs lunge
    lungen lws mamma mediastinum milz niere nieren oberschenkel ovary pancreas pankreas pelvis pelvic prostata
    prostate rectum rektum renal schulter shoulder spleen sspine sternum stomach testis thigh thorax thoracic
    tlspine tspine unterarm unterschenkel uterus wrist
"""
_FURTHER_WORDS = """
    aorta arm axilla back bein bronchus bauch clavicle coccyx exm extremity extremities foot fuss fuesse forearm
    hand haende heart humerus leg oberarm rib ribs rippen scapula sprunggelenk thumb toe handgelenk zehe
"""
_BESIDE_WORDS = """
    and both beide bds joint l left li links low lower mit r re rechts right und up upper with w
"""
_TELLING = frozenset(_TELLING_WORDS.split())
"""Words, in small letters, of which one in a description tells that the part has no head."""
_HEADLESS = _TELLING | frozenset(_FURTHER_WORDS.split())
"""Terms of Body Part Examined (PS3.16 annex L) without a head, and what is written for them; as words of a description
the further ones could be a person's name."""
_BESIDE = frozenset(_BESIDE_WORDS.split())
_CHINESE = re.compile("[胸肺腹盆肝肾腎胃肠腸脾胰膝髋髖踝腕肘肩腰骶臂腿股手足乳心]")
_TELLING_CHINESE = re.compile("胸|肺|腹|盆腔|骨盆|肝|肾|腎|膝|髋|髖|腰椎")
_HEAD_WORDS = re.compile(
    r"head|brain|skull|\bface|facial|orbit|sinus|crani|cranu|cerebr|cereb|neuro|kopf|sch[aä]e?del|whole.?body|\bcct"
    r"|\bneck|\bhals(\b|[ _-]|weich|gef|wirb)|nacken|\bc.?spine|\bctspine|cervic|\bhws|carot|karot|\bsella|hypoph"
    r"|pituit|\btmj|temporo|temporal.?(bone|lobe)|kiefer|mandib|maxill|\bjaw|\bdental|\bzahn|\bz[aä]e?hne|felsenb"
    r"|petrous|petrosum|mastoid|\biac\b|\bnnh|\bnas(e|en|al|o)|\bnose|\bears?\b|innenohr|\bohr|\bauge|\beyes?\b|ophth"
    r"|optic.?n|laryn|pharyn|parot|salivar|speichel|thyro|schilddr|gesicht|\bmund\b|mouth|\btongue|zunge|vertex"
    r"|polytrauma|ganzk[oö]e?rper|pan.?scan|total.?body|stroke(?!.?vol)|schlaganfall|circle of willis|supraaort"
    r"|[头頭颅顱脑腦面颈頸鼻耳眼眶喉咽舌牙颌頜]|垂体|全身",
    re.IGNORECASE)
_SAYING = ("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription",
           "PerformedProcedureStepDescription", "BodyPartExamined")


def face_in(ds: Dataset) -> Face:
    """Whether a face may be in an image, by its header alone.

    In this order: said to be recognisable: possible. A modality in which nobody is recognised, and no object that
    holds a volume or a photograph: none. A word of the head in a description, in Body Part Examined or in the
    anatomic region: possible. Body Part Examined names parts without a head alone: none. It is empty, and a
    description names such a part: none. A capture without a place in the patient, and no photograph, that names no
    part: open. All else is possible. A large field of view proves nothing: that of a whole body holds a head too.
    """
    uid, modality = str(ds.get("SOPClassUID", "")), str(ds.get("Modality", "") or "").strip().upper()
    part, words = str(ds.get("BodyPartExamined", "") or "").strip(), " ".join(_said(ds))
    if str(ds.get("RecognizableVisualFeatures", "") or "").strip() == "YES":
        return "possible"
    if modality in _FLAT and uid not in _VOLUMES + _PICTURES:
        return "none"
    if _HEAD_WORDS.search(words):
        return "possible"
    if _headless(part) if part else _tells(words):
        return "none"
    capture = uid in _CAPTURES and modality not in _PHOTOGRAPHS and not any(name in ds for name in _PLACED)
    return "open" if capture and not part else "possible"


def _said(ds: Dataset) -> Iterator[str]:
    yield from (str(ds.get(name, "") or "") for name in _SAYING)
    groups = [*(ds.get("SharedFunctionalGroupsSequence") or ()), *(ds.get("PerFrameFunctionalGroupsSequence") or ())]
    for holder in (ds, *(anatomy for group in groups for anatomy in group.get("FrameAnatomySequence") or ())):
        for item in holder.get("AnatomicRegionSequence") or ():
            yield str(item.get("CodeMeaning", "") or "")


def _headless(part: str) -> bool:
    """True where every word of a body part is one without a head, or stands beside one."""
    words = _words(part)
    known = [w in _HEADLESS or _CHINESE.search(w) is not None for w in words]
    return any(known) and all(k or w in _BESIDE for k, w in zip(known, words, strict=True))


def _tells(text: str) -> bool:
    return any(w in _TELLING or _TELLING_CHINESE.search(w) for w in _words(text))


def _words(text: str) -> list[str]:
    """Words in small letters; ä, ö and ü as ae, oe and ue."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return re.findall(r"[^\W\d_]+", folded.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))
