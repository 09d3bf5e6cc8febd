#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Another implementation, from npm, judges signatures, keys and attestation verdicts.
set -euo pipefail
: "${CS_BIN:?}" "${CS_SOURCE:?}"

missing() {
    echo "judge_noble: $*" >&2
    [[ ${CS_REQUIRE_JUDGES:-} == 1 ]] && exit 1
    exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || missing "node and npm are not installed"

# Outside the clone, named by what is installed there; complete or absent.
judge=$CS_SOURCE/test/judge
base=${COUNTERSIGN_DEPS_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/countersign}
packages=$base/judge-$(sha256sum <"$judge/package-lock.json" | cut -c1-16)
if [[ ! -d $packages/node_modules ]]; then
    mkdir -p "$base"
    fresh=$(mktemp -d "$base/judge.XXXXXX")
    trap 'rm -rf -- "$fresh"' EXIT
    cp "$judge/package.json" "$judge/package-lock.json" "$fresh"
    (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null) >&2 ||
        missing "the packages cannot be installed"
    mv -T "$fresh" "$packages" 2>/dev/null || [[ -d $packages/node_modules ]]
fi

# Modules are looked for beside the file that names them.
work=$(mktemp -d)
trap 'rm -rf -- "$work" ${fresh:+"$fresh"}' EXIT
cp "$judge"/*.mjs "$judge/package.json" "$work"
ln -s "$packages/node_modules" "$work/node_modules"
node "$work/judge.mjs" "$CS_BIN/countersign" "$CS_SOURCE/test/vectors/attestation-cases.json" "$CS_SOURCE/../shared/vectors"
