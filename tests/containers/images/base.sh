#!/bin/sh
# A root file system with Debian and its Python, for machines that reach Debian but no registry of images.
# Of this machine it has the certificates that it trusts besides Debian's, and where apt and pip look for packages.
set -eu
root=$1

debootstrap --variant=minbase --include=ca-certificates,python3-venv,python-is-python3 bookworm "$root" http://deb.debian.org/debian
for file in /etc/pip.conf /etc/apt/sources.list.d/debian.sources /etc/apt/apt.conf.d/99* /usr/local/share/ca-certificates/*.crt; do
  if [ -f "$file" ]; then mkdir -p "$root${file%/*}" && cp "$file" "$root$file"; fi
done
if [ -f /etc/apt/sources.list.d/debian.sources ]; then : > "$root/etc/apt/sources.list"; fi
chroot "$root" update-ca-certificates
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
