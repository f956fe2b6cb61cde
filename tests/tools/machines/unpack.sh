#!/bin/sh
# Unpacks packages of Debian, and all that they depend on, into a folder that one can chroot into:
#
#   unpack.sh ROOT ARCHITECTURE PACKAGE...
#
# Nothing of this system is changed, and nothing is installed: apt has a configuration and lists of
# its own, and no script of a package is run. A root that has the packages already is left as it is.
# Ends with 77, and a word, if there is no archive.
#
# $SUITE is the release of Debian, $DEBIAN_MIRROR the archive, and $CACHE where apt's lists are
# kept.
set -eu
root=$1 architecture=$2
shift 2
wanted="$SUITE $architecture $*"
[ "$(cat "$root/unpacked" 2>/dev/null)" = "$wanted" ] && exit
missing() {
    echo "skipped: $1" >&2
    exit 77
}
for command in apt-get dpkg-deb; do
    command -v "$command" > /dev/null || missing "the packages of Debian are unpacked with $command"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || missing "there is no $keyring (package debian-archive-keyring)"

# apt in this folder, without the system's configuration, whose hooks would run: only how archives
# are reached, and whether they may be old, is taken from there.
apt=$CACHE/apt/$SUITE
mkdir -p "$apt/lists/partial" "$apt/archives"
: > "$apt/status"
apt-config dump | grep -E '^Acquire::(https?::|Check-)' > "$apt/apt.conf" || true
cat >> "$apt/apt.conf" <<CONF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architectures { "amd64"; "s390x"; "arm64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Debug::NoLocking "true";
CONF
echo "deb [signed-by=$keyring] $DEBIAN_MIRROR $SUITE main" > "$apt/sources.list"
export APT_CONFIG="$apt/apt.conf"

echo "==> unpacking Debian's packages for $architecture (about 2 minutes) into $root" >&2
apt-get -qq -o APT::Update::Error-Mode=any update >&2 ||
    missing "no packages of Debian's $SUITE at $DEBIAN_MIRROR (DEBIAN_MIRROR names another archive)"
rm -rf "$root"
# Debian has the folders of the top in /usr.
mkdir -p "$root/tmp" "$root/etc" "$root/root"
for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    ln -s "usr/$folder" "$root/$folder"
done
archives=$(mktemp -d "$apt/archives/XXXXXX")
trap 'rm -rf "$archives"' EXIT
mkdir "$archives/partial"
apt-get -qq -o "APT::Architecture=$architecture" -o "Dir::Cache::archives=$archives" \
    --yes --download-only install "$@" >&2
for package in "$archives"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar --extract --keep-directory-symlink --no-same-owner --directory "$root"
done
# What scripts of the packages would have made: the name by which rustc calls the linker, the
# libraries of linear algebra that NumPy links, and an account.
[ ! -e "$root/usr/bin/gcc" ] || ln -sf gcc "$root/usr/bin/cc"
for library in "$root"/usr/lib/*/blas/libblas.so.3 "$root"/usr/lib/*/lapack/liblapack.so.3; do
    if [ -e "$library" ]; then
        folder=${library%/*}
        ln -sf "${folder##*/}/${library##*/}" "${folder%/*}/"
    fi
done
echo "root:x:0:0:root:/root:/bin/sh" > "$root/etc/passwd"
echo "root:x:0:" > "$root/etc/group"
echo "$wanted" > "$root/unpacked"
