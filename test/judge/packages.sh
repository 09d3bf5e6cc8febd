# SPDX-License-Identifier: Apache-2.0
# For the scripts that ask another implementation (to be sourced): `missing` ends them where it is not here, `packages`
# becomes the folder of the npm packages. CS_REQUIRE_JUDGES=1 makes a missing judge a failure.
missing() {
    echo "$(basename "$0" .sh): $*" >&2
    [[ ${CS_REQUIRE_JUDGES:-} == 1 ]] && exit 1
    exit 77
}

# Outside the clone, named by what is installed there; complete or absent.
judge=${CS_JUDGE:-$CS_SOURCE/test/judge}
base=${COUNTERSIGN_DEPS_DIR:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/countersign}
packages=$base/judge-$(sha256sum <"$judge/package-lock.json" | cut -c1-16)

install_packages() {
    command -v node >/dev/null && command -v npm >/dev/null || missing "node and npm are not installed"
    [[ -d $packages/node_modules ]] && return
    mkdir -p "$base"
    local fresh
    fresh=$(mktemp -d "$base/judge.XXXXXX")
    cp "$judge/package.json" "$judge/package-lock.json" "$fresh"
    if ! (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null) >&2; then
        rm -rf -- "$fresh"
        missing "the packages cannot be installed"
    fi
    mv -T "$fresh" "$packages" 2>/dev/null || { rm -rf -- "$fresh" && [[ -d $packages/node_modules ]]; }
}
