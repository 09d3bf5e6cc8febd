/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/service.h"

#include <string.h>

#include "core/json.h"
#include "devkms/aws.h"
#include "devkms/azure.h"
#include "devkms/google.h"
#include "sys/log.h"

#define ADMIN_BODY 4096

unsigned cs_service_count(cs_service *s, cs_http_answer *answer, const char *op)
{
    unsigned hit = cs_inject_take(&s->inject, &answer->delay_ms, op);
    answer->cut = (hit & 1u << CS_INJECT_CUT) != 0;
    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < CS_SERVICE_OPS; i++) {
        cs_buf name = CS_BUF_OVER(s->calls[i].op);
        if (s->calls[i].op[0] == '\0')
            cs_buf_printf(&name, "%s", op);
        if (strcmp(s->calls[i].op, op) == 0) {
            s->calls[i].count++;
            break;
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return hit;
}

/* -- the admin route ----------------------------------------------------------------------------------------------- */

static bool is_admin(const cs_service *s, const cs_head *head)
{
    const cs_slice prefix = CS_LIT("Bearer ");
    cs_slice sent = cs_head_value(head, "authorization");
    return s->admin_token.n > 0 && cs_slice_starts(sent, prefix) &&
           cs_secret_eq(cs_slice_sub(sent, prefix.n, sent.n), cs_secret_slice(&s->admin_token));
}

static cs_err set_faults(cs_service *s, cs_slice body)
{
    cs_inject_row rows[CS_INJECT_MAX];
    cs_json *doc = NULL;
    cs_err err = cs_json_parse(&doc, body, ADMIN_BODY);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_jval list = cs_jobj_array(&o, "faults");
    size_t n = cs_jarr_len(list);
    if (n > CS_INJECT_MAX)
        cs_jobj_fail(&o, CS_TOO_LARGE, "faults");
    for (size_t i = 0; i < n && o.err == CS_OK; i++)
        if (cs_inject_parse(&rows[i], cs_jval_str(cs_jarr_at(list, i))) != CS_OK)
            cs_jobj_fail(&o, CS_BAD_FIELD, "faults");
    err = cs_jobj_done(&o);
    if (err == CS_OK)
        err = cs_inject_set(&s->inject, rows, n);
    cs_json_free(doc);
    return err;
}

static void tell_faults(cs_service *s, cs_buf *out)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin_array(&w, "faults");
    (void)pthread_mutex_lock(&s->inject.lock);
    for (size_t i = 0; i < s->inject.count; i++) {
        cs_jw_begin(&w, NULL);
        cs_jw_cstr(&w, "fault", cs_inject_name(s->inject.rows[i].kind));
        cs_jw_cstr(&w, "op", s->inject.rows[i].op);
        cs_jw_int(&w, "seen", s->inject.rows[i].seen);
        cs_jw_int(&w, "done", s->inject.rows[i].done);
        cs_jw_end(&w);
    }
    (void)pthread_mutex_unlock(&s->inject.lock);
    cs_jw_end_array(&w);
    cs_jw_begin(&w, "calls");
    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < CS_SERVICE_OPS && s->calls[i].op[0] != '\0'; i++)
        cs_jw_int(&w, s->calls[i].op, s->calls[i].count);
    (void)pthread_mutex_unlock(&s->lock);
    cs_jw_end(&w);
    cs_jw_end(&w);
}

static void serve_admin(cs_service *s, cs_http_answer *answer, const cs_http_request *request)
{
    bool get = cs_slice_is(request->head.method, "GET");
    answer->type = "application/json";
    answer->status = is_admin(s, &request->head) ? 200 : 401;
    if (answer->status == 200 && !cs_slice_is(request->head.path, "/_devkms/faults"))
        answer->status = 404;
    if (answer->status == 200 && !get)
        answer->status =
            cs_slice_is(request->head.method, "PUT") ? cs_err_http_status(set_faults(s, request->body)) : 405;
    if (answer->status == 200)
        tell_faults(s, &answer->body);
}

void cs_service_handle(void *service, cs_http_answer *answer, const cs_http_request *request)
{
    cs_service *s = service;
    if (cs_slice_starts(request->head.path, CS_LIT("/_devkms/")))
        serve_admin(s, answer, request);
    else if (!cs_azure_serve(s, answer, request) && !cs_google_serve(s, answer, request))
        cs_aws_serve(s, answer, request);
    cs_log(CS_LOG_DEBUG, answer->id, "%.*s %.*s: %d", (int)request->head.method.n, (const char *)request->head.method.p,
           (int)request->head.path.n, (const char *)request->head.path.p, answer->status);
}
