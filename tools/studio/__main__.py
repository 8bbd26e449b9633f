"""`python -m tools.studio`: a page in the browser to listen, inspect, compare and record.

It runs the firmware's own C on the microphone or on WAV files; no audio leaves this computer.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import threading
import webbrowser
from pathlib import Path

from convert.options import bundle_option
from tools.studio import review
from tools.studio.clips import ClipFolder
from tools.studio.errors import StudioError
from tools.studio.export import export
from tools.studio.routes import Studio
from tools.studio.server import StudioServer
from tools.studio.wasm import build_wasm
from train import RUNS
from train.command import CommandParser, run_command
from train.errors import CompilerError, DataError

ERRORS = (StudioError, DataError, CompilerError)
DATA = Path("recordings")
PORT = 8765


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(lambda: _studio(options), ERRORS, "recorded clips are kept")


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m tools.studio",
        description=__doc__,
        epilog="example: python -m tools.studio --data my-recordings\n"
        "then:    python -m train.kws --preset digits --data my-recordings",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER",
        help=f"the folder that clips are recorded into (default: {DATA})",
    )  # fmt: skip
    bundle_option(parser, "the bundle to run")
    parser.add_argument(
        "--runs",
        type=Path,
        default=RUNS,
        help=f"the folder of runs whose reports are shown (default: {RUNS})",
    )
    parser.add_argument(
        "--review", type=Path, metavar="FOLDER",
        help="a folder that a board's clips were saved to, to say by key whether it was right; "
        "see python -m tools.board watch --help",
    )  # fmt: skip
    parser.add_argument(
        "--port",
        type=_port,
        default=PORT,
        help=f"port of the server (default: {PORT}; 0: any free port)",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--export", type=Path, metavar="FILE.html",
        help="write the page with this bundle into a single file to share, and exit",
    )  # fmt: skip
    return parser


def _port(text: str) -> int:
    if (port := int(text)) and not 1024 <= port <= 65535:
        raise argparse.ArgumentTypeError("give 1024 to 65535, or 0")
    return port


def _studio(options: argparse.Namespace) -> int:
    wasm = build_wasm(options.bundle).read_bytes()
    if options.export:
        size = export(wasm, options.export)
        print(f"{options.export}: {size:,} bytes; it works without a server or network")
        return 0
    if options.review:
        review.check(options.review)
    studio = Studio(
        ClipFolder(options.data), options.runs, wasm, secrets.token_urlsafe(32), options.review
    )
    with StudioServer(studio, options.port) as server:
        url = server.url + ("#review" if options.review else "")
        print(f"the studio is at {url} (Ctrl-C stops it)", flush=True)
        if not options.no_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        server.serve_forever()
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    sys.exit(main())
