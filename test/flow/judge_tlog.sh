#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Other implementations judge our ledger: Go's checksum database its Ed25519 checkpoints, its tree and its proofs, noble
# the cosignatures in ML-DSA-44 and Ed25519.
set -euo pipefail
: "${CS_BIN:?}" "${CS_SOURCE:?}"
# shellcheck source=test/judge/packages.sh
. "$CS_SOURCE/test/judge/packages.sh"
command -v go >/dev/null || missing "go is not installed"
install_packages

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export GOFLAGS=-mod=readonly GOTOOLCHAIN=local
go build -C "$judge/go" -buildvcs=false -o "$work/sumdb" . >&2 || missing "the Go module cannot be built"
cp "$judge"/*.mjs "$judge/package.json" "$work"
ln -s "$packages/node_modules" "$work/node_modules"

# From fixed keys, with tiles that are full, and from a service that runs.
mkdir "$work/made" "$work/live"
"$CS_BIN/proof_files" "$work/made"
python3 "$judge/live.py" "$work/live" >&2
"$work/sumdb" "$work/made" "$work/live"
node "$work/notes.mjs" "$work/made" "$work/live"
