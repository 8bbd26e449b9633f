"""Before PlatformIO builds: selects the bundle, checks that it matches its model and generator.

The bundle is lib/model, or the folder that KWS_BUNDLE names. The check takes seconds, so it is
repeated only when one of the files has changed. Without the packages of convert the build
continues: the headers compare their hashes when they are compiled.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from SCons.Script import DefaultEnvironment, Exit, GetOption

CHECK = "python -m convert.check"
MAKE = "python -m convert.to_tflm --out FOLDER"
SOURCES = ("convert/**/*.py", "convert/**/*.j2", "train/features/**/*.py")

env = DefaultEnvironment()
project = Path(env.subst("$PROJECT_DIR"))
workspace = Path(env.subst("$PROJECT_WORKSPACE_DIR"))
checked = workspace / "bundle.checked"
given = os.environ.get("KWS_BUNDLE", "")
bundle = (project / (given or "firmware/lib/model")).resolve()


def state() -> str:
    """A hash of the bundle and of what generates it."""
    digest = hashlib.sha256(str(bundle).encode())
    paths = [path for pattern in SOURCES for path in project.glob(pattern)]
    inside = [path for path in bundle.rglob("*") if path.is_file()]
    for path in sorted([*paths, *inside]):
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def check() -> None:
    now = state()
    if checked.is_file() and checked.read_text() == now:
        return
    command = [sys.executable, "-m", "convert.check", *([str(bundle)] if given else [])]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    why = done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""
    if why.startswith(("ModuleNotFoundError", "ImportError")):
        print(f"bundle: not checked ({why}); to check it, run in .venv: {CHECK}")
    elif done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        print(
            f"bundle: out of date; to see why: {' '.join([CHECK, *command[3:]])}", file=sys.stderr
        )
        Exit(1)
    else:
        print("bundle: matches its model, front end and generator")
        checked.parent.mkdir(parents=True, exist_ok=True)
        checked.write_text(now)


def take_given() -> None:
    """Replaces lib/model by a library of another name, in a folder with nothing else."""
    if not (bundle / "manifest.json").is_file():
        print(f"KWS_BUNDLE={given}: is not a bundle; make one: {MAKE}", file=sys.stderr)
        Exit(1)
    library = workspace / "bundle" / "given"
    library.parent.mkdir(parents=True, exist_ok=True)
    library.unlink(missing_ok=True)
    library.symlink_to(bundle, target_is_directory=True)
    config, section = env.GetProjectConfig(), "env:" + env["PIOENV"]
    more = {"lib_ignore": "model", "lib_extra_dirs": str(library.parent)}
    for option, value in more.items():
        config.set(section, option, [*env.GetProjectOption(option, []), value])
    print(f"bundle: {bundle}")


def note() -> None:
    """Records the bundle for tools.board, which builds again if it was a different one. The file is
    rewritten only then, so that it is older than the program otherwise."""
    noted = Path(env.subst("$BUILD_DIR")) / "bundle.txt"
    if not noted.is_file() or noted.read_text() != str(bundle):
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(str(bundle))


if not GetOption("clean"):
    if given:
        take_given()
    check()
    note()
