"""B3: reading speed and memory against the peers; see :mod:`benchmarks.dicom_load`."""

from benchmarks.dicom_load import run

__all__ = ["run"]
