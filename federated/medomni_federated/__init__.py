"""Federated rounds across hospitals: aggregation of LoRA factors, site training, and the processes on Flower."""

__version__ = "0.1.0"
