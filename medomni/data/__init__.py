"""From a measured study to what the model reads: cases, prompts, batches."""

from medomni.data.batch import Batch, collate
from medomni.data.case import Case, load_cases, save_cases, split_by_patient
from medomni.data.encode import Encoder, Example
from medomni.data.facts import fact_lines
from medomni.data.places import LABELS, finding_places, label_of
from medomni.data.sampler import BatchPlan
from medomni.data.settings import DataSettings
from medomni.data.slabs import Slabs, SlabSettings, chest_slabs

__all__ = [
    "LABELS", "Batch", "BatchPlan", "Case", "DataSettings", "Encoder", "Example", "SlabSettings", "Slabs",
    "chest_slabs", "collate", "fact_lines", "finding_places", "label_of", "load_cases", "save_cases",
    "split_by_patient",
]
