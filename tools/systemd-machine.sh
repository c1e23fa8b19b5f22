#!/bin/sh
# Runs ./gantry install, restarts, kill -9, a second install and uninstall under a real systemd: a Debian of its own (mmdebstrap) with systemd as its
# first process, in mount, process, network and cgroup namespaces of its own. The clone is mounted read-only and has to be built. Needs root,
# mmdebstrap and cgroup v1 or hybrid; says each step, and ends with another status than 0 where one fails. Not part of the test run.
#
#   tools/systemd-machine.sh
set -eu

clone=$(cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
root=$(mktemp -d)
group=gantry-systemd-$$
say() { echo "systemd-machine: $*" >&2; }

finish() {
  status=$?
  trap - EXIT INT TERM
  [ "$status" = 0 ] || { inside journalctl --no-pager --output=cat -u 'gantry-*' 2>/dev/null | tail -20 >&2; }
  if [ -f "$root/pid" ]; then kill -KILL "$(cat "$root/pid")" 2>/dev/null || true; fi
  sleep 1 # the kernel ends the rest with the first process
  find /sys/fs/cgroup -depth -type d \( -name "$group" -o -path "*/$group/*" \) -exec rmdir {} + 2>/dev/null || true
  rm -rf --one-file-system "$root"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

# The first process of the machine: mounts what systemd expects of a container manager, and becomes it.
boot='set -eu
root=$1 clone=$2
mount --bind "$root" "$root"
mkdir -p "$root/opt/gantry"
mount --bind "$clone" "$root/opt/gantry"
mount -o remount,bind,ro "$root/opt/gantry"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"; done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/sys/fs/cgroup"
while IFS=: read -r _ names _; do
  path="$root/sys/fs/cgroup/${names#name=}"
  case $names in
    "") mkdir "${path}unified"; mount -t cgroup2 cgroup2 "${path}unified" ;;
    name=*) mkdir "$path"; mount -t cgroup -o "none,$names" cgroup "$path" ;;
    *) mkdir "$path"; mount -t cgroup -o "$names" cgroup "$path" ;;
  esac
done </proc/self/cgroup
ip link set lo up
cd "$root"
mkdir run/old
pivot_root . run/old
exec chroot . sh -c "umount -l /run/old; mount --make-rshared /; exec env -i container=gantry PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --log-target=journal"'

start() {
  say "makes a Debian in $root"
  mmdebstrap --quiet --variant=minbase --include=systemd,crun,conmon,libnftables1,catatonit,mount,curl,ca-certificates,libstdc++6 \
    bookworm "$root/debian" >&2
  # Settings of the kernel and modules are this machine's, not that one's.
  for unit in systemd-sysctl systemd-modules-load systemd-binfmt; do ln -sf /dev/null "$root/debian/etc/systemd/system/$unit.service"; done
  for tree in /sys/fs/cgroup/*/; do
    mkdir "$tree$group"
    for file in cpuset.cpus cpuset.mems; do
      if [ -f "$tree$group/$file" ] && [ -f "$tree$file" ]; then cat "$tree$file" >"$tree$group/$file"; fi
    done
  done
  setsid sh -c 'for tree in /sys/fs/cgroup/*/; do echo $$ >"$tree$1/cgroup.procs"; done
    exec setpriv --pdeathsig KILL unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child --propagation private sh -c "$2" boot "$3" "$4"' \
    sh "$group" "$boot" "$root/debian" "$clone" >"$root/boot.log" 2>&1 &
  echo $! >"$root/pid"
  until inside systemctl is-system-running --wait >/dev/null 2>&1; do
    kill -0 "$(cat "$root/pid")" 2>/dev/null || { cat "$root/boot.log" >&2; exit 1; }
    sleep 0.5
  done
  say "runs $(inside systemctl --version | head -1)"
}

inside() {
  first=$(cat "/proc/$(cat "$root/pid")/task/$(cat "$root/pid")/children")
  nsenter -t "${first% }" -m -u -i -n -p -C -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

gantry() { inside /opt/gantry/gantry "$@" >"$root/said" 2>&1 || { cat "$root/said" >&2; exit 1; }; }
engine() { inside curl --silent --show-error --fail --unix-socket /run/gantry/docker.sock "$@"; }
expect() {
  what=$1
  shift
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then
      say "$what"
      return
    fi
    sleep 0.5
  done
  say "NOT SO: $what"
  exit 1
}
said() { grep -Eq "$1" "$root/said"; }
connections() { inside journalctl --output=cat -u gantry-agent | grep -c '"event":"connected"' || true; }
is_connected() { [ "$(connections)" -gt "$1" ]; }
containers_process() { engine http://d/containers/lines/json | sed 's/.*"Pid":\([0-9]*\).*/\1/'; }
goes_on() { [ "$(containers_process)" = "$process" ]; }
main_process() { inside systemctl show --property=MainPID --value "gantry-$1"; }
is_another() { [ "$(main_process "$2")" != "$1" ] && [ "$(main_process "$2")" != 0 ]; }
is_whole() { engine 'http://d/containers/lines/logs?stdout=1' | tr -cd '0-9\n' | sed 's/^0*//' | awk 'NR > 1 && $1 != NR - 1 { exit 1 } END { exit NR < 10 }'; }

start
gantry install --engine native
expect 'install says where to go and that the agent is there' said 'https://127\.0\.0\.1:7443/setup#code='
expect 'the agent has joined' is_connected 0
expect 'both are enabled' inside systemctl is-enabled gantry-server gantry-agent

(cd "$clone" && .gantry/node/node_modules/node/bin/node --conditions=source --input-type=module \
  -e "import { busyboxArchive } from '@gantry/engine-api/testing'; process.stdout.write(busyboxArchive())") >"$root/debian/root/busybox.tar"
engine --output /dev/null -X POST --data-binary @/root/busybox.tar http://d/images/load
engine --output /dev/null -H 'content-type: application/json' -d '{"Image":"busybox","Cmd":["sh","-c","n=0; while :; do echo $n; n=$((n+1)); sleep 0.05; done"]}' \
  'http://d/containers/create?name=lines'
engine -X POST http://d/containers/lines/start
process=$(containers_process)
inside systemctl restart gantry-agent
expect 'a restart of the agent leaves the container alone' goes_on
for part in agent server; do
  before=$(main_process $part)
  connected=$(connections)
  inside systemctl kill --kill-whom=main -s KILL gantry-$part
  expect "the $part is started again after kill -9" is_another "$before" $part
  expect "after kill -9 of the $part the agent connects again" is_connected "$connected"
  expect 'and the container goes on' goes_on
done
expect 'no line of its log is missing' is_whole
before=$(main_process server)
gantry install --engine native --port 8443
expect 'a second install restarts with the new settings' said 'https://127\.0\.0\.1:8443/'
expect 'and leaves the container alone' goes_on
gantry uninstall
expect 'uninstall takes both units away' sh -c '! ls "$1"/etc/systemd/system/gantry-* 2>/dev/null' sh "$root/debian"
expect 'and leaves containers and data' inside sh -c "kill -0 $process && test -d /var/lib/gantry/postgres"
gantry uninstall
expect 'a second uninstall has nothing to do' said 'no unit of Gantry was installed'
