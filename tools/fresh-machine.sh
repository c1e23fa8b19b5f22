#!/bin/sh
# Measures what a new user waits for: in a fresh Debian that has Node 20, npm and apt and nothing else, clones this repository and runs
# ./gantry up until the login page answers; then stops it and starts it again. Needs root, mmdebstrap, python3 and a Node 20 with npm.
#
#   tools/fresh-machine.sh [--keep DIRECTORY] [--test] [-- flags for ./gantry up]
#
# --test   runs ./gantry test there in place of up, and ends as it does
# NODE20   a directory that holds bin/node and lib/node_modules/npm (default: the installation of /usr/bin/node)
set -eu

here=$(dirname -- "$(readlink -f -- "$0")")/..
root=
keep=
program=up
if [ "${1:-}" = --keep ]; then
  keep=yes
  root=$2
  shift 2
fi
if [ "${1:-}" = --test ]; then
  program=test
  shift
fi
[ "${1:-}" = -- ] && shift
[ -n "$root" ] || root=$(mktemp -d)
port=${FRESH_PORT:-17443}

say() { echo "fresh-machine: $*" >&2; }

finish() {
  status=$?
  trap - EXIT INT TERM
  if [ -f "$root/up.pid" ]; then kill -KILL "$(cat "$root/up.pid")" 2>/dev/null || true; fi
  [ -n "$keep" ] || rm -rf --one-file-system "$root"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

make_root() {
  say "makes a Debian in $root"
  mkdir -p "$root"
  mmdebstrap --quiet --variant=apt --include=ca-certificates,libstdc++6 bookworm "$root/debian" >&2
  node20=${NODE20:-/usr}
  mkdir -p "$root/debian/usr/lib/node_modules"
  cp "$(readlink -f "$node20/bin/node")" "$root/debian/usr/bin/node"
  for modules in "$node20/lib/node_modules/npm" "$node20/share/nodejs/npm"; do
    if [ -d "$modules" ]; then cp -rL "$modules" "$root/debian/usr/lib/node_modules/npm"; break; fi
  done
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/debian/usr/bin/npm"
  # How this machine reaches the registries is its own affair, and not in the repository: its authorities and resolver come along.
  cp /etc/resolv.conf /etc/hosts "$root/debian/etc/"
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/debian/etc/ssl/certs/ca-certificates.crt"
  [ ! -f "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$root/debian/root/.npmrc"
  rm -rf "$root"/debian/var/lib/apt/lists/* "$root"/debian/var/cache/apt/archives/*.deb
  git clone --quiet --no-hardlinks "$here" "$root/debian/root/gantry"
}

# Ends this (sub)shell in a Debian of its own: mounts and processes of its own, the network of this machine (registries), nothing of its /run.
# The Debian becomes the root of its mount namespace, as on a machine; in a chroot whoever joins a container's namespace would land outside of it.
# By one program that is loaded before: behind the old root there is neither a umount nor an env yet.
inside() {
  exec unshare --mount --pid --fork --kill-child --propagation private sh -c '
    root=$1
    mount --bind "$root" "$root" && cd "$root"
    mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev
    mount -t tmpfs -o mode=0755 tmpfs run && mount -t tmpfs -o mode=1777 tmpfs tmp
    exec python3 -c "$2" "$@"
  ' sh "$root/debian" '
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
detached, shared = 2, 1 << 20 | 1 << 14
for call in (lambda: libc.pivot_root(b".", b"."), lambda: libc.umount2(b".", detached), lambda: libc.mount(None, b"/", None, shared, None)):
    if call() != 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
os.chdir("/")
path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
environment = {"HOME": "/root", "LANG": "C.UTF-8", "NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt", "PATH": path}
os.execve("/usr/bin/" + sys.argv[3], sys.argv[3:], environment)
' "$@"
}

# Says the time from the command to the page; leaves Gantry running.
up() {
  what=$1
  shift
  started=$(date +%s%N)
  inside sh -c 'cd /root/gantry && ./gantry up --listen 127.0.0.1 --port "$@" & wait' sh "$port" "$@" >"$root/up.log" 2>&1 &
  echo $! >"$root/up.pid"
  until curl --silent --insecure --fail "https://127.0.0.1:$port/" 2>/dev/null | grep -q '<div id="app"'; do
    if ! kill -0 "$(cat "$root/up.pid")" 2>/dev/null; then
      cat "$root/up.log" >&2
      say 'gantry up ended'
      exit 1
    fi
    sleep 0.1
  done
  say "$what: $(( ($(date +%s%N) - started) / 1000000 )) ms"
}

# The first process of the namespace is a shell that waits for gantry, which is told as by Ctrl-C.
stop() {
  launcher=$(cat "$root/up.pid")
  first=$(cat "/proc/$launcher/task/$launcher/children")
  for gantry in $(cat "/proc/${first% }/task/${first% }/children"); do kill -INT "$gantry"; done
  while kill -0 "$launcher" 2>/dev/null; do sleep 0.05; done
  rm -f "$root/up.pid"
}

[ -d "$root/debian" ] || make_root
if [ "$program" = test ]; then
  # The shell stays as the first process: it reaps what the tests orphan. `inside` ends its shell, hence the parentheses.
  (inside sh -c 'cd /root/gantry && ./gantry test; exit $?')
  say './gantry test passed'
  exit 0
fi
up 'first start' "$@"
cat "$root/up.log" >&2
stop
up 'second start' "$@"
stop
