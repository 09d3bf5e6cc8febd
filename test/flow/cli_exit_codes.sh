#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every way to fail has its exit code: 1 operational, 2 refused, 64 usage. Nothing that fails exits with 0.
set -euo pipefail
bin=${CS_BIN:?}/countersign
cases=${CS_SOURCE:?}/test/vectors/attestation-cases.json
unset COUNTERSIGN_SERVER COUNTERSIGN_API_KEY

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$work"

rows=0
# row CODE SAID ARGUMENT…: this exit code, and this on stderr. What fails leaves stdout empty unless --json is asked for.
row() {
    local want=$1 said=$2 code=0
    shift 2
    "$bin" "$@" >out 2>err </dev/null || code=$?
    rows=$((rows + 1))
    if [[ $code != "$want" || $(<err) != *"$said"* ]] || [[ $code != 0 && $* != *--json* && -s out ]]; then
        printf 'cli_exit_codes: %s: exit code %s, expected %s with "%s"\n' "$*" "$code" "$want" "$said" >&2
        cat out err >&2
        exit 1
    fi
}

# -- material: a key, a payload, a result; a valid case of the corpus
"$bin" keygen --quiet --out key --public key.pub
"$bin" keygen --quiet --out key2 --public key2.pub
echo payload >payload
echo other >other
"$bin" sign --local --key-file key --in payload >result
python3 - "$cases" <<'PY'
import base64, json, sys
case = json.load(open(sys.argv[1]))["cases"][0]
write = lambda name, data: open(name, "wb").write(data if isinstance(data, bytes) else data.encode())
write("policy", json.dumps(case["policy"]))
write("doc", case["document"])
write("doc.short", case["document"][:-3])
write("doc.huge", "a." * (1 << 20))
write("sig", base64.b64decode(case["signature"]))
write("attested", base64.b64decode(case["payload"]))
write("at", str(case["clock"]["now"]))
data = {"signature": case["signature"], "attestation": {"docB64": base64.b64encode(case["document"].encode()).decode()}}
write("attested.json", json.dumps(data))
write("no-attestation.json", json.dumps({"signature": case["signature"]}))
write("bad-doc.json", json.dumps(dict(data, attestation={"docB64": "*"})))
write("bad-key.json", json.dumps(dict(data, publicKey="x")))
write("no-signature.json", json.dumps({"attestation": data["attestation"]}))
write("two-signatures.json", json.dumps(dict(data, signatureB64="AAAA")))
write("list.json", "[]")
write("twice.json", '{"signature":"AAAA","signature":"AAAA"}')
write("trailing.json", json.dumps(data) + "x")
write("policy.empty", json.dumps(dict(case["policy"], matchRules={"allowedImageHashes": [], "rootPublicKeyB64": ""})))
write("policy.vendor", json.dumps(dict(case["policy"], vendor="intel-sgx")))
write("policy.nitro", json.dumps({"name": "n", "vendor": "aws-nitro-enclave", "matchRules": {"pcrs": {"0": ["12" * 48]}}}))
write("doc.short.b64", base64.b64encode(case["document"][:9].encode()))
write("policy.surplus", json.dumps(dict(case["policy"], surplus=1)))
write("key.bad", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
write("key.alg", open("key.pub").read().replace("mldsa65", "mldsa66"))
write("empty", "")
PY
at=$(cat at)

# -- done
row 0 "" --help
row 0 "" --version
row 0 "" sign --help
row 0 "" attest verify --help
for shell in bash zsh fish; do row 0 "" completion "$shell"; done
row 0 "" verify --sign-result result --public-key key.pub --payload payload
row 0 "" attest verify --allow-mock --policy policy --doc doc --signature sig --payload attested --at "$at"
row 0 "" attest verify --allow-mock --policy policy --sign-result attested.json --payload attested --at "$at"
row 0 "NOTHING HAS BEEN VERIFIED" attest inspect --doc doc
row 0 "NOTHING HAS BEEN VERIFIED" attest inspect doc
row 0 "" attest inspect --sign-result attested.json --quiet
row 0 "" attest inspect --json doc --quiet

# -- usage
row 64 ""
row 64 "unknown command" nonsense
row 64 "which command" --json
row 64 "unknown command" attest
row 64 "unknown option" verify --nonsense
row 64 "--public-key is needed" verify --sign-result result --payload payload
row 64 "required" verify --sign-result result --public-key key.pub
row 64 "give --sign-result or --signature" verify --public-key key.pub --payload payload
row 64 "give --sign-result or --signature" verify --sign-result result --signature sig --public-key key.pub --payload payload
row 64 "cannot both be stdin" verify --sign-result - --public-key key.pub --payload -
row 64 "given twice" verify --payload a --payload b
row 64 "needs a value" verify --payload
row 64 "unexpected argument" verify extra
row 64 "required" keygen
row 64 "not known" keygen --algorithm mldsa66 --out x
row 64 "not known" keygen --algorithm ed25519 --out x
row 64 "--format is" keygen --format raw --out x
row 64 "not offered" keygen --algorithm mldsa65 --format composite --out x
row 64 "not offered" keygen --algorithm mldsa87+ed448 --format concat --out x
row 64 "to a file only" keygen --out -
row 64 "required" sign --local --key-file key
row 64 "--local needs --key-file" sign --local --in payload
row 64 "neither --key nor --nonce" sign --local --key-file key --key k --in payload
row 64 "neither --key nor --nonce" sign --local --key-file key --nonce AAAAAAAAAAA= --in payload
row 64 "give --key" sign --in payload
row 64 "give --key" sign --key-file key --in payload
row 64 "required" attest verify --policy policy --doc doc --signature sig
row 64 "required" attest verify --doc doc --signature sig --payload attested
row 64 "give --sign-result, or" attest verify --policy policy --payload attested
row 64 "give --sign-result, or" attest verify --policy policy --payload attested --doc doc
row 64 "give --sign-result, or" attest verify --policy policy --payload attested --signature sig
row 64 "give --sign-result, or" attest verify --policy policy --payload attested --sign-result attested.json --doc doc
row 64 "contradict" attest verify --policy policy --payload attested --sign-result attested.json --production --allow-mock
row 64 "--at is" attest verify --policy policy --payload attested --sign-result attested.json --at yesterday
row 64 "--at is" attest verify --policy policy --payload attested --sign-result attested.json --at -1
for nonce in x AAAA AAAAAAAAAA== AAAAAAAAAAA "$(head -c 65 /dev/zero | base64 -w0)"; do
    row 64 "--nonce is" attest verify --policy policy --payload attested --sign-result attested.json --nonce "$nonce"
done
row 64 "cannot both be stdin" attest verify --policy - --payload - --sign-result attested.json
row 64 "give one FILE" attest inspect
row 64 "give one FILE" attest inspect --doc doc --sign-result attested.json
row 64 "give one FILE" attest inspect --doc doc doc
row 64 "give one FILE" attest inspect doc doc
row 64 "--payload is required" attest verify --policy policy --doc doc --signature sig
for other in doc signature payload sign-result public-key key-id purpose; do
    row 64 "stands alone" attest verify --policy policy --evidence doc --"$other" sign
done
row 64 "contradict" attest verify --policy policy --evidence doc --production --allow-mock
row 64 "cannot both be stdin" attest verify --policy - --evidence -
for hex in "" 0 0A zz; do
    row 64 "--binding is" attest verify --policy policy --evidence doc --binding "$hex"
    row 64 "--evidence-public-key is" attest verify --policy policy --evidence doc --evidence-public-key "$hex"
done
row 64 "--nonce is" attest verify --policy policy --evidence doc --nonce 'a*'
row 64 "--at is" attest verify --policy policy --evidence doc --at yesterday
row 64 "bash, zsh or fish" completion
row 64 "bash, zsh or fish" completion tcsh
row 64 "bash, zsh or fish" completion bash zsh

# -- usage of what needs a server: said before anything is sent
row 64 "no server" keys list
row 64 "no server" enclave
row 64 "no server" sign --key k --in payload
row 64 "no API key" keys list --server http://127.0.0.1:1
for url in ftp://localhost http://example.com http://127.0.0.1.example.com http://10.0.0.1 https://u:p@localhost \
    https://localhost/path "https://localhost/?q" "https://localhost/#f" nonsense "http://[::2]" http://0.0.0.0; do
    COUNTERSIGN_API_KEY=cs_sec_test_x row 64 "an https:// address" keys list --server "$url"
done
row 64 "required" keys create
row 64 "give one key" keys show
row 64 "give one key" keys show a b
row 64 "give --yes" keys revoke k
row 64 "give --yes" keys revoke k --no-input
row 64 "required" attestation-policies create
row 64 "give one policy id" attestation-policies show
for what in attestation-policies policies; do
    row 64 "required" $what create
    row 64 "required" $what update pol_1
    row 64 "give one policy id" $what update --file policy
    row 64 "give one policy id" $what show
    row 64 "give one policy id" $what delete
    row 64 "give one policy id" $what delete a b
done
row 64 "give one signature id" signatures show

# -- operational
row 1 "IO" verify --sign-result absent --public-key key.pub --payload payload
row 1 "IO" verify --sign-result result --public-key absent --payload payload
row 1 "IO" verify --sign-result result --public-key key.pub --payload absent
row 1 "IO" verify --sign-result result --public-key key.pub --payload .
row 1 "neither a file nor base64" verify --signature 'a*' --public-key key.pub --payload payload
for bad in key.bad empty other policy; do
    row 1 "$bad" verify --sign-result result --public-key "$bad" --payload payload
done
row 1 "UNKNOWN_ALGORITHM" verify --sign-result result --public-key key.alg --payload payload
for bad in no-signature.json two-signatures.json list.json twice.json trailing.json empty payload; do
    row 1 "$bad" verify --sign-result "$bad" --public-key key.pub --payload payload
    row 1 "$bad" attest verify --allow-mock --policy policy --sign-result "$bad" --payload attested
done
row 1 "IO" sign --local --key-file absent --in payload
row 1 "IO" sign --local --key-file key --in absent
row 1 "IO" sign --local --key-file key --in .
row 1 "0600" sign --local --key-file key.pub --in payload
chmod 600 payload
row 1 "payload" sign --local --key-file payload --in payload
row 1 "not overwritten" keygen --out key
row 1 "IO" keygen --out absent/key
row 1 "IO" attest verify --policy absent --sign-result attested.json --payload attested
row 1 "IO" attest verify --policy policy --sign-result absent --payload attested
row 1 "IO" attest verify --policy policy --sign-result attested.json --payload absent
row 1 "IO" attest verify --policy policy --doc absent --signature sig --payload attested
row 1 "IO" attest verify --policy policy --doc doc --signature sig --payload attested --public-key absent
row 1 "BAD_JSON" attest verify --policy payload --sign-result attested.json --payload attested
row 1 "POLICY_ALLOWLIST_EMPTY" attest verify --policy policy.empty --sign-result attested.json --payload attested
row 1 "POLICY_VENDOR" attest verify --policy policy.vendor --sign-result attested.json --payload attested
row 1 "surplus" attest verify --policy policy.surplus --sign-result attested.json --payload attested
row 1 "no attestation document" attest verify --policy policy --sign-result no-attestation.json --payload attested
row 1 "attestation.docB64" attest verify --policy policy --sign-result bad-doc.json --payload attested
row 1 "publicKey" attest verify --policy policy --sign-result bad-key.json --payload attested
row 1 "IO" attest inspect --doc absent
row 1 "IO" attest inspect absent
row 1 "IO" attest verify --policy policy --evidence absent
row 1 "IO" attest verify --policy absent --evidence doc
row 1 "IO" attest verify --policy policy --evidence doc --certificates absent
row 1 "POLICY_VENDOR" attest verify --policy policy.vendor --evidence doc
row 1 "no attestation document" attest inspect --sign-result no-attestation.json
row 1 "IO" attestation-policies create --file absent
row 1 "POLICY_ALLOWLIST_EMPTY" attestation-policies create --file policy.empty
row 1 "IO" policies create --file absent
row 1 "IO" policies update pol_1 --file absent
echo '{"name":"n","rule":{"minTier":4}}' >rule.bad
row 1 "rule.minTier" policies create --file rule.bad
echo '{"name":"n","rule":{}}' >rule.empty
row 1 "RULE_EMPTY" policies create --file rule.empty

# -- API keys: only from files of one's own, or the environment
echo cs_sec_test_x >api-key
for file in absent api-key; do row 1 "$file" keys list --server http://127.0.0.1:1 --api-key-file "$file"; done
chmod 600 api-key
row 1 "http://127.0.0.1:1" keys list --server http://127.0.0.1:1 --api-key-file api-key
printf 'a key\n' >api-key
row 1 "does not hold" keys list --server http://127.0.0.1:1 --api-key-file api-key
printf '{"apiKey":1}' >api-key
row 1 "api-key" keys list --server http://127.0.0.1:1 --api-key-file api-key
COUNTERSIGN_API_KEY=$'a\nb' row 1 "not the text of an API key" keys list --server http://127.0.0.1:1
COUNTERSIGN_API_KEY=cs_sec_test_x row 1 "http://127.0.0.1:1" enclave --server http://127.0.0.1:1
COUNTERSIGN_API_KEY=cs_sec_test_x COUNTERSIGN_SERVER=http://localhost:1 row 1 "http://localhost:1" keys list

# -- refused
row 2 "BAD_SIGNATURE" verify --sign-result result --public-key key.pub --payload other
row 2 "BAD_SIGNATURE" verify --sign-result result --public-key key2.pub --payload payload
row 2 "BAD_SIGNATURE" verify --signature empty --public-key key.pub --payload payload
row 2 "BAD_SIGNATURE" verify --json --signature sig --public-key key.pub --payload payload
attest=(attest verify --policy policy --doc doc --signature sig --payload attested --at "$at")
row 2 "--allow-mock" "${attest[@]}"
row 2 "ATT_MOCK_REFUSED" "${attest[@]}" --production
row 2 "ATT_KEY_MISMATCH" "${attest[@]}" --allow-mock --public-key key.pub
row 2 "ATT_KEY_MISMATCH" "${attest[@]}" --allow-mock --key-id another
row 2 "ATT_NONCE_MISMATCH" "${attest[@]}" --allow-mock --nonce AAAAAAAAAAA=
attest=(attest verify --allow-mock --policy policy)
row 2 "ATT_EXPIRED" "${attest[@]}" --doc doc --signature sig --payload attested
row 2 "ATT_FROM_FUTURE" "${attest[@]}" --doc doc --signature sig --payload attested --at 2020-01-01T00:00:00Z
row 2 "ATT_PAYLOAD_MISMATCH" "${attest[@]}" --doc doc --signature sig --payload other --at "$at"
row 2 "ATT_SIGNATURE_MISMATCH" "${attest[@]}" --doc doc --signature other --payload attested --at "$at"
row 2 "ATT_SHAPE" "${attest[@]}" --doc empty --signature sig --payload attested --at "$at"
row 2 "ATT_SHAPE" "${attest[@]}" --doc payload --signature sig --payload attested --at "$at"
row 2 "ATT_" "${attest[@]}" --doc doc.short --signature sig --payload attested --at "$at"
row 2 "ATT_TOO_LARGE" "${attest[@]}" --doc doc.huge --signature sig --payload attested --at "$at"
row 2 "ATT_EVIDENCE_FORMAT" attest inspect --doc payload
row 2 "ATT_EVIDENCE_FORMAT" attest inspect doc.short.b64
row 2 "ATT_TOO_LARGE" attest inspect doc.huge
row 2 "ATT_MOCK_REFUSED" attest verify --policy policy --evidence doc
row 2 "ATT_VENDOR_MISMATCH" attest verify --allow-mock --policy policy --evidence doc
row 2 "ATT_EVIDENCE_FORMAT" attest verify --json --policy policy.nitro --evidence doc
row 2 "ATT_EVIDENCE_FORMAT" attest verify --ear --json --policy policy.nitro --evidence empty

# -- what does not reach stdout is a failure
if [[ -c /dev/full ]]; then
    for args in "--version" "sign --local --key-file key --in payload" "attest inspect --doc doc" "completion bash"; do
        code=0
        # shellcheck disable=SC2086 # the arguments are words
        "$bin" $args >/dev/full 2>err || code=$?
        [[ $code == 1 ]] || { echo "cli_exit_codes: $args >/dev/full: exit code $code" >&2; exit 1; }
    done
fi

# -- what completion writes is a script
"$bin" completion bash | bash -n
for shell in zsh fish; do
    if command -v "$shell" >/dev/null; then "$bin" completion "$shell" | "$shell" -n; fi
done
[[ $("$bin" completion fish | grep -c '^complete ') -gt 40 ]]
# shellcheck disable=SC2016 # for the inner shell
words=$("$bin" completion bash | bash -c '. /dev/stdin; COMP_WORDS=(countersign attest verify --p) COMP_CWORD=3
    _countersign; echo "${COMPREPLY[*]}"')
[[ $words == *--policy* && $words == *--payload* && $words != *--nonce* ]] || { echo "completion: $words" >&2; exit 1; }

echo "cli_exit_codes: $rows rows"
