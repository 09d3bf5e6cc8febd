#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys, signatures and verification without any server: all algorithms and formats, sizes, stdin, tampering.
set -euo pipefail
bin=${CS_BIN:?}/countersign

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$work"

fail() { echo "cli_local: $*" >&2; exit 1; }
# expect CODE COMMAND…: exactly this exit code.
expect() {
    local want=$1 code=0
    shift
    "$@" >out 2>err || code=$?
    [[ $code == "$want" ]] || { cat out err >&2; fail "exit code $code, expected $want: $*"; }
}
said() { grep -q -- "$1" err || { cat err >&2; fail "stderr does not say: $1"; }; }

head -c 1000 /dev/urandom >payload
head -c 1000 /dev/urandom >other

# -- every algorithm in every format it is offered in
both() {
    local alg=$1 format=$2 key=k-$1-$2
    expect 0 "$bin" keygen --algorithm "$alg" --format "$format" --out "$key" --public "$key.pub"
    [[ $(stat -c %a "$key") == 600 ]] || fail "$key is not private"
    expect 0 "$bin" sign --local --key-file "$key" --in payload
    cp out "$key.json"
    grep -q "\"algorithm\":\"$alg\",\"signatureFormat\":\"$format\"" "$key.json" || fail "result of $alg $format"
    expect 0 "$bin" verify --sign-result "$key.json" --public-key "$key.pub" --payload payload
    expect 2 "$bin" verify --sign-result "$key.json" --public-key "$key.pub" --payload other
    said BAD_SIGNATURE
}
six="mldsa44+ed25519 mldsa44+ecdsa-p256 mldsa65+ed25519 mldsa65+ecdsa-p256 mldsa87+ed25519 mldsa87+ecdsa-p256"
for alg in $six; do
    for format in composite concat envelope; do both "$alg" "$format"; done
done
for alg in mldsa87+ecdsa-p384 mldsa87+ed448; do both "$alg" composite; done
for alg in mldsa44 mldsa65 mldsa87; do both "$alg" pure; done

# -- a key of one kind does not verify another's signature; the format comes from the key
expect 2 "$bin" verify --sign-result k-mldsa65+ed25519-composite.json --public-key k-mldsa65+ecdsa-p256-composite.pub \
    --payload payload
expect 2 "$bin" verify --sign-result k-mldsa65+ed25519-concat.json --public-key k-mldsa65+ed25519-composite.pub \
    --payload payload
expect 2 "$bin" verify --sign-result k-mldsa65-pure.json --public-key k-mldsa65+ed25519-composite.pub --payload payload

# -- the defaults
expect 0 "$bin" keygen --out key --public key.pub
expect 0 "$bin" keygen --out key2
cp out key2.pub
grep -q '"alg":"mldsa65+ed25519"' key2.pub || fail "default algorithm"

# -- sizes, among them those around the inline limit and around 16 MiB; nothing is read in part
for size in 0 1 524287 524288 524289 16777215 16777216 16777217; do
    head -c "$size" /dev/urandom >sized
    expect 0 "$bin" sign --local --key-file key --in sized
    cp out sized.json
    grep -q "\"payloadSize\":$size}" sized.json || fail "size $size"
    grep -q "$(sha256sum <sized | cut -d ' ' -f 1)" sized.json || fail "digest of size $size"
    expect 0 "$bin" verify --sign-result sized.json --public-key key.pub --payload sized
    printf x >>sized
    expect 2 "$bin" verify --sign-result sized.json --public-key key.pub --payload sized
    if [[ $size != 0 ]]; then
        truncate -s $((size - 1)) sized
        expect 2 "$bin" verify --sign-result sized.json --public-key key.pub --payload sized
    fi
done
for format in concat envelope; do
    head -c 524288 /dev/urandom >sized
    expect 0 "$bin" sign --local --key-file "k-mldsa65+ed25519-$format" --in sized
    cp out sized.json
    expect 0 "$bin" verify --sign-result sized.json --public-key "k-mldsa65+ed25519-$format.pub" --payload sized
    printf x >>sized
    expect 1 "$bin" sign --local --key-file "k-mldsa65+ed25519-$format" --in sized
    said PAYLOAD_TOO_LARGE
    [[ ! -s out ]] || fail "something was signed"
    expect 1 "$bin" verify --sign-result sized.json --public-key "k-mldsa65+ed25519-$format.pub" --payload sized
