#!/bin/sh
# Installs the compilers and emulators that are missing, with apt, and says so first.
set -eu

wanted="" # Debian packages, for the programs that are not here

need() { # need PROGRAM PACKAGE...
    program=$1
    shift
    command -v "$program" >/dev/null 2>&1 || wanted="$wanted $*"
}

need gcc gcc libc6-dev
need clang clang
need arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
need riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
need xtensa-lx106-elf-gcc gcc-xtensa-lx106
need qemu-system-arm qemu-system-arm
need qemu-system-xtensa qemu-system-misc # has qemu-system-riscv32 too
need node nodejs
python3 -c 'import ensurepip' 2>/dev/null || wanted="$wanted python3-venv"

# clang's fuzzer and sanitizers are a package of their own, named by version
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' |
    clang -x c -fsanitize=fuzzer,address - -o /dev/null 2>/dev/null; then
    wanted="$wanted clang-runtime"
fi

[ -n "$wanted" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "missing, and there is no apt-get to install them with:$wanted" >&2
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
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends "$@" \
        >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        exit 1
    }
}
$sudo apt-get update >"$log" 2>&1 || tail -n 5 "$log" >&2
case "$wanted" in
*clang-runtime*)
    version=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
    wanted=$(echo "$wanted" | sed "s/clang-runtime/libclang-rt-$version-dev/")
    ;;
esac
echo "system packages: installing$wanted"
# shellcheck disable=SC2086 # a list of packages
install $wanted
