"""What a configuration says of data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medomni.config import Config
from medomni.data.slabs import SlabSettings


class DataSettings(Config):
    """View and prompt.

    Attributes:
        slabs: what the model sees.
        facts: share of training cases whose prompt carries the measured facts; the others learn from the images.
        context: most tokens of prompt and report together; nothing is cut silently.
    """

    slabs: SlabSettings = SlabSettings()
    facts: Annotated[float, Field(ge=0, le=1)] = 0.35
    context: Annotated[int, Field(ge=128)] = 512
