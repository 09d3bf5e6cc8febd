#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Another implementation, from npm, judges signatures, keys and attestation verdicts.
set -euo pipefail
: "${CS_BIN:?}" "${CS_SOURCE:?}"
# shellcheck source=test/judge/packages.sh
. "$CS_SOURCE/test/judge/packages.sh"
install_packages

# Modules are looked for beside the file that names them.
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cp "$judge"/*.mjs "$judge/package.json" "$work"
ln -s "$packages/node_modules" "$work/node_modules"
node "$work/judge.mjs" "$CS_BIN/countersign" "$CS_SOURCE/test/vectors/attestation-cases.json" "$CS_SOURCE/../shared/vectors"
