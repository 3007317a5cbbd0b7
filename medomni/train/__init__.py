"""Training with declared stages of unfreezing, loss on report tokens, and exact resume.

A recipe may add a loss on image labels (``label_loss``), as the embedded model's and the demo's do; by default none is.
"""

from medomni.train.loop import TrainResult, train
from medomni.train.settings import Blocks, Recipe, StageSettings, TrainSettings

__all__ = ["Blocks", "Recipe", "StageSettings", "TrainResult", "TrainSettings", "train"]
