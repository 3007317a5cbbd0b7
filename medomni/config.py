"""YAML to one typed tree. An unknown key is an error that lists the known ones; nothing is guessed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from medomni.errors import MedomniError

__all__ = ["Config", "config_hash", "load_config", "parse_config"]


class Config(BaseModel):
    """Base of every configuration model: frozen, refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


C = TypeVar("C", bound=BaseModel)


def parse_config(data: object, schema: type[C], where: str = "configuration") -> C:
    """Validate a parsed mapping.

    Raises:
        MedomniError: MED-C01 for an unknown key (with the known ones), MED-C03 for a bad value.
    """
    try:
        return schema.model_validate(data)
    except ValidationError as exc:
        first = next((e for e in exc.errors() if e["type"] == "extra_forbidden"), exc.errors()[0])  # a misspelt key
        key = ".".join(str(p) for p in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(_known_keys(schema, first["loc"][:-1])))
            raise MedomniError("MED-C01", f"Unknown key `{key}`; known here: {known}", where=where) from exc
        raise MedomniError("MED-C03", f"`{key}`: {first['msg']}", where=where) from exc


def _known_keys(schema: type[BaseModel], loc: tuple) -> list[str]:
    current: object = schema
    for part in loc:
        if isinstance(part, int):
            continue
        if isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            annotation = current.model_fields[str(part)].annotation
            models = [a for a in (annotation, *getattr(annotation, "__args__", ())) if _is_model(a)]
            current = models[0] if models else None
    return list(getattr(current, "model_fields", {})) if _is_model(current) else []


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def load_config(path: Path | str, schema: type[C]) -> C:
    """Read a YAML file into ``schema``.

    Raises:
        MedomniError: MED-C08 when absent, MED-C02 when not YAML, MED-C01 or MED-C03 as :func:`parse_config`.
    """
    path = Path(path)
    if not path.is_file():
        raise MedomniError("MED-C08", where=path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as exc:
        raise MedomniError("MED-C02", f"byte {exc.start} is not UTF-8", where=path) from None
    except yaml.YAMLError as exc:  # its text quotes the line, which may be a report's where the file was mistaken
        mark = getattr(exc, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise MedomniError("MED-C02", place + (getattr(exc, "problem", None) or "not readable"), where=path) from None
    if data is not None and not isinstance(data, dict):
        raise MedomniError("MED-C03", "keys with values were expected", where=path)
    return parse_config(data or {}, schema, where=str(path))


def config_hash(config: BaseModel) -> str:
    """SHA-256 of the canonical JSON of a configuration."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()
