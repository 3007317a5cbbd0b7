"""Omni models by name or path: the tiny embedded one and the Qwen Omni Thinkers go through the same code."""

from medomni.model.adapters import AdapterSettings, TargetGroup, attach_adapter, load_adapter, save_adapter
from medomni.model.build import base_bundle, build_bundle
from medomni.model.bundle import Bundle, load_bundle, save_bundle
from medomni.model.coverage import coverage_report, require_coverage
from medomni.model.settings import ModelSettings

__all__ = [
    "AdapterSettings", "Bundle", "ModelSettings", "TargetGroup", "attach_adapter", "base_bundle", "build_bundle",
    "coverage_report", "load_adapter", "load_bundle", "require_coverage", "save_adapter", "save_bundle",
]
