#!/bin/sh
# Install the Debian packages named in the given lists; those already there are left alone.
# Usage: system.sh LIST...
set -eu

wanted=$(cat "$@" | sed 's/#.*//' | tr -s ' \n' ' ')
missing=""
for package in $wanted; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
        echo "error: these Debian packages are missing and sudo is not installed:$missing" >&2
        echo "remedy: as root, run: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
fi
echo "set-up: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$as_root apt-get install -qq --no-install-recommends -y $missing >/dev/null
