"""Quality of an examination's images: a volume and its labels in, a record with a weight out."""

from medomni.quality.assess import quality_of
from medomni.quality.limits import unusable

__all__ = ["quality_of", "unusable"]
