/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/envelope.h"

#include "core/clock.h"

cs_jw cs_envelope_begin(cs_buf *out)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "success", true);
    return w;
}

void cs_envelope_end(cs_jw *w)
{
    cs_jw_end(w);
}

void cs_envelope_time(cs_jw *w, const char *name, int64_t ms)
{
    char text[32];
    cs_buf time = CS_BUF_OVER(text);
    if (ms != 0)
        cs_time_write(&time, ms);
    cs_jw_str(w, name, ms != 0 ? cs_buf_slice(&time) : CS_ABSENT);
}

/* The field as it fits into a fault, without a character that was cut in the middle: the answer stays UTF-8. */
static cs_slice whole_characters(const char *field)
{
    cs_slice s = cs_slice_str(field);
    size_t last = s.n;
    while (last > 0 && (s.p[last - 1] & 0xc0) == 0x80)
        last--;
    if (last == 0 || s.p[last - 1] < 0xc0)
        return s; /* it ends in ASCII, or is none of ours */
    size_t length = s.p[last - 1] >= 0xf0 ? 4 : s.p[last - 1] >= 0xe0 ? 3 : 2;
    return last - 1 + length <= s.n ? s : cs_slice_sub(s, 0, last - 1);
}

static bool ends_sentence(const cs_buf *text)
{
    return text->n > 0 && text->p[text->n - 1] == '.';
}

void cs_envelope_message(cs_jw *w, const char *name, const cs_fault *fault, cs_err reason)
{
    char text[512];
    cs_buf sentence = CS_BUF_OVER(text);
    cs_slice field = whole_characters(fault->field);
    if (field.n > 0)
        cs_buf_printf(&sentence, "%.*s: ", (int)field.n, (const char *)field.p);
    cs_buf_add_str(&sentence, cs_err_sentence(fault->err));
    if (reason != CS_OK)
        cs_buf_printf(&sentence, "%s %s", ends_sentence(&sentence) ? "" : ":", cs_err_sentence(reason));
    cs_jw_str(w, name, cs_buf_slice(&sentence));
}

void cs_envelope_details(cs_jw *w, const cs_fault *fault, const cs_violated *violated)
{
    cs_slice field = whole_characters(fault->field);
    if (field.n > 0)
        cs_jw_str(w, "field", field);
    if (violated != NULL && violated->rule != NULL) {
        cs_jw_cstr(w, "policyId", violated->policy_id);
        cs_jw_cstr(w, "rule", violated->rule);
    }
}

void cs_envelope_fault(cs_jw *w, const cs_fault *fault, cs_err reason, const cs_violated *violated,
                       const char *request_id)
{
    cs_envelope_message(w, "error", fault, reason);
    cs_jw_cstr(w, "code", cs_err_name(fault->err));
    if (request_id != NULL)
        cs_jw_cstr(w, "requestId", request_id);
    cs_jw_begin(w, "details");
    if (reason != CS_OK)
        cs_jw_cstr(w, "reason", cs_err_name(reason));
    cs_envelope_details(w, fault, violated);
    cs_jw_end(w);
}

void cs_envelope_error(cs_buf *out, const cs_fault *fault, cs_err reason, const cs_violated *violated,
                       const char *request_id)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "success", false);
    cs_envelope_fault(&w, fault, reason, violated, request_id);
    cs_jw_end(&w);
}
