#!/bin/sh
# Runs a command in a root that unpack.sh made, with the current folder at /src, and there:
#
#   enter.sh ROOT QEMU COMMAND...
#
# Programs for another processor, and those that they start, are handed to QEMU (the program for
# that processor); without a need for one QEMU is empty. Mounts and the registration with
# binfmt_misc are made in namespaces of their own, and go away with the command: the system keeps
# nothing of them.
set -eu
# The command is a child of the shell, because the first process of a namespace ignores signals.
exec unshare --user --map-root-user --mount --pid --fork --kill-child sh -eu -c '
    root=$1 qemu=$2
    shift 2
    mkdir -p "$root/dev" "$root/proc" "$root/src" "$root/binfmt_misc"
    mount --rbind /dev "$root/dev"
    # In a container, parts of /proc may be hidden, and then a new one is not allowed.
    mount -t proc none "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
    mount --bind "$PWD" "$root/src"
    if [ -n "$qemu" ]; then
        mount -t binfmt_misc none "$root/binfmt_misc"
        # The header of ELF files up to the number of the processor, as one of its programs has it;
        # executables of both kinds (2 and 3, in either byte order), for any version of the ABI.
        magic=$(od -An -v -tx1 -w20 -N20 "$root/usr/bin/env" | sed "s/ /\\\\x/g")
        mask="\xff\xff\xff\xff\xff\xff\xff\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xfe\xff\xff"
        printf "%s" ":emulated:M::$magic:$mask:$qemu:OCF" > "$root/binfmt_misc/register"
    fi
    chroot "$root" /usr/bin/env --chdir=/src "$@" || exit $?
' sh "$@"
