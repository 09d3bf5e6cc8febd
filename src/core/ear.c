/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ear.h"

/* Values of a trustworthiness vector: 2 to 31 affirm, 32 to 95 warn, from 96 on it is contraindicated. */
#define APPROVED 2
#define APPROVED_AT_BOOT 3 /* of executables: what was loaded until then */
#define CONTRAINDICATED 96
#define CRYPTO_FAILED 99

struct vector {
    int configuration, executables;
    int hardware, runtime_opaque, sourced_data; /* 0: nothing is said */
};

/* Which part of the trust a reason takes away. What stands before it in the order of the checks has passed. Only a root
 * that is compiled in says something about the hardware; under another one the vector is silent about it, because the
 * status must not be better than the worst of the vector. */
static struct vector vector_of(const cs_verdict *v)
{
    int hardware = v->hardware ? APPROVED : 0;
    struct vector all = {APPROVED, APPROVED_AT_BOOT, hardware, hardware, 0};
    if (!v->proven)
        return (struct vector){CRYPTO_FAILED, CRYPTO_FAILED, CRYPTO_FAILED, CRYPTO_FAILED, CRYPTO_FAILED};
    switch (v->reason) {
    case CS_OK:
        break;
    case CS_ATT_IMAGE_NOT_ALLOWED:
    case CS_ATT_REGISTER_MISSING:
    case CS_ATT_IMAGE_MISMATCH:
        all.executables = CONTRAINDICATED;
        break;
    case CS_ATT_TCB:
        all.hardware = CONTRAINDICATED;
        break;
    case CS_ATT_DEBUG:
        all.configuration = all.runtime_opaque = CONTRAINDICATED;
        break;
    case CS_ATT_PLATFORM:
        all.configuration = CONTRAINDICATED;
        break;
    default: /* freshness, bindings, claims */
        all.sourced_data = CONTRAINDICATED;
    }
    return all;
}

static cs_err write_policy_id(cs_jw *w, const cs_policy *policy)
{
    cs_digest d;
    cs_buf canonical = cs_buf_new(CS_MAX_POLICY);
    cs_err err = cs_policy_canonical(&canonical, policy);
    if (err == CS_OK)
        err = cs_hash(&d, CS_SHA256, cs_buf_slice(&canonical));
    if (err == CS_OK)
        cs_jw_hex(w, "ear.appraisal-policy-id", "urn:countersign:policy:sha256:", cs_digest_slice(&d));
    cs_buf_free(&canonical);
    return err;
}

static void write_vector(cs_jw *w, const struct vector *v)
{
    const struct {
        const char *name;
        int value;
    } members[] = {{"configuration", v->configuration},
                   {"executables", v->executables},
                   {"hardware", v->hardware},
                   {"runtime-opaque", v->runtime_opaque},
                   {"sourced-data", v->sourced_data}};
    cs_jw_begin(w, "ear.trustworthiness-vector");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].value != 0)
            cs_jw_int(w, members[i].name, members[i].value);
    cs_jw_end(w);
}

cs_err cs_ear_write(cs_buf *out, const cs_verdict *verdict, const cs_policy *policy, int64_t now)
{
    struct vector v = vector_of(verdict);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "eat_profile", "tag:github.com,2023:veraison/ear");
    cs_jw_int(&w, "iat", now);
    cs_jw_begin(&w, "ear.verifier-id");
    cs_jw_cstr(&w, "developer", "countersign");
    cs_jw_cstr(&w, "build", CS_VERSION);
    cs_jw_end(&w);
    cs_jw_begin(&w, "submods");
    cs_jw_begin(&w, cs_vendor_name(verdict->vendor));
    cs_jw_cstr(&w, "ear.status", verdict->reason == CS_OK ? "affirming" : "contraindicated");
    write_vector(&w, &v);
    cs_err err = write_policy_id(&w, policy);
    cs_jw_cstr(&w, "countersign.reason", cs_err_name(verdict->reason));
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_jw_end(&w);
    return err == CS_OK ? out->err : err;
}
