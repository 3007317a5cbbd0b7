"""Flower glue; all logic is in the installed wheel medomni-federated."""
