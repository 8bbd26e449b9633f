"""Prints the front end's tables as C: `python -m convert.frontend_tables CONFIG.json FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from convert.rendering import rendered
from train.command import CommandParser
from train.errors import ConfigError
from train.features.tables import FRONTEND_VERSION, build_tables
from train.settings.frontend import FrontendConfig

COMMAND = "python -m convert.frontend_tables"
FILES = ("kws_frontend_tables.h", "kws_frontend_tables.c")
CTYPES = {np.dtype(np.int32): "int32_t", np.dtype(np.uint16): "uint16_t"}


def render(config: FrontendConfig) -> dict[str, str]:
    """File name to text for one configuration, reproducible to the byte."""
    tables = vars(build_tables(config))
    arrays = [
        (name, CTYPES[value.dtype], [_literal(v) for v in value.ravel().tolist()])
        for name, value in tables.items()
        if isinstance(value, np.ndarray)
    ]
    fields = [
        (name, name if isinstance(value, np.ndarray) else _literal(value))
        for name, value in tables.items()
    ]
    values = {
        "config": config, "arrays": arrays, "fields": fields, "command": COMMAND,
        "version": FRONTEND_VERSION,
    }  # fmt: skip
    return rendered(FILES, values)


def write(config: FrontendConfig, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render(config).items():
        (folder / name).write_text(text)


def _literal(value: int) -> str:
    return str(value)


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        "config", type=Path, help="a JSON object of front-end fields; {} is the default front end"
    )
    parser.add_argument("folder", type=Path, help="folder for kws_frontend_tables.c and .h")
    options = parser.parse_args(arguments)
    try:
        write(FrontendConfig.from_dict(json.loads(options.config.read_text())), options.folder)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, ConfigError) as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
