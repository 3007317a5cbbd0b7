"""Frontal chest radiographs: cardiothoracic ratio and the side of an opacity, by rules, from what the header allows."""

from medomni.findings.radiograph.measure import RADIOGRAPHS, chest_radiograph, measure_radiograph

__all__ = ["RADIOGRAPHS", "chest_radiograph", "measure_radiograph"]
