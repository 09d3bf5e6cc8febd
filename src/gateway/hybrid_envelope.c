/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_envelope.h"

#include <string.h>

cs_jw cs_hybrid_envelope_begin(cs_buf *out)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    return w;
}

void cs_hybrid_envelope_end(cs_jw *w, const char *request_id, int64_t now_ms)
{
    cs_jw_begin(w, "meta");
    cs_jw_cstr(w, "requestId", request_id);
    cs_envelope_time(w, "timestamp", now_ms);
    cs_jw_end(w);
    cs_jw_end(w);
}

struct code {
    const char *name;
    int status;
};

static const struct {
    cs_err err;
    struct code code;
} codes[] = {
    {CS_UNAUTHENTICATED, {"AUTH_002", 401}},
    {CS_CSRF, {"AUTH_002", 401}},
    {CS_FORBIDDEN, {"AUTH_003", 403}},
    {CS_WRONG_ENVIRONMENT, {"AUTH_004", 403}},
    {CS_ACCOUNT_SUSPENDED, {"AUTH_005", 401}},
    {CS_RATE_LIMITED, {"RATE_001", 429}},
    {CS_PQC_001, {"PQC_001", 400}},
    {CS_PQC_002, {"PQC_002", 400}},
    {CS_PQC_003, {"PQC_003", 400}},
    {CS_PQC_004, {"PQC_004", 422}},
    {CS_PQC_005, {"PQC_005", 422}},
    /* the client can do nothing about an enclave that is refused */
    {CS_ATTESTATION_REJECTED, {"GEN_002", 500}},
};

static struct code code_of(const cs_hybrid_failure *f)
{
    cs_err err = f->fault->err;
    if (err == CS_UNAUTHENTICATED && !f->shown)
        return (struct code){"AUTH_001", 401};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].err == err)
            return codes[i].code;
    int status = cs_err_http_status(err);
    return (struct code){status >= 500 ? "GEN_002" : "GEN_001", status};
}

int cs_hybrid_envelope_error(cs_buf *out, const cs_hybrid_failure *f, const char *request_id, int64_t now_ms)
{
    struct code code = code_of(f);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "error");
    cs_jw_cstr(&w, "code", code.name);
    cs_envelope_message(&w, "message", f->fault, f->reason);
    cs_jw_begin(&w, "details");
    cs_jw_cstr(&w, "reason", cs_err_name(f->reason != CS_OK ? f->reason : f->fault->err));
    cs_envelope_details(&w, f->fault, f->violated);
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_hybrid_envelope_end(&w, request_id, now_ms);
    return code.status;
}
