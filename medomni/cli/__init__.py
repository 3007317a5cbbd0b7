"""The ``medomni`` command."""

from medomni.cli.command import app, main

__all__ = ["app", "main"]
