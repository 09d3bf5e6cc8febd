/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/client.h"
#include "cli/doctor.h"
#include "cli/probe.h"
#include "core/attest.h"
#include "core/encode.h"
#include "sys/clock.h"

#define SKEW_WARN_SECONDS 5
#define EXPIRY_WARN_DAYS 14
#define DAY_SECONDS 86400

/* The answer's Date lies somewhere between sending and receiving; it counts whole seconds. */
static void check_skew(cs_doctor *d, const cs_probe *p)
{
    if (p->date == 0) {
        cs_doctor_add(d, "clock of server", CS_HEALTH_SKIP, "the answer has no Date");
        return;
    }
    long long skew = p->date < p->sent - 1  ? (long long)(p->sent - 1 - p->date)
                     : p->date > p->arrived ? (long long)(p->date - p->arrived)
                                            : 0;
    cs_doctor_add(d, "clock of server",
                  skew > CS_MAX_CLOCK_SKEW_SECONDS ? CS_HEALTH_FAIL
                  : skew > SKEW_WARN_SECONDS       ? CS_HEALTH_WARN
                                                   : CS_HEALTH_OK,
                  "differs from ours by %lld s; more than %d s and documents are refused", skew,
                  CS_MAX_CLOCK_SKEW_SECONDS);
}

static void check_tls(cs_doctor *d, const cs_probe *p)
{
    long long days = (long long)((p->expires - p->arrived) / DAY_SECONDS);
    if (!p->tls)
        cs_doctor_add(d, "tls", CS_HEALTH_SKIP, "plain HTTP, on this machine only");
    else if (p->expires == 0)
        cs_doctor_add(d, "tls", CS_HEALTH_OK, "the certificate is verified");
    else
        cs_doctor_add(d, "tls", days < EXPIRY_WARN_DAYS ? CS_HEALTH_WARN : CS_HEALTH_OK,
                      "the certificate is verified and good for %lld days", days);
}

/* What /readyz says of its parts, as it says it. */
static void add_parts(cs_buf *out, cs_slice body)
{
    cs_json *json = NULL;
    if (cs_json_parse(&json, body, 64u << 10) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_jval checks = cs_jobj_object_opt(&o, "checks");
        if (checks.v == NULL || cs_json_canonical(out, checks) != CS_OK)
            cs_buf_clear(out);
    }
    cs_json_free(json);
}

/* The sentence of /readyz on what does not keep the server from signing yet. */
static void check_warnings(cs_doctor *d, cs_slice body)
{
    cs_json *json = NULL;
    if (cs_json_parse(&json, body, 64u << 10) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_jval first = cs_jarr_at(cs_jobj_array_opt(&o, "warnings"), 0);
        cs_slice text = cs_jval_str(first);
        if (text.n > 0)
            cs_doctor_add(d, "pinned keys", CS_HEALTH_WARN, "%.*s", (int)text.n, (const char *)text.p);
    }
    cs_json_free(json);
}

static void check_ready(cs_doctor *d, const cs_args *args)
{
    cs_probe p;
    cs_buf parts = cs_buf_new(4096);
    cs_probe_get(&p, args, "/readyz?verbose");
    add_parts(&parts, cs_buf_slice(&p.body));
    if (p.status == 0)
        cs_doctor_add(d, "ready", CS_HEALTH_FAIL, "%s", p.failure);
    else
        cs_doctor_add(d, "ready", p.status == 200 ? CS_HEALTH_OK : CS_HEALTH_FAIL, "status %ld %s", p.status,
                      cs_buf_cstr(&parts));
    check_warnings(d, cs_buf_slice(&p.body));
    cs_buf_free(&parts);
    cs_buf_free(&p.body);
}

/* -- the policy against the enclave -------------------------------------------------------------------------------- */

static cs_err judge(cs_verdict *v, const cs_policy *policy, bool allow_mock, cs_jval data)
{
    cs_buf document = cs_buf_new(CS_MAX_ATTESTATION);
    cs_jobj o = cs_jobj_open(data);
    (void)cs_jobj_base64(&o, "docB64", CS_MAX_ATTESTATION, &document);
    cs_expect expect = {.kind = CS_ATTEST_BOOT, .allow_mock = allow_mock, .now = cs_now_ms() / 1000};
    cs_err err = cs_jobj_done_open(&o);
    if (err == CS_OK)
        err = cs_attest_verify(v, cs_buf_slice(&document), policy, &expect);
    cs_buf_free(&document);
    return err;
}

static void check_policy(cs_doctor *d, const cs_args *args, const cs_policy *policy)
{
    cs_client *client = NULL;
    cs_answer answer = {0};
    cs_verdict v = {0};
    int code = cs_client_open(&client, args);
    if (code == CS_EXIT_OK)
        code = cs_client_call(&answer, client, "GET", "/v1/enclave", CS_ABSENT);
    cs_err err = code == CS_EXIT_OK ? judge(&v, policy, cs_arg_flag(args, "allow-mock"), answer.data) : CS_OK;
    if (code != CS_EXIT_OK)
        cs_doctor_add(d, "policy", CS_HEALTH_FAIL, "the enclave could not be asked about");
    else if (err != CS_OK)
        cs_doctor_add(d, "policy", CS_HEALTH_FAIL, "the enclave that runs is refused: %s (%s)", cs_err_sentence(err),
                      cs_err_name(err));
    else
        cs_doctor_add(d, "policy", CS_HEALTH_OK, "accepts the enclave that runs: %s%s%s", v.image_hash,
                      v.hardware ? "" : ", ", v.hardware ? "" : cs_verdict_caution(&v));
    cs_answer_free(&answer);
    cs_client_close(client);
}

void cs_doctor_server(cs_doctor *d, const cs_args *args, const cs_policy *policy)
{
    const char *server = cs_arg_text(args, "server");
    cs_probe p;
    if (server == NULL || server[0] == '\0') {
        cs_doctor_add(d, "server", policy != NULL ? CS_HEALTH_FAIL : CS_HEALTH_SKIP,
                      "none was named: --server or COUNTERSIGN_SERVER");
        return;
    }
    cs_probe_get(&p, args, "/livez");
    if (p.status == 200)
        cs_doctor_add(d, "server", CS_HEALTH_OK, "answers at %s", server);
    else if (p.status == 0)
        cs_doctor_add(d, "server", CS_HEALTH_FAIL, "%s: %s", server, p.failure);
    else
        cs_doctor_add(d, "server", CS_HEALTH_FAIL, "%s: status %ld; is it a Countersign server?", server, p.status);
    if (p.status != 0) {
        check_tls(d, &p);
        check_skew(d, &p);
        check_ready(d, args);
    }
    if (p.status != 0 && policy != NULL)
        check_policy(d, args, policy);
    cs_buf_free(&p.body);
}
