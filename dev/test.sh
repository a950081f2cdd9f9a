#!/bin/sh
# Every check and test that this user and machine can run. As root on Linux: also the real etcd, containerd and gVisor,
# and once more the part that needs none of them, as an ordinary user.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
export PATH
step() { printf '\n== %s\n' "$*"; }

step "types, lint, imports, generated files, unused code"
npm run -s check
step "unit tests"
vitest run --project unit
if [ "$(id -u)" = 0 ] && [ "$(uname -s)" = Linux ]; then
  step "conformance: etcd, containerd, gVisor"
  vitest run --project conformance
  step "end to end: etcd, containerd, gVisor, kubectl"
  vitest run --project e2e
else
  step "end to end: embedded store and fake runtime"
  MIREN_E2E=ordinary vitest run --project e2e
fi