done

# -- stdin and stdout
expect 0 "$bin" sign --local --key-file key --in - <payload
cp out result.json
expect 0 "$bin" verify --sign-result result.json --public-key key.pub --payload - <payload
expect 2 "$bin" verify --sign-result result.json --public-key key.pub --payload - <other
expect 0 "$bin" verify --sign-result - --public-key key.pub --payload payload <result.json
expect 0 "$bin" verify --sign-result result.json --public-key - --payload payload <key.pub
head -c 3000000 /dev/urandom >big
cat big | expect 0 "$bin" sign --local --key-file key --in -
cp out big.json
cat big | expect 0 "$bin" verify --sign-result big.json --public-key key.pub --payload -

# -- a signature by itself, as a file and as base64
python3 - <<'PY'
import base64, json
s = json.load(open("result.json"))["signature"]
open("sig.b64", "w").write(s)
raw = base64.b64decode(s)
open("sig.bin", "wb").write(raw)
open("sig.flipped", "wb").write(bytes([raw[0] ^ 1]) + raw[1:])
open("sig.flipped-end", "wb").write(raw[:-1] + bytes([raw[-1] ^ 1]))
open("sig.short", "wb").write(raw[:-1])
open("sig.half", "wb").write(raw[:3309])
open("sig.other-half", "wb").write(raw[3309:])
open("sig.long", "wb").write(raw + b"\0")
open("sig.endless", "wb").write(raw * 4)
open("sig.empty", "wb").write(b"")
PY
expect 0 "$bin" verify --signature sig.bin --public-key key.pub --payload payload
expect 0 "$bin" verify --signature "$(cat sig.b64)" --public-key key.pub --payload payload
for bad in flipped flipped-end short half other-half long endless empty; do
    expect 2 "$bin" verify --signature "sig.$bad" --public-key key.pub --payload payload
    said BAD_SIGNATURE
done
expect 2 "$bin" verify --signature sig.bin --public-key key2.pub --payload payload
expect 1 "$bin" verify --signature 'not base64' --public-key key.pub --payload payload

# -- --json and --quiet
expect 0 "$bin" verify --json --sign-result result.json --public-key key.pub --payload payload
grep -q '^{"ok":true,"reason":"OK","algorithm":"mldsa65+ed25519","signatureFormat":"composite",' out || fail "--json"
expect 2 "$bin" verify --json --sign-result result.json --public-key key.pub --payload other
grep -q '^{"ok":false,"reason":"BAD_SIGNATURE",' out || fail "--json of a refusal"
expect 0 "$bin" verify --quiet --sign-result result.json --public-key key.pub --payload payload
[[ ! -s out && ! -s err ]] || fail "--quiet"

# -- private keys are neither overwritten nor read when others could read them
expect 1 "$bin" keygen --out key
said "not overwritten"
expect 0 "$bin" sign --local --key-file key --in payload
chmod 0640 key2
expect 1 "$bin" sign --local --key-file key2 --in payload
said 0600
expect 1 "$bin" keygen --out key3 --public key.pub
[[ -s key.pub ]] || fail "a public key was overwritten"
! grep -l '"private"' out err >/dev/null || fail "a private key was printed"

# -- two files larger than memory would be hashed alike: constant memory
if [[ -z ${CS_SLOW_TESTS:-} ]]; then
    truncate -s 256M sparse
else
    truncate -s 5G sparse
fi
if ! grep -q __asan_init "$bin"; then
    (ulimit -v 200000; exec "$bin" sign --local --key-file key --in sparse >sparse.json) || fail "sparse"
    (ulimit -v 200000; exec "$bin" verify --quiet --sign-result sparse.json --public-key key.pub --payload sparse) ||
        fail "sparse verify"
fi
echo "cli_local: done"
