/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_envelope.h"

#include "core/json.h"

const char *cs_pq_class_name(cs_pq_class c)
{
    static const char *const names[] = {[CS_PQ_MALFORMED] = "malformed-request",
                                        [CS_PQ_SIGNING_FAILED] = "signing-failed",
                                        [CS_PQ_INTERNAL] = "internal-error"};
    return names[c];
}

cs_pq_class cs_pq_class_of(cs_err err, bool looked_up)
{
    switch (cs_err_class_of(err)) {
    case CS_CLASS_INTERNAL:
    case CS_CLASS_UNAVAILABLE:
        return CS_PQ_INTERNAL;
    case CS_CLASS_FORBIDDEN: /* an API key without the scope is an authorization failure, too */
        return CS_PQ_SIGNING_FAILED;
    default:
        return looked_up ? CS_PQ_SIGNING_FAILED : CS_PQ_MALFORMED;
    }
}

int cs_pq_status_of(cs_err err, bool looked_up)
{
    switch (cs_pq_class_of(err, looked_up)) {
    case CS_PQ_INTERNAL:
        return 503;
    case CS_PQ_SIGNING_FAILED:
        return 403;
    default:
        break;
    }
    switch (cs_err_class_of(err)) {
    case CS_CLASS_UNAUTHENTICATED:
    case CS_CLASS_NOT_ALLOWED:
    case CS_CLASS_TIMEOUT:
    case CS_CLASS_RATE:
        return cs_err_http_status(err);
    default:
        return err == CS_BODY_TOO_LARGE ? cs_err_http_status(err) : 400;
    }
}

void cs_pq_envelope_error(cs_buf *out, cs_pq_class c, const char *request_id)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "error", cs_pq_class_name(c));
    cs_jw_cstr(&w, "request_id", request_id);
    cs_jw_end(&w);
}
