"""The ``medomni`` command."""

from medomni.cli.main import app, main

__all__ = ["app", "main"]
