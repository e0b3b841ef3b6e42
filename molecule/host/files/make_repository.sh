#!/bin/sh
# Creates a signing key and an empty Debian repository signed with it: make_repository.sh DIRECTORY
set -eu
root=$1
export GNUPGHOME="$root/gnupg"
mkdir -p "$root/debian/dists/trixie/stable/binary-amd64"
mkdir -m 0700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key 'Repository of a test <test@example.com>' rsa3072 sign 2d
gpg --armor --export > "$root/key.asc"
cd "$root/debian/dists/trixie"
: > stable/binary-amd64/Packages
{
    echo 'Origin: Test'
    echo 'Suite: trixie'
    echo 'Codename: trixie'
    echo 'Components: stable'
    echo 'Architectures: amd64'
    echo "Date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
    echo 'SHA256:'
    echo " $(sha256sum stable/binary-amd64/Packages | cut -d' ' -f1) 0 stable/binary-amd64/Packages"
} > Release
gpg --batch --quiet --clearsign --output InRelease Release
