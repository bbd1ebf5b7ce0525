#!/bin/sh
# Create the virtual environment .venv and install Skipstone into it, editable.
# Usage: environment.sh demo|test      demo: what the pipeline needs; test: also torch and the development tools
set -eu

profile=$1
environment=${SKIPSTONE_VENV:-.venv}
python=""
for candidate in python3 python3.11 python3.12 python3.13; do
    if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: no Python 3.11 or newer was found" >&2
    echo "remedy: on Debian 12, run: apt-get install python3 python3-venv" >&2
    exit 1
fi
[ -x "$environment/bin/python" ] || "$python" -m venv "$environment"

pip() { "$environment/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

# setuptools is what builds the editable install; it is installed once, so that pip need not fetch it again.
pip install 'setuptools>=77' wheel
case $profile in
demo)
    echo "set-up: Python packages of the pipeline"
    pip install --no-build-isolation -e .
    ;;
test)
    # torch first and exactly: left to the resolver it may be replaced by another build of several GB.
    echo "set-up: torch, then the Python packages for training and tests"
    pip install 'torch==2.13.0'
    pip install --no-build-isolation -e '.[train,align,dev,npu,litert]'
    ;;
*)
    echo "error: unknown set-up '$profile'" >&2
    echo "remedy: use demo or test" >&2
    exit 1
    ;;
esac
