"""Resolving: the settings that follow from options, the environment, a TOML file and defaults, in this order.

What cannot be used is refused as `SettingError`, which names the option and where its value came from.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipelines.stream import kinds
from pipelines.stream.settings import OPTIONS, VARIABLES, Settings, spelled, variable


class SettingError(Exception):
    """A setting that cannot be used: which one, who wrote it, and what to write instead."""


_BY_SPELLING: Final = {spelled(name): name for name in OPTIONS}
_BY_VARIABLE: Final = {variable(name): name for name in OPTIONS}
CONFIG: Final = f"{VARIABLES}CONFIG"


def _nearest(word: str, known: Mapping[str, str]) -> str:
    close = difflib.get_close_matches(word, known, 1, 0.6)
    return f"did you mean {close[0]}?" if close else "it is not known"


def _read_file(path: Path) -> dict[str, tuple[object, str]]:
    """The values of a TOML file, with where they stand."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"--config {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"--config {path} is not TOML: {error}") from None
    table = found.get("stream", {})
    if not isinstance(table, dict):
        raise SettingError(f"{path}: [stream] is a table of settings")
    values = {}
    for key, value in table.items():
        name = _BY_SPELLING.get(key.replace("_", "-"))
        if name is None:
            raise SettingError(f"{key} in [stream] of {path}: {_nearest(key.replace('_', '-'), _BY_SPELLING)}")
        values[name] = (value, f"{key} in {path}")
    return values


def _read_environment(environment: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    """The values of our variables, and of those by which others know the same."""
    values: dict[str, tuple[object, str]] = {}
    for word, value in environment.items():
        if word.startswith(VARIABLES) and word != CONFIG:
            name = _BY_VARIABLE.get(word)
            if name is None:
                raise SettingError(f"{word} in the environment: {_nearest(word, _BY_VARIABLE)}")
            values[name] = (value, f"{word} in the environment")
    return values


def _read_others(environment: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    values: dict[str, tuple[object, str]] = {}
    for name, option in OPTIONS.items():
        for word in reversed(option.also):
            if environment.get(word):
                values[name] = (environment[word], f"{word} in the environment")
    return values


def resolve(
    options: Mapping[str, object], environment: Mapping[str, str], *, needed: tuple[str, ...] = ("watch", "bucket")
) -> Settings:
    """The settings that follow: the first of option, environment, file, a variable that others use too, default."""
    config = options.get("config") or environment.get(CONFIG)
    layers = [
        _read_others(environment),
        _read_file(Path(str(config))) if config else {},
        _read_environment(environment),
        {name: (value, f"--{spelled(name)}") for name, value in options.items() if name in OPTIONS},
    ]
    chosen: dict[str, tuple[object, str]] = {}
    for layer in layers:
        chosen.update(layer)

    values: dict[str, Any] = {}
    for name, (given, source) in chosen.items():
        try:
            values[name] = OPTIONS[name].kind(given)
        except ValueError as error:
            raise SettingError(_refused(name, given, source, str(error))) from None
    settings = replace(Settings(), **values, sources={name: source for name, (_, source) in chosen.items()})
    _check(settings, needed)
    return settings


def _refused(name: str, given: object, source: str, why: str) -> str:
    """What is wrong with one value; a secret is not repeated."""
    hidden = OPTIONS[name].kind is kinds.secret
    shown = "***" if hidden else kinds.without_secret(repr(given))
    where = source if source.startswith("--") else f"--{spelled(name)}, from {source}"
    return f"{where}: {shown} cannot be used; {why}"


def _check(settings: Settings, needed: tuple[str, ...]) -> None:
    """What no single value can tell."""

    def said(name: str) -> str:
        return f"--{spelled(name)} (from {settings.sources.get(name, 'its default')})"

    for name in needed:
        if not getattr(settings, name):
            raise SettingError(
                f"--{spelled(name)} is needed; give it, or {variable(name)}, or {spelled(name)} in --config"
            )
    rules: list[tuple[bool, Callable[[], str]]] = [
        (
            (settings.s3_access_key is None) == (settings.s3_secret_key is None),
            lambda: "--s3-access-key and --s3-secret-key belong together; one of them is missing",
        ),
        (
            settings.admin is None or settings.admin.loopback or settings.admin_token is not None,
            lambda: (
                f"{said('admin')} can be reached from elsewhere; give --admin-token as well, or listen on 127.0.0.1"
            ),
        ),
        (
            settings.idle_timeout_s >= settings.settle_s,
            lambda: f"{said('idle_timeout_s')} is shorter than {said('settle_s')}",
        ),
        (
            not settings.embedded or not {"s3_endpoint", "redis"} & _own(settings),
            lambda: "--embedded brings an S3 and a Redis of its own; leave --s3-endpoint and --redis out",
        ),
        (
            not (settings.embedded and settings.watch) or not settings.data.absolute().is_relative_to(settings.watch),
            lambda: f"{said('data')} lies in {said('watch')}: what S3 keeps would be uploaded, and kept, without end",
        ),
    ]
    for holds, sentence in rules:
        if not holds:
            raise SettingError(sentence())


def _own(settings: Settings) -> set[str]:
    """The settings that were meant for us, and not found in variables that others use as well."""
    others = {word for option in OPTIONS.values() for word in option.also}
    return {name for name, source in settings.sources.items() if source.partition(" ")[0] not in others}
