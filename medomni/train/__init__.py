"""Training with declared stages of unfreezing, loss on report tokens only, and exact resume."""

from medomni.train.loop import TrainResult, train
from medomni.train.settings import Blocks, Recipe, StageSettings, TrainSettings

__all__ = ["Blocks", "Recipe", "StageSettings", "TrainResult", "TrainSettings", "train"]
