#!/bin/sh
# Prints the path of Chromium. Where there is none, or no font with Chinese letters, it installs them
# first.
set -eu

find_chromium() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name"; then
            return 0
        fi
    done
    return 1
}

has_chinese_letters() {
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]
}

install() {
    command -v apt-get >/dev/null || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root="sudo -n"
    fi
    {
        $as_root apt-get update --quiet &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install --yes --quiet --no-install-recommends "$@"
    } >&2 || true
}

if ! find_chromium >/dev/null; then
    install chromium fonts-dejavu-core fontconfig fonts-wqy-zenhei
elif ! has_chinese_letters; then
    install fontconfig fonts-wqy-zenhei
fi
if find_chromium; then
    exit 0
fi
echo "no Chromium, and apt-get could not install it: install the package \`chromium\`" >&2
exit 1
