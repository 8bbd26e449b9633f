"""SCons script with which PlatformIO builds for the emulated board.

`upload` runs the program, whose serial port is this terminal. With KWS_MICROPHONE=FILE in the
environment (WAV, or raw and little-endian; mono, 16 bits, at the bundle's rate, usually 16 kHz) the
board's microphone plays that file, and the run ends two seconds after it.
"""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
core = Path(env.PioPlatform().get_dir()) / "core"
machine = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"]

env.Replace(
    AR="arm-none-eabi-ar",
    AS="arm-none-eabi-as",
    CC="arm-none-eabi-gcc",
    CXX="arm-none-eabi-g++",
    LINK="arm-none-eabi-gcc",  # the C++ library is not used
    OBJCOPY="arm-none-eabi-objcopy",
    RANLIB="arm-none-eabi-ranlib",
    SIZETOOL="arm-none-eabi-size",
    SIZEPROGREGEXP=r"^(?:\.text|\.data|\.ARM\.exidx)\s+(\d+).*",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss)\s+(\d+).*",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
)
env.Append(
    CCFLAGS=[*machine, "-O2", "-ffunction-sections", "-fdata-sections"],
    CFLAGS=["-std=gnu99"],
    CXXFLAGS=[
        "-std=gnu++17",
        "-fno-exceptions",
        "-fno-rtti",
        "-fno-threadsafe-statics",
        "-fno-use-cxa-atexit",
    ],
    CPPDEFINES=["KWS_BOARD_EMULATOR"],
    CPPPATH=[str(core)],
    LINKFLAGS=[
        *machine,
        "-nostartfiles",
        "--specs=nosys.specs",
        "-Wl,--gc-sections",
        "-Wl,-Map,$BUILD_DIR/firmware.map",
        "-T",
        str(core / "link.ld"),
    ],
)
env.Append(PIOBUILDFILES=env.CollectBuildFiles("$BUILD_DIR/core", str(core)))

program = env.BuildProgram()


def rate_of(bundle):
    """The sample rate of a bundle's front end."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    return manifest["frontend"]["sample_rate"]


def samples_of(path, rate):
    """16-bit samples of a recording, as the emulated microphone reads them."""
    if path.suffix == ".raw":
        return path.read_bytes()
    with wave.open(str(path)) as recording:
        if recording.getparams()[:3] != (1, 2, rate):
            raise ValueError(f"must be mono, 16 bits, {rate:,} Hz")
        return recording.readframes(recording.getnframes())


def run(source, target, env):
    microphone = os.environ.get("KWS_MICROPHONE")
    folder = Path(env.subst("$BUILD_DIR"))
    played = folder / "microphone.raw"
    played.unlink(missing_ok=True)
    semihosting = "enable=on,target=native"
    if microphone:
        try:
            rate = rate_of(Path((folder / "bundle.txt").read_text()))  # by firmware/prebuild.py
            played.write_bytes(samples_of(Path(microphone), rate))
        except (OSError, EOFError, ValueError, KeyError, wave.Error) as error:
            print(f"KWS_MICROPHONE={microphone}: {error}", file=sys.stderr)
            return 1
        semihosting += ",arg=firmware,arg=once"
    command = [
        "qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none",
        "-serial", "stdio", "-icount", "shift=4" + (",sleep=off" if microphone else ""),
        "-semihosting-config", semihosting, "-kernel", program[0].get_abspath(),
    ]  # fmt: skip
    sys.stdout.flush()
    done = subprocess.run(command, cwd=folder, check=False)
    return done.returncode


upload = env.Alias("upload", program, env.VerboseAction(run, "Running $SOURCE in QEMU"))
AlwaysBuild(upload)
size = env.Alias("size", program, env.VerboseAction("$SIZEPRINTCMD", "Size of $SOURCE"))
AlwaysBuild(size)
Default([program])
