/* SPDX-License-Identifier: Apache-2.0 */
/* Reading pairs of Hybrid Attest, as requests and out of stored attestations: what is accepted has the lengths that it
 * promises, and is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "core/hybrid_proof.h"

static void check_pair(const cs_hybrid *h)
{
    const cs_slice parts[] = {h->message, h->ecdsa_signature, h->ecdsa_public_key, h->pqc_signature, h->pqc_public_key};
    size_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].p < h->bytes.p || parts[i].p + parts[i].n > h->bytes.p + h->bytes.n)
            abort();
        sum += parts[i].n;
    }
    bool ed25519 = h->chain->schemes[0] == CS_HYBRID_ED25519;
    if (sum != h->bytes.n || h->message.n > CS_MAX_HYBRID_MESSAGE ||
        h->pqc_public_key.n != cs_prim_public_len(h->algorithm) || h->signer_len != (ed25519 ? 32 : 65))
        abort();
    if (!ed25519) {
        cs_secp256k1_key key;
        if (cs_secp256k1_key_read(&key, cs_slice_of(h->signer, h->signer_len)) != CS_OK ||
            memcmp(key.b, h->signer, sizeof key.b) != 0)
            abort();
    }
}

/* A fuzzer finds no two good signatures; a pair that verifies would be news. */
static void check_verdict(const cs_hybrid *h)
{
    cs_hybrid_result r;
    cs_err err = cs_hybrid_verify(&r, h, NULL);
    if (err != CS_OK && err != CS_PQC_004)
        abort();
    if ((err == CS_OK) != (r.ecdsa_valid && r.pqc_valid) || (r.scheme != CS_HYBRID_BY_CHAIN) != r.ecdsa_valid)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice text = cs_slice_of(data, size);
    cs_json *json = NULL;
    cs_fault fault = {0};
    if (cs_json_parse(&json, text, CS_MAX_BODY) == CS_OK) {
        cs_hybrid h;
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_err err = cs_hybrid_read(&h, &fault, &o);
        if (err != fault.err || (err != CS_OK && h.bytes.p != NULL))
            abort();
        if (err == CS_OK) {
            check_pair(&h);
            check_verdict(&h);
        }
        cs_hybrid_free(&h);
    }
    cs_json_free(json);
    cs_hybrid_proof proof;
    if (cs_hybrid_proof_parse(&proof, &fault, text) == CS_OK)
        check_pair(&proof.pair);
    cs_hybrid_proof_free(&proof);
    return 0;
}
