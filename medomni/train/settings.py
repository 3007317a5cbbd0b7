"""What a configuration says of training: stages, which blocks each one opens, at which rate, until when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from medomni.config import Config
from medomni.data.settings import DataSettings
from medomni.model.adapters import AdapterSettings
from medomni.model.settings import ModelSettings


class Blocks(Config):
    """A run of blocks of one part.

    Attributes:
        part: which part; ``all`` for every part.
        start: ``top`` counts from the output side, ``shallow`` from the input side.
        count: number of blocks, or None for all of them. Aligner and head have no blocks.
        rate: factor on the stage's learning rate.
    """

    part: Literal["text", "vision", "audio", "aligner", "head", "all"]
    start: Literal["top", "shallow"] = "top"
    count: Annotated[int, Field(ge=1)] | None = None
    rate: Annotated[float, Field(gt=0)] = 1.0


class StageSettings(Config):
    """One stage of unfreezing. With adapters, a stage opens the adapters on these blocks; the base stays frozen.

    Attributes:
        steps: optimizer steps of the stage.
        words: False for a stage that trains perception alone: the text blocks do not run, the loss is the label loss.
        lr: peak learning rate; ``warmup`` steps of linear rise, then a cosine to ``floor`` x lr.
    """

    name: str
    open: tuple[Blocks, ...]
    steps: Annotated[int, Field(ge=1)]
    words: bool = True
    lr: Annotated[float, Field(gt=0)]
    warmup: Annotated[int, Field(ge=0)] = 10
    floor: Annotated[float, Field(ge=0, le=1)] = 0.1


class TrainSettings(Config):
    """The loop.

    Attributes:
        batch: cases a step.
        bucket: batches that are sorted by length together.
        checkpoint_every: steps between checkpoints.
        threads: torch threads; fixed, since the sum order depends on it.
        precision: ``bfloat16`` runs matrix products under autocast; weights and Adam stay float32.
        label_loss: weight of the perception loss (see :mod:`medomni.train.perception`); its head starts
            from the model's own where it has one.
        noise_hu, shift_px: augmentation that changes no fact: noise up to this SD, shifts up to this many pixels.
        mirror: share of cases that are shown mirrored, with left and right exchanged in words and labels.
    """

    stages: Annotated[tuple[StageSettings, ...], Field(min_length=1)]
    batch: Annotated[int, Field(ge=1)] = 16
    bucket: Annotated[int, Field(ge=1)] = 8
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip: Annotated[float, Field(gt=0)] = 1.0
    checkpoint_every: Annotated[int, Field(ge=1)] = 50
    seed: int = 0
    threads: Annotated[int, Field(ge=1)] = 2
    precision: Literal["float32", "bfloat16"] = "float32"
    label_loss: Annotated[float, Field(ge=0)] = 0.0
    noise_hu: Annotated[float, Field(ge=0)] = 0.0
    shift_px: Annotated[int, Field(ge=0)] = 0
    mirror: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _something_to_learn(self) -> TrainSettings:
        for stage in self.stages:
            if not stage.words and not self.label_loss:
                raise ValueError(f"stage {stage.name} has words: false, which needs label_loss > 0")
        return self


class Recipe(Config):
    """A whole configuration file of ``medomni pretrain`` and ``medomni train``."""

    name: str
    model: ModelSettings = ModelSettings()
    adapter: AdapterSettings | None = None
    data: DataSettings = DataSettings()
    train: TrainSettings
