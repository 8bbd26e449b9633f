"""Whether a command of a document would start: parsed by its own program, or really run."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from tools import tinykws
from train.errors import ConfigError
from train.settings import read_settings

PROJECT = Path(__file__).resolve().parents[2]
CODE = ("train", "convert", "firmware", "tools")
OTHERS = ("git clone", "sudo usermod -aG dialout", "git checkout firmware/lib/model")


class Parsed(BaseException):
    """A program has understood its arguments; it must not begin its work."""


class BadCommandError(ValueError):
    """A document has a command that would not start."""


def split(command: str) -> tuple[dict[str, str], list[str]]:
    """Settings of the environment before it, and its words; `.venv/bin/` is where they lie."""
    words = shlex.split(command)
    environment = {}
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if not words:
        raise BadCommandError("has no program")
    return environment, [words[0].removeprefix(".venv/bin/"), *words[1:]]


def parse(command: str, mentioned: bool = False) -> None:
    """Raises BadCommandError with what the command's own parser says; but for arguments that are
    missing where a command is only mentioned."""
    environment, words = split(command)
    for name in environment:
        if name not in known_variables():
            raise BadCommandError(f"nothing reads the variable {name}")
    if words[0].startswith("python") and words[1:2] == ["-m"]:
        try:
            _python(words[2], words[3:])
        except BadCommandError as error:
            if not (mentioned and "arguments are required" in str(error)):
                raise
    elif words[0] == "tinykws":
        _tinykws(words[1:])
    elif words[0] == "pio":
        _pio(words[1:])
    elif words[0] == "make":
        _make(words[1:])
    elif not command.startswith(OTHERS):
        raise BadCommandError(f"{words[0]} is not a program that documents use")


@cache
def known_variables() -> set[str]:
    sources = [path for name in CODE for path in (PROJECT / name).rglob("*.py")]
    texts = [path.read_text() for path in [*sources, PROJECT / "Makefile"]]
    return set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", "".join(texts)))


def _python(module: str, arguments: Sequence[str]) -> None:
    """The module's own main runs until argparse has understood the arguments, and no further."""
    if module in ("pytest", "venv"):
        _pytest(arguments)
        return
    if module == "dask":
        _click(_dask(arguments[0]), "python -m dask", arguments[1:])
        return
    try:
        main = _main(module)
    except ImportError as error:
        raise BadCommandError(f"python -m {module}: {error}") from error
    whole = argparse.ArgumentParser.parse_args
    said: list[str] = []

    def parse_args(self: Any, args: Any = None, namespace: Any = None) -> NoReturn:
        raise Parsed(whole(self, args, namespace))

    def refuse(self: Any, message: str) -> NoReturn:
        said.append(message)
        raise SystemExit(2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
        patch.setattr(argparse.ArgumentParser, "error", refuse)
        patch.setattr(sys, "stdout", open(os.devnull, "w"))  # noqa: PTH123, SIM115
        try:
            main(list(arguments))
        except Parsed as parsed:
            _settings(parsed.args[0])
            return
        except SystemExit as error:
            if not error.code:
                return  # --help
    raise BadCommandError(f"python -m {module}: {said[0] if said else 'reads no arguments'}")


def _tinykws(arguments: Sequence[str]) -> None:
    modules = tinykws.commands()
    name = arguments[0] if arguments else ""
    if name in modules and name != "completion":
        _python(modules[name], arguments[1:])
    elif name not in ("", "--help", "COMMAND", "completion"):
        raise BadCommandError(f"tinykws has no command {name}")


def _main(module: str) -> Any:
    found = importlib.import_module(module)
    if hasattr(found, "__path__"):
        found = importlib.import_module(f"{module}.__main__")
    return found.main


def _settings(options: argparse.Namespace) -> None:
    """Of --set, by those who know all settings."""
    if changes := getattr(options, "set", None):
        try:
            read_settings(getattr(options, "preset", "synthetic"), changes)
        except ConfigError as error:
            raise BadCommandError(str(error)) from error


def _pytest(arguments: Sequence[str]) -> None:
    for path in arguments:
        if not path.startswith("-") and not (PROJECT / path).exists():
            raise BadCommandError(f"pytest: {path} is not there")


def _pio(arguments: Sequence[str]) -> None:
    """By PlatformIO's own commands, without invoking them."""
    from platformio.__main__ import cli
    from platformio.project.config import ProjectConfig

    command, context, rest = cli, click.Context(cli), list(arguments)
    while isinstance(command, click.Group):
        name = rest.pop(0) if rest else ""
        if name not in command.list_commands(context):
            raise BadCommandError(f"pio has no command {name}")
        command = command.get_command(context, name)
    context = _click(command, "pio", rest)
    known = ProjectConfig(str(PROJECT / "platformio.ini")).envs()
    wanted = context.params.get("environment") or ()
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if name not in known:
            raise BadCommandError(f"platformio.ini has no environment {name}")


def _dask(name: str) -> click.Command:
    if name not in ("scheduler", "worker"):
        raise BadCommandError(f"documents use no python -m dask {name}")
    command: click.Command = importlib.import_module(f"distributed.cli.dask_{name}").main
    return command


def _click(command: click.Command, program: str, arguments: Sequence[str]) -> click.Context:
    """The command with its arguments understood, not invoked."""
    try:
        return command.make_context(command.name, list(arguments))
    except click.ClickException as error:
        said = " ".join((program, command.name or "", *arguments))
        raise BadCommandError(f"{said}: {error.message}") from error


def _make(arguments: Sequence[str]) -> None:
    """`make -n` says what it would do."""
    if "-n" in arguments:
        raise BadCommandError("make -n does nothing")
    done = subprocess.run(
        ["make", "-n", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BadCommandError(done.stderr.strip())


def run(command: str, folder: Path) -> None:
    """Really; FOLDER and PATH are recordings in `folder`, and what it writes goes there as well."""
    environment, words = split(command)
    words = [str(folder / "clips") if word in ("FOLDER", "PATH...") else word for word in words]
    if words[0].startswith("python"):
        words[0] = sys.executable
    elif words[0] == "tinykws":
        words[:1] = [sys.executable, "-m", "tools.tinykws"]
    elif words[0] == "make":
        words.append(f"PYTHON={sys.executable}")  # where there is no .venv
    done = subprocess.run(
        words, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise BadCommandError(f"exit code {done.returncode}: {(done.stderr or done.stdout)[-800:]}")
