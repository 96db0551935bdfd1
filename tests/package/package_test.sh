#!/usr/bin/env bash
# The Debian package as its users meet it: lintian, then installed, used, removed and purged in a clean tree that
# debootstrap made. The machine that runs the test is not changed: mounts live in a namespace of their own. Needs
# root. The tree is kept in ~/.cache/strobe-test. Last line: N passed, N failed, N skipped.
# usage: package_test.sh PACKAGE
set -euo pipefail

package=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${HOME:-/root}/.cache/strobe-test
base=$cache/bookworm-minbase.tar
mirror=${STROBE_DEBIAN_MIRROR:-http://deb.debian.org/debian}
passed=0 failed=0 skipped=0

pass() { echo "ok: $1"; passed=$((passed + 1)); }
fail() { echo "FAILED: $1"; failed=$((failed + 1)); }
skip() { echo "skipped: $1: $2"; skipped=$((skipped + 1)); }

check_lintian() {
  if ! command -v lintian >/dev/null; then skip 'package.lintian' 'lintian is not installed'; return; fi
  if lintian --allow-root --fail-on error,warning "$package" 2>&1; then
    pass 'lintian finds no errors and no warnings'
  else
    fail 'lintian'
  fi
}

# Why the package cannot be installed here; nothing where it can.
obstacle() {
  if [[ $(id -u) -ne 0 ]]; then echo 'needs root'
  elif [[ ! -f $base ]] && ! command -v debootstrap >/dev/null; then echo 'debootstrap is not installed'
  elif ! unshare --mount --pid --fork true 2>/dev/null; then echo 'namespaces are not permitted here'
  fi
}

# The clean tree, with what man needs, made once. Written under another name first: half a tree is none.
make_base() {
  [[ -f $base ]] && return 0
  mkdir -p "$cache"
  debootstrap --variant=minbase --include=man-db bookworm "$scratch/base" "$mirror" >"$scratch/debootstrap.log" 2>&1 ||
    return 1
  rm -f "$scratch"/base/var/cache/apt/archives/*.deb
  tar -C "$scratch/base" -cf "$base.$$" . && mv "$base.$$" "$base"
  rm -rf "$scratch/base"
}

# What the tree holds, but for what dpkg, apt and man note for themselves.
list_tree() {
  (cd "$scratch/tree" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/cache \
    -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./strobe.deb \
    -o -path ./etc/ld.so.cache -o -path ./inside.sh \) -prune -o -print | sort)
}

# inside STEP: runs that step of inside.sh in the tree, with a /proc of its own; its "ok:" and "FAILED:" lines count.
inside() {
  local step=$1 status=0
  unshare --mount --pid --fork --kill-child sh -c \
    'mount -t proc proc "$1/proc" && exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
       HOME=/tmp/home LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash /inside.sh "$2"' \
    sh "$scratch/tree" "$step" >"$scratch/output" 2>&1 </dev/null || status=$?
  grep -E '^(ok|FAILED): ' "$scratch/output" || true
  passed=$((passed + $(grep -c '^ok: ' "$scratch/output" || true)))
  failed=$((failed + $(grep -c '^FAILED: ' "$scratch/output" || true)))
  if [[ $status -ne 0 ]]; then
    fail "step $step ended with status $status"
    sed 's/^/  | /' "$scratch/output"
  fi
}

check_nothing_remains() {
  local remains
  remains=$(diff "$scratch/before" <(list_tree) || true)
  if [[ -z $remains ]]; then pass 'nothing remains after the purge'; else fail "remains after the purge: $remains"; fi
}

check_installed() {
  local mounts
  mounts=$(cat /proc/self/mounts)
  mkdir "$scratch/tree"
  tar -C "$scratch/tree" -xf "$base"
  mkdir -p "$cache/debs"
  cp -n "$cache"/debs/*.deb "$scratch/tree/var/cache/apt/archives/" 2>/dev/null || true
  cp "$package" "$scratch/tree/strobe.deb"
  cp "$here/inside.sh" "$scratch/tree/inside.sh"
  list_tree >"$scratch/before"
  inside install
  cp -n "$scratch"/tree/var/cache/apt/archives/*.deb "$cache/debs/" 2>/dev/null || true
  inside use
  inside remove
  check_nothing_remains
  if [[ $mounts == "$(cat /proc/self/mounts)" ]]; then pass 'no mount is left'; else fail 'a mount is left'; fi
}

scratch=$(mktemp -d)
trap 'rm -rf --one-file-system "$scratch"' EXIT
check_lintian
reason=$(obstacle)
if [[ -n $reason ]]; then
  skip 'package.install' "$reason"
elif ! make_base; then
  skip 'package.install' "debootstrap: $(tail -n 1 "$scratch/debootstrap.log")"
else
  check_installed
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
