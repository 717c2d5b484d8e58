#!/bin/bash
# prove.sh [SUITE [ARCH]]: makes the package and, in a bare Debian of that suite, installs it, runs what it brings, upgrades
# it to a higher version, removes and purges it, and compares which files are there before and after.
#
# Needs root and what tools/clean_root.sh needs; for another ARCH than this machine's the root runs under emulation.
set -euo pipefail
here=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
suite=${1:-bookworm}; arch=${2:-$(dpkg --print-architecture)}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"$here/paige" setup dev
cd "$here"
package=$("${PAIGE_VENV:-.venv}/bin/python" -m paige.tools.deb --suite "$suite" --arch "$arch" --out "$work" --packing none)
ls -sh "$package"
# The same with a higher version, a file more in the program and one less.
dpkg-deb -R "$package" "$work/new"
sed -i 's/^Version: .*/&.1/' "$work/new/DEBIAN/control"
echo 'ADDED = True' >"$work/new/usr/lib/paige/program/paige/device/added.py"
rm "$work/new/usr/lib/paige/program/paige/tools/speak.py"
dpkg-deb --root-owner-group -Znone --build "$work/new" "$work/new.deb" >/dev/null
mv "$package" "$work/old.deb"
CLEAN_ROOT_FILES="$work/old.deb $work/new.deb" tools/clean_root.sh "$suite" "$arch" tools/deb/prove_inside.sh
