#!/bin/sh
# Builds the wheel, installs it into an environment of its own and runs the tests against that, away from the tree,
# so that a file missing from the package is found here and not by a user.
set -eu
here=$(dirname "$(dirname "$(readlink -f "$0")")")
venv=${PAIGE_VENV:-$here/.venv}
wheel_venv=$here/.venv-wheel
cd "$here"

rm -rf dist
"$venv/bin/python" -m build --wheel --outdir dist . >dist.log 2>&1 || { cat dist.log; exit 1; }
rm -f dist.log
[ -x "$wheel_venv/bin/python" ] || "$venv/bin/python" -m venv "$wheel_venv"
# The libraries first, from the tree's own list; then the wheel alone, always anew.
stamp=$wheel_venv/.paige-libraries
wanted=$(cksum <pyproject.toml)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    "$wheel_venv/bin/python" -m pip install --disable-pip-version-check -q "$(ls dist/*.whl)[test]"
    printf '%s' "$wanted" >"$stamp"
fi
"$wheel_venv/bin/python" -m pip install --disable-pip-version-check -q --no-deps --force-reinstall dist/*.whl
exec "$wheel_venv/bin/python" -m pytest -o pythonpath= "$@"
