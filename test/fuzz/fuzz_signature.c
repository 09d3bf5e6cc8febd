/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of every format against fixed keys. The first byte says which key the rest is a signature of.
 *
 * Whatever verifies does so for one key, one format and one message only; ECDSA signatures have one DER and one raw
 * form.
 */
#include <stdlib.h>
#include <string.h>

#include "core/composite.h"
#include "core/ecdsa.h"

static const struct {
    const char *alg;
    cs_format format;
} rows[] = {
    {"mldsa44+ed25519", CS_FORMAT_COMPOSITE},
    {"mldsa44+ed25519", CS_FORMAT_CONCAT},
    {"mldsa44+ed25519", CS_FORMAT_ENVELOPE},
    {"mldsa44+ecdsa-p256", CS_FORMAT_COMPOSITE},
    {"mldsa44+ecdsa-p256", CS_FORMAT_CONCAT},
    {"mldsa44+ecdsa-p256", CS_FORMAT_ENVELOPE},
    {"mldsa87+ecdsa-p384", CS_FORMAT_COMPOSITE},
    {"mldsa87+ed448", CS_FORMAT_COMPOSITE},
    {"mldsa65", CS_FORMAT_PURE},
};
#define KEY_COUNT (sizeof rows / sizeof *rows)

static cs_pair keys[KEY_COUNT];

/* Keys of 0x21 bytes, as those of the corpora of private and public keys. */
static void open_keys(void)
{
    if (keys[0].pq != NULL)
        return;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        CS_SECRET(serialized);
        CS_SECRET(der);
        uint8_t half[57];
        const cs_alg *alg = cs_alg_find(cs_slice_str(rows[i].alg));
        cs_slice trad = cs_slice_of(half, cs_prim_private_len(alg->trad));
        memset(half, 0x21, sizeof half);
        if (cs_prim_is_ecdsa(alg->trad)) {
            if (cs_ec_private_der(&der, alg->trad, trad) != CS_OK)
                abort();
            trad = cs_secret_slice(&der);
        }
        if (cs_secret_set(&serialized, cs_slice_of(half, 32)) != CS_OK || cs_secret_add(&serialized, trad) != CS_OK ||
            cs_pair_open_private(&keys[i], alg, rows[i].format, cs_secret_slice(&serialized)) != CS_OK)
            abort();
    }
}

static void verify(const cs_pair *k, cs_slice sig)
{
    const cs_message m = {.bytes = CS_LIT("countersign")}, other = {.bytes = CS_LIT("countersign ")};
    cs_halves halves;
    cs_err err = cs_pair_verify(&halves, k, &m, sig);
    if ((err == CS_OK) != (halves.pq_ok && halves.trad_ok) || (err != CS_OK && err != CS_BAD_SIGNATURE))
        abort();
    if (err != CS_OK)
        return;
    if (cs_pair_verify(NULL, k, &other, sig) != CS_BAD_SIGNATURE)
        abort();
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (&keys[i] != k && cs_pair_verify(NULL, &keys[i], &m, sig) != CS_BAD_SIGNATURE)
            abort();
}

/* DER that is read is written the same; its low-s form is stable, and raw form and DER mean each other. */
static void ecdsa_forms(cs_prim prim, cs_slice der)
{
    uint8_t raw_memory[96], der_memory[128], low_memory[128], again_memory[128];
    cs_buf raw = CS_BUF_OVER(raw_memory), out = CS_BUF_OVER(der_memory);
    cs_buf low = CS_BUF_OVER(low_memory), again = CS_BUF_OVER(again_memory);
    cs_err err = cs_ecdsa_der_to_raw(&raw, prim, der);
    if (err != cs_ecdsa_low_s(&low, prim, der))
        abort();
    if (err == CS_OK) {
        if (cs_ecdsa_raw_to_der(&out, prim, cs_buf_slice(&raw)) != CS_OK || !cs_slice_eq(cs_buf_slice(&out), der) ||
            cs_ecdsa_low_s(&again, prim, cs_buf_slice(&low)) != CS_OK ||
            !cs_slice_eq(cs_buf_slice(&again), cs_buf_slice(&low)))
            abort();
    } else if (err != CS_BAD_SIGNATURE || raw.n != 0 || low.n != 0) {
        abort();
    }
    cs_buf_clear(&raw);
    cs_buf_clear(&out);
    if (cs_ecdsa_raw_to_der(&out, prim, der) == CS_OK &&
        (cs_ecdsa_der_to_raw(&raw, prim, cs_buf_slice(&out)) != CS_OK || !cs_slice_eq(cs_buf_slice(&raw), der)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    open_keys();
    cs_slice sig = cs_slice_of(data + 1, size - 1);
    verify(&keys[data[0] % KEY_COUNT], sig);
    ecdsa_forms(CS_P256, sig);
    ecdsa_forms(CS_P384, sig);
    return 0;
}
