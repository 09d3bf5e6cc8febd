/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/attested.h"

#include <string.h>

#include "core/crypto_x509.h"
#include "core/encode.h"
#include "devkms/pair.h"

cs_err cs_attested_pin_root(cs_attested_rule *rule, cs_slice pem)
{
    cs_buf der = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_slice one;
    size_t n = 0;
    cs_cert *cert = NULL;
    cs_err err = cs_pem_certificates(&der, &one, &n, 1, pem);
    if (err == CS_OK)
        err = cs_cert_parse(&cert, one);
    if (err == CS_OK && cs_cert_public_key(cert) == NULL)
        err = CS_BAD_FORMAT;
    if (err == CS_OK) {
        memcpy(rule->root[0], cs_cert_sha256(cert).p, CS_SHA256_LEN);
        rule->pinned = true;
    }
    cs_cert_free(cert);
    cs_buf_free(&der);
    return err == CS_OK ? CS_OK : CS_CONFIG;
}

cs_err cs_attested_pin_register(cs_attested_rule *rule, size_t index, cs_slice hex)
{
    if (index >= CS_NITRO_PCRS || rule->registers[index].count == CS_ATTESTED_VALUES)
        return CS_CONFIG;
    uint8_t *to = rule->registers[index].of[rule->registers[index].count];
    cs_buf value = cs_buf_over(to, CS_NITRO_PCR_LEN);
    if (hex.n != 2 * CS_NITRO_PCR_LEN || cs_hex_decode(&value, hex) != CS_OK)
        return CS_CONFIG;
    rule->registers[index].count++;
    return CS_OK;
}

static cs_err check_chain(cs_chain **chain, const cs_attested_rule *rule, const cs_nitro *n, int64_t now)
{
    cs_slice ders[CS_MAX_CHAIN];
    size_t count = 0;
    cs_chain_rule chain_rule = {.roots = rule->root,
                                .root_count = rule->pinned ? 1 : 0,
                                .at = now,
                                .schemes = 1u << CS_SCHEME_ES384_DER,
                                .ca_key_usage = true,
                                .leaf_digital_signature = true};
    ders[count++] = n->certificate;
    for (size_t i = n->bundle_count; i-- > 0;)
        ders[count++] = n->bundle[i];
    cs_err err = cs_chain_open(chain, NULL, ders, count);
    if (err == CS_OK)
        err = cs_chain_verify(*chain, &chain_rule);
    return err == CS_BAD_FORMAT ? CS_ATT_EVIDENCE_FORMAT : err;
}

static cs_err check_signature(const cs_nitro *n, const cs_cert *leaf)
{
    cs_buf tbs = cs_buf_new(CS_MAX_COSE + 64);
    cs_cose_sig_structure(&tbs, &n->cose);
    cs_err err = tbs.err;
    if (err == CS_OK)
        err = cs_pubkey_verify(cs_cert_public_key(leaf), CS_SCHEME_ES384_RAW, cs_buf_slice(&tbs), n->cose.signature);
    cs_buf_free(&tbs);
    return err == CS_BAD_SIGNATURE ? CS_ATT_PROOF_INVALID : err;
}

static cs_err check_time(const cs_nitro *n, int64_t now_ms)
{
    if (n->timestamp_ms > now_ms + CS_ATTESTED_SKEW_SECONDS * 1000)
        return CS_ATT_FROM_FUTURE;
    return n->timestamp_ms < now_ms - CS_ATTESTED_AGE_SECONDS * 1000 ? CS_ATT_EXPIRED : CS_OK;
}

static cs_err check_registers(const cs_attested_rule *rule, const cs_nitro *n)
{
    for (size_t i = 0; i < CS_NITRO_PCRS; i++) {
        bool found = rule->registers[i].count == 0;
        if (!found && n->pcrs[i].p == NULL)
            return CS_ATT_REGISTER_MISSING;
        for (size_t j = 0; j < rule->registers[i].count; j++)
            found = found || cs_slice_eq(n->pcrs[i], CS_ARRAY(rule->registers[i].of[j]));
        if (!found)
            return CS_ATT_IMAGE_NOT_ALLOWED;
    }
    return CS_OK;
}

static cs_err check_public_key(cs_slice spki)
{
    cs_pair *key = NULL;
    cs_err err = cs_pair_open_public(&key, spki);
    if (err == CS_OK && cs_pair_kind_of(key) != CS_PAIR_RSA2048)
        err = CS_BAD_PUBLIC_KEY;
    cs_pair_free(key);
    return err;
}

cs_err cs_attested_judge(cs_attested *out, const cs_attested_rule *rule, cs_slice document, int64_t now_ms)
{
    cs_nitro n;
    cs_chain *chain = NULL;
    *out = (cs_attested){0};
    cs_err err = cs_nitro_parse(&n, document);
    if (err == CS_OK && n.cose.alg != CS_COSE_ES384)
        err = CS_ATT_EVIDENCE_ALGORITHM;
    if (err == CS_OK && n.cose.signature.n != CS_COSE_ES384_SIG)
        err = CS_ATT_EVIDENCE_FORMAT;
    if (err == CS_OK)
        err = check_chain(&chain, rule, &n, now_ms / 1000);
    if (err == CS_OK)
        err = check_signature(&n, cs_chain_at(chain, 0));
    cs_chain_free(chain);
    if (err == CS_OK)
        err = check_time(&n, now_ms);
    if (err == CS_OK && cs_nitro_is_debug(&n))
        err = CS_ATT_DEBUG;
    if (err == CS_OK)
        err = check_registers(rule, &n);
    if (err == CS_OK)
        err = check_public_key(n.public_key);
    if (err != CS_OK)
        return err;
    memcpy(out->pcrs, n.pcrs, sizeof out->pcrs);
    out->public_key = n.public_key;
    return CS_OK;
}
