#!/bin/sh
# Installs missing compilers and emulators with apt, after listing them.
# Usage: sh tools/setup/system.sh [PYTHON]
set -eu

python=${1:-python3}
"$python" -c '
import sys
version = sys.version_info
if not (3, 11) <= version < (3, 13):
    sys.exit(f"tinykws needs Python 3.11 or 3.12, this is {version.major}.{version.minor}; "
             "run: make PYTHON=python3.12 ...")
'

wanted="" # Debian packages for whatever does not work here

# builds COMPILER FLAGS...: true if a program that uses the C library compiles and links
builds() {
    printf '#include <stdint.h>\n#include <string.h>\nvoid *x(char *a, int b) { return memchr(a, b, 9); }\n' |
        "$@" -x c - -nostartfiles -Wl,--entry=x -o "$probe" 2>/dev/null
}
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT

builds gcc || wanted="$wanted gcc libc6-dev"
builds clang || wanted="$wanted clang"
builds arm-none-eabi-gcc || wanted="$wanted gcc-arm-none-eabi libnewlib-arm-none-eabi"
echo '#include <cstdint>' | arm-none-eabi-g++ -x c++ -fsyntax-only - 2>/dev/null ||
    wanted="$wanted gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib"
builds riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv32imc -mabi=ilp32 ||
    wanted="$wanted gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"

# need PROGRAM PACKAGE
need() {
    command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}

need xtensa-lx106-elf-gcc gcc-xtensa-lx106
need qemu-system-arm qemu-system-arm
need qemu-system-xtensa qemu-system-misc # also contains qemu-system-riscv32
need node nodejs
# the studio's page is tested in a real browser: Chromium or Chrome, if available
command -v google-chrome >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    need chromium chromium
"$python" -c 'import ensurepip' 2>/dev/null || wanted="$wanted $(basename "$python")-venv"

# clang's fuzzer and sanitizers are in a separate package, named by version
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' |
    clang -x c -fsanitize=fuzzer,address - -o "$probe" 2>/dev/null; then
    wanted="$wanted clang-runtime"
fi

[ -n "$wanted" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing, and apt-get is not available to install:$wanted" >&2
    exit 1
fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then
    sudo="sudo"
    command -v sudo >/dev/null 2>&1 || {
        echo "missing:$wanted; run as root: sh tools/setup/system.sh" >&2
        exit 1
    }
fi
echo "system packages: installing with ${sudo:+$sudo }apt-get:$wanted"

log=$(mktemp)
trap 'rm -f "$log" "$probe"' EXIT
quietly() {
    $sudo env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        exit 1
    }
}
quietly dpkg --configure -a # finish what an interrupted run left incomplete
quietly apt-get update
case "$wanted" in
*clang-runtime*)
    version=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
    wanted=$(echo "$wanted" | sed "s/clang-runtime/libclang-rt-$version-dev/")
    ;;
esac
# Ubuntu has no such package: there the page's tests are skipped until Chrome is installed
case "$wanted" in
*chromium*)
    if ! apt-cache show chromium >/dev/null 2>&1; then
        echo "the package chromium is not available; install Chrome to test the studio's page" >&2
        wanted=$(echo "$wanted" | sed "s/ chromium//")
        [ -n "$wanted" ] || exit 0
    fi
    ;;
esac
# shellcheck disable=SC2086 # a list of packages
quietly apt-get install -y --no-install-recommends $wanted
