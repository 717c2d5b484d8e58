#!/bin/bash
# clean_root.sh SUITE [COMMAND...]: makes a fresh Debian (bookworm, trixie) with python3 and nothing else in it, copies
# this checkout into it and runs the README's two commands there, or COMMAND instead. Needs root and mmdebstrap.
# The bare root is kept under .cache/ and reused; what ran in it is thrown away.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "$0")")")
suite=${1:-bookworm}; shift || true
cache=$here/.cache/clean-root; base=$cache/$suite.tar
work=$(mktemp -d)
trap 'umount -l "$work/root/proc" "$work/root/dev" 2>/dev/null || true; rm -rf "$work"' EXIT

command -v mmdebstrap >/dev/null || { echo 'clean_root: mmdebstrap is needed: apt-get install mmdebstrap' >&2; exit 2; }
mkdir -p "$cache"
if [ ! -f "$base" ]; then
    # Resolver, package sources and certificates are the machine's own: without them nothing could be installed.
    mmdebstrap --quiet --variant=minbase --include=python3,ca-certificates --format=tar "$suite" "$base.new"
    mv "$base.new" "$base"
fi
mkdir "$work/root"
tar -xf "$base" -C "$work/root"
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "$file" ] || install -D -m 644 "$file" "$work/root$file"
done
for folder in "$HOME/.config/pip" "$HOME/.pip"; do
    [ ! -d "$folder" ] || { mkdir -p "$work/root/root/$(basename "$(dirname "$folder")")"; cp -r "$folder" "$work/root/root/${folder#"$HOME"/}"; }
done
mkdir -p "$work/root/paige"
git -C "$here" ls-files -z --cached --others --exclude-standard | (cd "$here" && tar --null --ignore-failed-read -T - -cf -) | tar -xf - -C "$work/root/paige"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"

mapfile -t network < <(env | grep -E '^(PIP_|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)' || true)
inside() {
    chroot "$work/root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "${network[@]}" \
        /bin/sh -c "cd /paige && $1" </dev/null
}
if [ $# -gt 0 ]; then inside "$*"; exit; fi
echo "== $suite: ./paige demo"; time inside './paige demo'
echo "== $suite: ./paige demo, a second time"; time inside './paige demo' >/dev/null
echo "== $suite: ./paige test"; time inside './paige test -q'
