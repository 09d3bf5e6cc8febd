/* SPDX-License-Identifier: Apache-2.0 */
#include "core/birth_verify.h"

#include <string.h>

#include "core/attest_nitro.h"
#include "core/clock.h"

static cs_err check_pcrs(const cs_nitro *n, const cs_manifest *manifest)
{
    if (cs_nitro_is_debug(n))
        return CS_ATT_DEBUG;
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        if (n->pcrs[cs_manifest_index[i]].p == NULL)
            return CS_ATT_REGISTER_MISSING;
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        if (!cs_slice_eq(n->pcrs[cs_manifest_index[i]], CS_ARRAY(manifest->pcrs[i])))
            return CS_ATT_IMAGE_NOT_ALLOWED;
    return CS_OK;
}

static cs_err check_birth(const cs_nitro *n, const cs_birth *birth)
{
    cs_err err = cs_birth_compare(n->user_data, birth);
    if (err != CS_OK)
        return err;
    int64_t apart = birth->created_at_ms - n->timestamp_ms;
    return apart < -CS_MAX_BIRTH_CLOCK_MS || apart > CS_MAX_BIRTH_CLOCK_MS ? CS_BIRTH_CLOCK : CS_OK;
}

static cs_err show(cs_birth_verdict *v, const cs_nitro *n)
{
    cs_digest digest;
    v->attested_at_ms = n->timestamp_ms;
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        if (n->pcrs[cs_manifest_index[i]].n == CS_NITRO_PCR_LEN)
            memcpy(v->pcrs[i], n->pcrs[cs_manifest_index[i]].p, CS_NITRO_PCR_LEN);
    if (n->user_data.p == NULL)
        return CS_OK;
    cs_err err = cs_hash(&digest, CS_SHA256, n->user_data);
    if (err == CS_OK)
        memcpy(v->user_data_sha256, digest.b, CS_SHA256_LEN);
    return err;
}

static cs_err judge(cs_birth_verdict *v, cs_slice document, const cs_manifest *manifest, const cs_birth *birth,
                    bool allow_software)
{
    cs_nitro n;
    v->software_nsm = cs_manifest_is_software(manifest);
    if (v->software_nsm && !allow_software)
        return CS_ATT_MOCK_REFUSED;
    cs_err err = cs_nitro_prove(&n, document, manifest->root_sha256, CS_NITRO_AT_ITS_TIME, NULL);
    if (err != CS_OK)
        return err;
    v->proven = true;
    memcpy(v->root_sha256, manifest->root_sha256, CS_SHA256_LEN);
    err = show(v, &n);
    if (err == CS_OK)
        err = check_pcrs(&n, manifest);
    return err == CS_OK ? check_birth(&n, birth) : err;
}

cs_err cs_birth_verify(cs_birth_verdict *verdict, cs_slice document, const cs_manifest *manifest, const cs_birth *birth,
                       bool allow_software)
{
    *verdict = (cs_birth_verdict){.reason = CS_INTERNAL};
    return verdict->reason = judge(verdict, document, manifest, birth, allow_software);
}

void cs_birth_verdict_json(cs_buf *out, const cs_birth_verdict *v)
{
    char memory[32];
    bool ok = v->reason == CS_OK;
    cs_buf time = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "ok", ok);
    cs_jw_cstr(&w, "reason", cs_err_name(v->reason));
    if (ok)
        cs_manifest_write_pcrs(&w, "verified_pcrs", v->pcrs);
    else
        cs_jw_null(&w, "verified_pcrs");
    if (v->proven) {
        cs_time_write(&time, v->attested_at_ms);
        cs_jw_hex(&w, "user_data_sha256", "", CS_ARRAY(v->user_data_sha256));
        cs_jw_hex(&w, "nitro_root_der_sha256", "", CS_ARRAY(v->root_sha256));
        cs_jw_bool(&w, "software_nsm", v->software_nsm);
        cs_jw_str(&w, "attested_at", cs_buf_slice(&time));
    } else {
        cs_jw_null(&w, "user_data_sha256");
        cs_jw_null(&w, "nitro_root_der_sha256");
        cs_jw_bool(&w, "software_nsm", v->software_nsm);
        cs_jw_null(&w, "attested_at");
    }
    cs_jw_end(&w);
}

static cs_err check_rest(const cs_nitro *n, const cs_birth_rest *rest)
{
    cs_digest nonce;
    cs_err err = cs_birth_nonce(&nonce, rest);
    if (err != CS_OK)
        return err;
    return cs_slice_eq(n->nonce, cs_digest_slice(&nonce)) ? CS_OK : CS_ATT_NONCE_MISMATCH;
}

cs_err cs_birth_verify_live(cs_verdict *verdict, cs_slice document, const cs_policy *policy, const cs_birth *birth,
                            const cs_birth_rest *rest, const cs_evidence_expect *expect)
{
    cs_nitro n;
    cs_err err = cs_evidence_verify(verdict, document, policy, expect);
    if (err == CS_OK && policy->vendor != CS_VENDOR_AWS_NITRO)
        err = CS_ATT_VENDOR_MISMATCH;
    if (err == CS_OK)
        err = cs_nitro_parse(&n, document);
    if (err == CS_OK)
        err = check_birth(&n, birth);
    if (err == CS_OK)
        err = check_rest(&n, rest);
    return verdict->reason = err;
}
