#!/bin/sh
# Installs what is missing, and just that.
#   prerequisites.sh packages   the node packages of this checkout
#   prerequisites.sh run        and what a server needs: etcd, containerd, gVisor, runc, CNI plugins, iptables
#   prerequisites.sh test       and what the tests need beside that
# Touches no etcd or containerd that already runs, and starts none.
set -eu
cd "$(dirname "$0")/.."
want="${1:-run}"

say() { printf 'miren: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
PATH="$PATH:/usr/sbin:/sbin"
export PATH

is_root() { [ "$(id -u)" = 0 ]; }
is_debian() { [ "$(uname -s)" = Linux ] && have apt-get; }

# Debian starts a service when its package is installed. Ours are run by the server itself, so refuse that
# for the length of the installation, where nobody else has set such a policy.
apt_install() {
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  say "installing: $*"
  log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "apt-get could not install: $*. Its last lines are above; the whole log is $log"
    exit 1
  fi
  rm -f "$log"
  if [ -f "$policy" ] && grep -q 'exit 101' "$policy"; then rm -f "$policy"; fi
  trap - EXIT
}

# binary=package, for every binary that is missing
missing() {
  for pair in "$@"; do
    have "${pair%%=*}" || printf '%s ' "${pair#*=}"
  done
}

cni() { for dir in "${CNI_PATH:-}" /opt/cni/bin /usr/lib/cni; do [ -n "$dir" ] && [ -x "$dir/bridge" ] && return 0; done; return 1; }

system_packages() {
  need=$(missing etcd=etcd-server containerd=containerd runsc=runsc runc=runc iptables=iptables ip=iproute2 busybox=busybox-static)
  cni || need="$need containernetworking-plugins"
  if [ "$want" = test ]; then
    need="$need$(missing etcdctl=etcd-client git=git ps=procps)"
  fi
  [ -z "$need" ] && return 0
  # shellcheck disable=SC2086
  apt_install $need
}

# The pinned Node needs libatomic, which the smallest Debian lacks.
node_packages() {
  missing npm=npm
  ldconfig -p | grep -q 'libatomic\.so\.1 ' || printf 'libatomic1 '
}

if is_root && is_debian; then
  need=$(node_packages)
  # shellcheck disable=SC2086
  [ -z "$need" ] || apt_install $need
elif ! have npm; then
  say "npm is missing. Install Node.js with npm (any version from 18 on: the right one is pinned here), then run this again."
  exit 1
fi

if [ "$want" != packages ]; then
  if is_root && is_debian; then
    system_packages
  elif is_root; then
    say "this is no Debian or Ubuntu: have etcd, containerd, runsc, runc, the CNI plugins, iptables and busybox (static) on PATH."
  fi
fi

# What is installed is told by the lock file's checksum: times change with every checkout.
stamp=node_modules/.lock-cksum
lock=$(cksum <package-lock.json)
if [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
  if [ -L node_modules ]; then
    say "node_modules is a link, and what it leads to was not installed from this package-lock.json. Remove the link, then run this again."
    exit 1
  fi
  say "installing the node packages (npm ci)"
  log=$(mktemp)
  if ! npm ci --ignore-scripts --no-audit --no-fund >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "npm ci failed. Its last lines are above; the whole log is $log"
    exit 1
  fi
  rm -f "$log"
  printf '%s\n' "$lock" >"$stamp"
fi

# npm 9 without install scripts does not link the binaries of optional packages.
if [ ! -e node_modules/.bin/node ]; then
  for binary in node_modules/node-*/bin/node; do
    [ -x "$binary" ] && ln -sf "../${binary#node_modules/}" node_modules/.bin/node
  done
fi
