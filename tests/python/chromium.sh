#!/bin/sh
# Prints the path of Chromium, which it installs first where there is none.
set -eu

find_chromium() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name"; then
            return 0
        fi
    done
    return 1
}

if find_chromium; then
    exit 0
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
fi
if command -v apt-get >/dev/null; then
    {
        $as_root apt-get update --quiet &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install --yes --quiet --no-install-recommends chromium fonts-dejavu-core
    } >&2 || true
fi
if find_chromium; then
    exit 0
fi
echo "no Chromium, and apt-get could not install it: install the package \`chromium\`" >&2
exit 1
