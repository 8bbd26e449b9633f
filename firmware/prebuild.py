"""Before PlatformIO builds: does the bundle in lib/model still belong to its model and generator?

It takes seconds, so it is asked again only when one of the files has changed. Without the packages
of convert the build goes on: each header compares its hash with the others' when it is compiled.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from SCons.Script import DefaultEnvironment, Exit, GetOption

CHECK = "python -m convert.check"
SOURCES = ("firmware/lib/model/*", "convert/**/*.py", "convert/**/*.j2", "train/features/**/*.py")

env = DefaultEnvironment()
project = Path(env.subst("$PROJECT_DIR"))
checked = Path(env.subst("$PROJECT_WORKSPACE_DIR")) / "bundle.checked"


def state() -> str:
    """Of the bundle and of what generates it."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in project.glob(pattern)):
        digest.update(str(path.relative_to(project)).encode() + path.read_bytes())
    return digest.hexdigest()


def check() -> None:
    now = state()
    if checked.is_file() and checked.read_text() == now:
        return
    command = [sys.executable, "-m", "convert.check"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    why = done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""
    if why.startswith(("ModuleNotFoundError", "ImportError")):
        print(f"bundle: not checked ({why}); to check it, run in .venv: {CHECK}")
    elif done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        print(f"bundle: out of date; to see why: {CHECK}", file=sys.stderr)
        Exit(1)
    else:
        print("bundle: belongs to its model, front end and generator")
        checked.parent.mkdir(parents=True, exist_ok=True)
        checked.write_text(now)


if not GetOption("clean"):
    check()
