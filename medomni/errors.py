"""Every coded error and recorded warning: what happened, where, how to fix it.

A code is stable: ``MED-`` + a room letter + two digits. ``docs/errors.md`` is generated from the catalogue
below by ``python -m medomni.errors``; a test fails where the page is stale or a code is raised that is not
listed here. Messages name files and numbers, never the content of a patient's header.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "ErrorEntry", "MedomniError", "errors_page", "why"]


@dataclass(frozen=True)
class ErrorEntry:
    """One line of the catalogue.

    Attributes:
        code: stable identifier, e.g. ``MED-D01``.
        title: what happened, one sentence without detail.
        remedy: what the reader can do about it.
        kind: ``error`` stops the job; ``warning`` is recorded in the study record and reaches the page.
    """

    code: str
    title: str
    remedy: str
    kind: str = "error"


_ENTRIES = [
    # --- C: configuration, command line, machine -------------------------------------------------------
    ErrorEntry("MED-C01", "The configuration has an unknown key.",
               "Remove or correct the key; the message lists the keys that are known at that place."),
    ErrorEntry("MED-C02", "The configuration file cannot be read as YAML.",
               "Correct the line that the message names."),
    ErrorEntry("MED-C03", "A configuration value has the wrong type or lies outside its range.",
               "Give a value as the message says."),
    ErrorEntry("MED-C04", "The disk is full or the target cannot be written.",
               "Free space or choose another output folder; finished files are kept and the command resumes."),
    ErrorEntry("MED-C05", "The job was interrupted.",
               "Run the same command again: it resumes from the last checkpoint that the message names."),
    ErrorEntry("MED-C06", "An optional part is not installed.",
               "Install the extra with the line that the message gives."),
    ErrorEntry("MED-C07", "A record read from a file is not valid against its schema.",
               "Recreate the file with this version, or correct the field that the message names."),
    ErrorEntry("MED-C08", "The file or folder does not exist.",
               "Check the path; it is taken relative to the folder the command runs in."),
    ErrorEntry("MED-C09", "A file or folder that is to be read cannot be opened.",
               "Give the account that runs the command the right to read it, or leave it out knowingly."),
    ErrorEntry("MED-C10", "The output folder holds other files of the kind that is to be written.",
               "Choose another folder, or move them away: beside them nobody could tell whose files are whose. What an "
               "earlier run of the same command wrote is replaced."),
    # --- D: DICOM -------------------------------------------------------------------------------------
    ErrorEntry("MED-D01", "The folder holds no readable DICOM image.",
               "Point to the folder with the series; the message counts what was found instead."),
    ErrorEntry("MED-D02", "A file is not DICOM although its name says so.",
               "Remove or replace the file; the other files were not changed.", "warning"),
    ErrorEntry("MED-D03", "A file ends before its pixel data does.",
               "Fetch the file again from its source; a part of a slice is never filled in."),
    ErrorEntry("MED-D04", "The folder holds more than one patient.",
               "Give one patient a folder; the message counts the patients and names no one."),
    ErrorEntry("MED-D05", "Slices are missing: the spacing along the normal is not even.",
               "Fetch the missing slices again (the message names both sides of each gap), or give --resample: slices "
               "are then interpolated, and the record names them."),
    ErrorEntry("MED-D06", "Two slices share a position and differ.",
               "Separate the acquisitions; identical copies are dropped with a warning instead."),
    ErrorEntry("MED-D07", "The modality is not one that this command measures.",
               "Use a CT series; other modalities are read as images but not measured. A NIfTI file cannot say what it "
               "holds: state it with --modality CT."),
    ErrorEntry("MED-D08", "The image is a colour or secondary capture, not a measurement.",
               "Use the original series; screenshots carry no Hounsfield units."),
    ErrorEntry("MED-D09", "The series has no position or orientation.",
               "A radiograph, ultrasound or single picture has none and is no volume: medomni.dicom.read_image reads "
               "it. Export any other series again with ImagePositionPatient and ImageOrientationPatient."),
    ErrorEntry("MED-D10", "The pixel data cannot be decoded.",
               "The data are damaged, cut, or packed in a way that is not supported, see the message: fetch the file "
               "again, or have the archive send it uncompressed."),
    ErrorEntry("MED-D11", "Slope and intercept are missing or damaged, so the unit of the values is unknown.",
               "Export the series with RescaleSlope and RescaleIntercept."),
    ErrorEntry("MED-D12", "The slices do not form one volume.",
               "See the message: sizes, orientations or spacings differ inside the chosen group."),
    ErrorEntry("MED-D13", "The slice step is not along the normal (gantry tilt).",
               "The affine keeps the shear; measurements across slices use it.", "warning"),
    ErrorEntry("MED-D14", "Other series, localizers or non-images in the folder were left out, or a DICOMDIR does not "
               "fit its folder.",
               "Nothing to do if the named series is the wanted one; else choose it with --series.", "warning"),
    ErrorEntry("MED-D15", "An identical copy of a slice was dropped.",
               "Nothing to do; the copies were equal in every pixel.", "warning"),
    ErrorEntry("MED-D16", "Padding outside the scan was set to air: -1024 HU in CT, 0 in any other modality.",
               "Nothing to do; the number of voxels is in the record.", "warning"),
    ErrorEntry("MED-D17", "Too few slices for a volume.",
               "Volumes and measurements along the body axis are withheld; single-slice findings remain.", "warning"),
    ErrorEntry("MED-D18", "The image is a segmentation or a computed map, not what the scanner measured.",
               "Choose another series with --series; `medomni ingest` lists them."),
    ErrorEntry("MED-D19", "The volume was resampled to an even, upright grid: some slices lie between real ones.",
               "The message names them; read the original series where a finding lies on one.", "warning"),
    ErrorEntry("MED-D20", "The object cannot be written beside its images.",
               "Give the folder that the volume was read from; a resampled volume has no images of its own."),
    ErrorEntry("MED-D21", "The zip or DICOMDIR cannot be used.",
               "Copy the files into a folder and give that; nothing was written outside the temporary folder."),
    ErrorEntry("MED-D22", "The slices lie further apart than they are thick.",
               "What lies between them was not seen; where the scanner made more slices, fetch the others too.",
               "warning"),
    ErrorEntry("MED-D28", "A concatenation does not state how many parts it has.",
               "Compare how many files the archive holds of it: where the last ones are missing, slices are.",
               "warning"),
    ErrorEntry("MED-D27", "A single slice does not state its thickness: 1 mm is assumed.",
               "Its volumes are not to be used; lengths within the slice are right. Export it with Slice Thickness.",
               "warning"),
    ErrorEntry("MED-D26", "Several slices have one SOP instance UID.",
               "The volume is right by its positions; SEG, SR and PDF, which refer to its images, cannot be written.",
               "warning"),
    ErrorEntry("MED-D25", "The images were compressed with loss.",
               "Fetch the originals where values matter: densities, and small or faint findings, may differ from them.",
               "warning"),
    ErrorEntry("MED-D24", "Slices of several times or settings alternate in one volume.",
               "Look at it: MR that is taken in packages is like that; two phases of a moving organ, or two "
               "weightings, are no one volume.", "warning"),
    ErrorEntry("MED-D23", "The unit of a CT is not stated as Hounsfield units, and was taken as them.",
               "Compare air (-1000) and water (0) in the pictures; export the series with Rescale Type HU.", "warning"),
    ErrorEntry("MED-D29", "A NIfTI file states two places in space that differ, and the sform was taken.",
               "Compare lengths and sides with the images it was made from; write the file with one place.", "warning"),
    # --- N: network (PACS, DICOMweb) and the inbox ------------------------------------------------------
    ErrorEntry("MED-N01", "The PACS does not answer or takes no association.",
               "Check host, port and both AE titles, that this machine is known there, and with TLS both "
               "certificates."),
    ErrorEntry("MED-N02", "The receiver cannot have this address or port.",
               "Give another one with --host or --port, or end the program that holds it."),
    ErrorEntry("MED-N03", "What was received is no DICOM instance that can be told from others.",
               "Nothing was stored and the sender was told; look at the object in the PACS."),
    ErrorEntry("MED-N04", "A TLS certificate or key cannot be used.",
               "Give PEM files: a certificate, its own unencrypted key, and the authority of the other side."),
    ErrorEntry("MED-N05", "The PACS did not deliver all of what was asked for.",
               "What arrived is kept; give the command again for the rest, and see the log of the PACS."),
    ErrorEntry("MED-N06", "The index of the inbox cannot be read.",
               "End what uses the inbox, move index.sqlite and the files beside it of that name away, and start again: "
               "it is made anew from the stored files."),
    ErrorEntry("MED-N07", "An instance came again with other content.",
               "The first one is kept in its place, the other in the folder conflicts of the inbox: compare them, and "
               "mend the system that uses one UID twice.", "warning"),
    ErrorEntry("MED-N08", "A caller was turned away.",
               "If it may send, add its AE title with --allow, and have it call the receiver by its AE title; with TLS "
               "it needs a certificate of the authority that --tls-ca names.",
               "warning"),
    # --- P: privacy ------------------------------------------------------------------------------------
    ErrorEntry("MED-P01", "The table of the confidentiality profile is not the one that is known.",
               "Install the version of dicom-anonymizer that pyproject.toml names; nothing was written."),
    ErrorEntry("MED-P02", "The project key cannot be used.",
               "Give a file with at least 32 hexadecimal digits, the same at every hospital of the project."),
    ErrorEntry("MED-P03", "The output folder holds the result of other options, another key, or something else.",
               "Choose an empty folder, or give the options and the key of the run that is to go on."),
    ErrorEntry("MED-P04", "Files were not de-identified and are not in the output.",
               "See the reasons in the report; structured reports, presentation states and documents must be handed on "
               "by another way, or not at all.", "warning"),
    ErrorEntry("MED-P05", "The verifier withdrew files: an identifier may be left in them.",
               "They are not in the output. See the reasons in the report; do not hand the originals on instead."),
    ErrorEntry("MED-P06", "There is no detector of text, and there are images whose pixels must be searched for it.",
               "Install the extra with the line that the message gives."),
    ErrorEntry("MED-P07", "The output lies inside the input, or the input inside the output.",
               "Choose an output folder apart from the originals."),
    ErrorEntry("MED-P08", "Not one file could be de-identified.",
               "See the reasons in the report of the output folder."),
    ErrorEntry("MED-P09", "A face may be left in series that were written.",
               "Look at the series that the message names, and delete them from the output; do not hand them on."),
    # --- S: segmentation and findings -----------------------------------------------------------------
    ErrorEntry("MED-S01", "The field of view does not hold both lungs: what depends on them was not assessed.",
               "Use a chest series; the page shows these organs as not assessed.", "warning"),
    ErrorEntry("MED-S02", "The segmentation has another geometry than the volume.",
               "Resample the mask onto the volume or pass the series that it was made from."),
    ErrorEntry("MED-S03", "A condition for a measurement is not met.",
               "The finding is not assessable in this study; the message names the condition.", "warning"),
    ErrorEntry("MED-S04", "The volume is empty or constant.",
               "Check the export; there is nothing to measure."),
    ErrorEntry("MED-S05", "The segmenter named is not installed or not known.",
               "Choose one of the names in the message, or install the plug-in."),
    ErrorEntry("MED-S06", "The aorta could not be followed: it is not labelled and its width is not assessed.",
               "Look at the mediastinum yourself; a tortuous aorta, one beside airless lung, or a short field of view "
               "hides it from the rules.", "warning"),
    ErrorEntry("MED-S07", "The fissures are not seen: the lobes of that lung are not labelled.",
               "Slices of at most 2.5 mm show them; a lobe that is named all the same is an estimate from the place.",
               "warning"),
    ErrorEntry("MED-S08", "Vertebrae are not told apart, or have a number and no name.",
               "Slices of at most 3 mm show the discs; count the levels yourself before a level is named in a report.",
               "warning"),
    ErrorEntry("MED-S09", "Liver and heart lie mirrored: situs inversus, or the images state wrong sides.",
               "Compare with the patient and with other images before a side is reported; situs inversus is rare. "
               "Sides are those that the images state, and lobes are not named.", "warning"),
    ErrorEntry("MED-S10", "The weights of a segmenter are not on this machine; nothing is downloaded by itself.",
               "Do the step that the message gives, on a machine with a network, and name the folder or file."),
    ErrorEntry("MED-S11", "Masks made elsewhere, or the table of their labels, cannot be used.",
               "Give a DICOM SEG of this series, or a NIfTI label map with a table (value,anatomy_id,side); see "
               "docs/how-to/segmenters.md."),
    ErrorEntry("MED-S12", "Masks made elsewhere say less than a label map needs, or more than it can hold.",
               "Look at the outlines; state sides and anatomy in the SEG's codes or in the table of the labels.",
               "warning"),
    ErrorEntry("MED-S30", "A study cannot be compared with the earlier one: they could not be laid on one another.",
               "Give two chest CTs of the same patient that show both lungs; resample tilted ones. Nothing is said of "
               "change without it.", "warning"),
    ErrorEntry("MED-S31", "The earlier study is another patient's, is not earlier, or is the study itself.",
               "Give an earlier study of the same patient; the headers' patient numbers and dates were compared."),
    ErrorEntry("MED-S13", "A segmenter's own package or bundle failed, or gave what cannot be used.",
               "Run it by itself on the series to see its message, or choose another segmenter."),
    ErrorEntry("MED-S20", "A condition for a quantitative score is not met, or the images do not state it.",
               "Use a series as the message wants it (kernel, slice thickness, tube voltage, contrast, ECG gating, "
               "inspiration), see docs/explanation/scores.md; what is not stated is never assumed.", "warning"),
    ErrorEntry("MED-S21", "A radiograph's view or side does not allow a measurement, or it is not made on radiographs.",
               "Use a PA view whose header states the patient's side (Patient Orientation); nothing is assumed from "
               "how a picture usually hangs.", "warning"),
    ErrorEntry("MED-S22", "The lungs or the heart's borders are not told for certain on a radiograph.",
               "Look at the picture: rotation, opacity or a cut view hide borders; the finding is not assessable.",
               "warning"),
    # --- Q: quality of the images ---------------------------------------------------------------------
    ErrorEntry("MED-Q01", "The patient moved or breathed while the images were taken.",
               "Look at the borders of lungs and body from slice to slice; findings carry less confidence. Use another "
               "series or scan again.", "warning"),
    ErrorEntry("MED-Q02", "The images are noisy.",
               "Use a softer kernel or thicker slices of the same scan; small and faint findings may be missed.",
               "warning"),
    ErrorEntry("MED-Q03", "The field of view cuts the lungs or much of the body sideways.",
               "Have the scan reconstructed with a larger field of view; what lies outside was not assessed.",
               "warning"),
    ErrorEntry("MED-Q04", "The values are not plausible Hounsfield units: cut off at a window, shifted or grey values.",
               "Export the original series with its rescale slope and intercept, not a picture of it.", "warning"),
    ErrorEntry("MED-Q05", "The lung apices are missing or cut.",
               "Use a series that begins above them; what lies there was not assessed.", "warning"),
    ErrorEntry("MED-Q06", "The lung bases are missing or cut.",
               "Use a series that ends below them; what lies there was not assessed.", "warning"),
    ErrorEntry("MED-Q07", "Metal throws streaks over a part of the slices.",
               "Use a series with metal artefact reduction; compare findings near the metal with the images.",
               "warning"),
    ErrorEntry("MED-Q08", "The slices lie far apart.",
               "Use the thin slices of the same scan; what is smaller than a slice may be missed.", "warning"),
    ErrorEntry("MED-Q09", "There are few slices.",
               "Use the whole series; fewer slices than the model has slabs tell it less.", "warning"),
    ErrorEntry("MED-Q10", "Whether a face is left in these images cannot be told from them.",
               "Give a head CT from above its top to below the mouth; treat the images as showing a face until then.",
               "warning"),
    # --- K: knowledge and check -----------------------------------------------------------------------
    ErrorEntry("MED-K01", "The report is in a language that the checker does not read.",
               "English and Chinese are read; translate the report or leave it unchecked."),
    ErrorEntry("MED-K02", "The report is empty.",
               "Give a report with at least one sentence."),
    ErrorEntry("MED-K03", "The knowledge graph is not sound.",
               "Run the tests of medomni/knowledge; the message names the row."),
    ErrorEntry("MED-K04", "The report is not text.",
               "Give a UTF-8 text file; binary files and other encodings are refused."),
    # --- M: model, training, generation ---------------------------------------------------------------
    ErrorEntry("MED-M01", "The adapter belongs to another base model.",
               "Load the base whose hash the message names."),
    ErrorEntry("MED-M02", "The adapters do not cover what the configuration asks for.",
               "Correct `adapter.targets`; the message lists the missing and the surplus weights."),
    ErrorEntry("MED-M03", "The checkpoint belongs to another plan.",
               "Use the configuration that the run was started with, or give a new output folder."),
    ErrorEntry("MED-M04", "The loss is not finite.",
               "Lower the learning rate; the last good checkpoint is kept."),
    ErrorEntry("MED-M05", "The model folder is incomplete or not a supported architecture.",
               "Give a folder with config.json, tokenizer and safetensors of a Qwen Omni Thinker."),
    ErrorEntry("MED-M06", "Placeholders and features do not match.",
               "The batch was refused before the forward pass; rebuild the cases with this version."),
    ErrorEntry("MED-M07", "The prompt does not fit the context of the model.",
               "Shorten the history or lower `data.slabs.slices`; nothing is cut silently."),
    ErrorEntry("MED-M08", "A weights file is truncated or damaged.",
               "Fetch or build the file again; its hash does not match."),
    ErrorEntry("MED-M09", "A patient is in two splits.",
               "Split by patient; the message counts the patients that overlap."),
    # --- F: federation --------------------------------------------------------------------------------
    ErrorEntry("MED-F01", "The federated part is not installed.",
               "Install it with: pip install medomni-federated"),
    ErrorEntry("MED-F02", "A site's update was refused.",
               "See the reason code: schema, count, finiteness or norm."),
    ErrorEntry("MED-F03", "A round ended without enough sites.",
               "Mend or start the missing sites and give the command again: finished rounds are kept, and this one is "
               "run anew, never averaged over fewer."),
    ErrorEntry("MED-F04", "A federated process did not start or ended early.",
               "See the log file that the message names."),
    ErrorEntry("MED-F05", "Another federation runs in this folder.",
               "Wait for it or end it, or choose another output folder."),
    # --- P: privacy, texts -----------------------------------------------------------------------------
    ErrorEntry("MED-P11", "No study is named.",
               "Give a study key (16 hexadecimal digits, as findings.json has it), a StudyInstanceUID, or the study's "
               "DICOM folder."),
    ErrorEntry("MED-P12", "The folder holds more than one study.",
               "Give the folder of one study, its key or its StudyInstanceUID; the message counts the studies."),
    ErrorEntry("MED-P13", "A store of verdicts cannot be changed.",
               "End the review server that holds it and give the command again: it finishes."),
    ErrorEntry("MED-P14", "The file is not the proof of this study.",
               "Give another file with --proof, or move this one away."),
    ErrorEntry("MED-P15", "Nothing of the study was found.",
               "Check the UID or key that was given, the folders, and that the site key is that of the stores.",
               "warning"),
    ErrorEntry("MED-P16", "An inbox is in use.",
               "End what uses it (`medomni pacs receive`, `get`) and give the command again: a receiver could store "
               "the study anew behind the proof."),
    # --- R: review ------------------------------------------------------------------------------------
    ErrorEntry("MED-R01", "The verdict was written by someone else meanwhile.",
               "Reload the study and decide again; both decisions are kept in the history."),
    ErrorEntry("MED-R02", "A rejection needs a reason.",
               "Choose or write a reason."),
    ErrorEntry("MED-R03", "The folder holds no finished study.",
               "Run `medomni report` first and give its output folder."),
    ErrorEntry("MED-R04", "The review server only binds loopback without TLS and authentication.",
               "Use 127.0.0.1, or put a reverse proxy with TLS and login in front."),
    ErrorEntry("MED-R05", "The review server cannot have this port.",
               "Give another one with --port, from 1024 to 65535, or end the server that holds it."),
    ErrorEntry("MED-R07", "The chain of verdicts is broken: one was changed or is missing.",
               "Restore verdicts.sqlite from a copy, or move it away and judge anew; nothing is added to it."),
    ErrorEntry("MED-R06", "The file of verdicts cannot be read.",
               "Keep it, give the review another folder, and restore verdicts.sqlite from a backup."),
]

CATALOGUE: dict[str, ErrorEntry] = {e.code: e for e in _ENTRIES}


HERE = {".": "the current folder", "..": "the folder above the current one"}
"""What a message calls a place that is nothing but dots."""


class MedomniError(Exception):
    """A coded error.

    Args:
        code: a key of :data:`CATALOGUE`.
        detail: what exactly was found, without any header content that could identify a patient.
        where: the file, key or place.

    Raises:
        KeyError: when the code is not in the catalogue (a programming error, found by the tests).
    """

    def __init__(self, code: str, detail: str = "", *, where: object = None) -> None:
        entry = CATALOGUE[code]
        self.code, self.detail, self.remedy = code, detail, entry.remedy
        self.where = None if where is None else str(where)
        parts = [f"{code}: {entry.title}"]
        if self.where:
            parts.append(f"Where: {HERE.get(self.where, self.where)}.")
        if detail:
            parts.append(detail if detail.endswith((".", "!", "?")) else detail + ".")
        parts.append(f"Remedy: {entry.remedy}")
        super().__init__(" ".join(parts))

    def __reduce__(self) -> tuple:
        return (_rebuild, (self.code, self.detail, self.where))


def _rebuild(code: str, detail: str, where: str | None) -> MedomniError:
    return MedomniError(code, detail, where=where)


def why(exc: ValueError) -> str:
    """What a record's validation found wrong first: the field and the rule, never the value, which may be a name."""
    from pydantic_core import ValidationError

    found = exc.errors(include_url=False, include_input=False) if isinstance(exc, ValidationError) else []
    if not found:
        return str(exc).splitlines()[0]
    return f"{'.'.join(map(str, found[0]['loc'])) or 'the record'}: {found[0]['msg']}"


def errors_page() -> str:
    """The text of ``docs/errors.md``."""
    lines = ["# Errors and warnings", "",
             "Generated from `medomni/errors.py` by `python -m medomni.errors > docs/errors.md`.",
             "An *error* stops the job and loses nothing; a *warning* is kept in the study's record and shown on",
             "its page.", ""]
    lines += ["| code | kind | what happened | what to do |", "|---|---|---|---|"]
    lines += [f"| {e.code} | {e.kind} | {e.title} | {e.remedy} |" for e in _ENTRIES]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(errors_page(), end="")
