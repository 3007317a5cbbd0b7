# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a DICOM folder to a checked report
#
# A **synthetic** patient is written as a real DICOM series, read back, segmented, measured, reported by the embedded
# demonstration model, and the report is held against the images. Research software, not a medical device.

# %%
import tempfile
from pathlib import Path

from IPython.display import HTML, Image, display

from medomni.phantom import reference_report, render, sample_patient, write_series

folder = Path(tempfile.mkdtemp())
patient = sample_patient(seed=4, hospital="A")
write_series(patient, render(patient), folder / "dicom")
len(list((folder / "dicom").iterdir())), patient.history

# %% [markdown]
# ## DICOM to a volume in Hounsfield units
# Slices are sorted by position; the affine maps (slice, row, column) to LPS millimetres, so left is the patient's left.

# %%
from medomni.dicom import read_study

volume = read_study(folder / "dicom")
print(volume.array.shape, volume.array.dtype, "spacing", [round(s, 2) for s in volume.spacing_mm], "mm")
print(volume.study.patient, "kernel", volume.study.kernel, "synthetic", volume.study.synthetic)

# %% [markdown]
# ## Segment and measure
# Every finding comes with what was *looked for*; what was not is *not assessable*, never absent.

# %%
from medomni.pipeline import measure_volume

study = measure_volume(volume)
for organ in study.findings.organs:
    print(organ.anatomy_id, organ.side, None if organ.volume_ml is None else round(organ.volume_ml), "ml")
for f in study.findings.findings:
    print("found:", f.finding_id, f.side, f"confidence {f.confidence:.2f}")
for c in study.findings.coverage:
    if not c.assessable:
        print("not assessable:", c.finding_id, c.side, c.reason)

# %%
from medomni.review.pictures import key_slices, slice_png

keys = key_slices(volume, study.measured.masks, study.findings)
for key in keys[:2]:
    display(Image(slice_png(volume, key.index, key.window, study.measured.masks), width=420))
    print(key.caption)

# %% [markdown]
# ## The model's report, checked
# With measured facts in the prompt the demonstration model transcribes them; contradicted sentences are corrected or
# taken back before you see them, and each change is kept.

# %%
from medomni.pipeline import load_model, report_case

bundle = load_model()
report, check = report_case(bundle, study, history=patient.history)
print(report.text)
print("\nrevisions:", [(r.before, r.after) for r in report.revisions])
print("claims:", [(c.claim.finding_id, c.claim.side, c.state) for c in check.claims])

# %% [markdown]
# ## Hold any report against the images
# The reference report with one side turned round:

# %%
from medomni.pipeline import check_study

wrong = reference_report(patient).replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
turned, result = check_study(wrong, study)
print(turned.text)
for flag in result.flags:
    print(flag.severity, flag.code, flag.message.en, flag.message.zh)

# %% [markdown]
# ## The page
# The same page that `medomni report` leaves beside its files.

# %%
from medomni.pipeline import write_study

write_study(folder / "out", study, turned, result)
page = folder / "out" / "report.html"
HTML(f"<p>written: {page.name}, {page.stat().st_size // 1000} kB</p>")
