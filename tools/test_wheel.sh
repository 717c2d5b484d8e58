#!/bin/sh
# Builds the wheel, installs it into an environment of its own and runs the tests against that, away from the tree,
# so that a file missing from the package is found here and not by a user. Arguments go to pytest.
set -eu
here=$(dirname "$(dirname "$(readlink -f "$0")")")
venv=${PAIGE_VENV:-$here/.venv}
wheel_venv=$venv-wheel
cd "$here"

rm -rf dist
"$venv/bin/python" -m hatchling build -t wheel -d dist
pip() { "$wheel_venv/bin/python" -m pip --disable-pip-version-check "$@"; }
# The libraries first, from the project's own list, where that changed; then the wheel alone, always anew.
stamp=$wheel_venv/.paige-libraries
wanted="$wheel_venv $(cksum <pyproject.toml)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    "$venv/bin/python" -m venv --clear "$wheel_venv"
    pip install -q --prefer-binary "$(ls dist/*.whl)[test]"
    printf '%s' "$wanted" >"$stamp"
fi
pip install -q --no-deps --force-reinstall dist/*.whl
exec "$wheel_venv/bin/python" -m pytest -o pythonpath= "$@"
