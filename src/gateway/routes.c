/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/routes.h"

#include <stdio.h>
#include <string.h>

#include "gateway/access.h"
#include "gateway/api_keys.h"
#include "gateway/batch.h"
#include "gateway/bundles.h"
#include "gateway/dashboard.h"
#include "gateway/entries.h"
#include "gateway/envelope.h"
#include "gateway/flow.h"
#include "gateway/hybrid_envelope.h"
#include "gateway/hybrid_generate.h"
#include "gateway/hybrid_keys.h"
#include "gateway/hybrid_records.h"
#include "gateway/hybrid_sign.h"
#include "gateway/hybrid_verify.h"
#include "gateway/live.h"
#include "gateway/login.h"
#include "gateway/policies.h"
#include "gateway/pq_envelope.h"
#include "gateway/pq_record.h"
#include "gateway/pq_signer.h"
#include "gateway/proofs.h"
#include "gateway/settings.h"
#include "gateway/signatures.h"
#include "gateway/stats.h"
#include "gateway/status.h"
#include "gateway/tlog.h"
#include "gateway/vault.h"
#include "gateway/vault_policies.h"
#include "gateway/verify.h"
#include "sys/clock.h"
#include "sys/log.h"

#define DEADLINE_US (8 * 1000000) /* for the whole of a request, waiting in the queue included */
#define ANY_SCOPE UINT32_MAX
#define OPEN 0u /* no API key */
/* Bytes of a pair's body up to which the others of its team may wait for it; with ML-DSA-87 it has 15,000 and the
 * message. */
#define MAX_HYBRID_TOGETHER (32u << 10)

enum {
    QUERY = 1,   /* the handler reads the query */
    BODY = 2,    /* … or a body, of a method other than POST, which may always have one */
    BARE = 4,    /* the answer is an object without the envelope … */
    RAW = 8,     /* … or no JSON at all: the handler writes all of it */
    HYBRID = 16, /* envelope and codes of the Hybrid Attest door … */
    SHARED = 32, /* … or only for what has the members of one of its requests: the handler tells (c->hybrid) */
    PQ = 128,    /* envelope and errors of the PQ Signer door; a client certificate alone may do */
    TEAM = 64,   /* several at once are handled together (teams, below) */
    URGENT = 256 /* does not wait behind what else its org has waiting */
};

static const struct route {
    const char *method, *path; /* ":id" stands for a segment, a last "*" for one or more */
    uint32_t scopes;           /* one of them is needed */
    unsigned flags;
    cs_http_pool pool;
    cs_err (*handle)(cs_call *c, cs_jw *w);
} routes[] = {
    {"GET", "/health", OPEN, BARE, CS_POOL_LOOP, cs_status_alive},
    {"GET", "/livez", OPEN, BARE, CS_POOL_LOOP, cs_status_alive},
    {"GET", "/readyz", OPEN, BARE | QUERY, CS_POOL_IO, cs_status_ready},
    {"POST", "/v1/hybrid-keys", CS_SCOPE_KEYS, 0, CS_POOL_IO, cs_vault_create},
    {"GET", "/v1/hybrid-keys", CS_SCOPE_KEYS | CS_SCOPE_VERIFY, QUERY, CS_POOL_IO, cs_vault_list},
    {"GET", "/v1/hybrid-keys/:id", CS_SCOPE_KEYS | CS_SCOPE_VERIFY, 0, CS_POOL_IO, cs_vault_get},
    {"DELETE", "/v1/hybrid-keys/:id", CS_SCOPE_KEYS, URGENT, CS_POOL_IO, cs_vault_revoke},
    {"POST", "/v1/hybrid-keys/:id/rotate", CS_SCOPE_KEYS, 0, CS_POOL_IO, cs_vault_rotate},
    {"POST", "/v1/hybrid-keys/:id/suspend", CS_SCOPE_KEYS, URGENT, CS_POOL_IO, cs_vault_suspend},
    {"POST", "/v1/hybrid-keys/:id/resume", CS_SCOPE_KEYS, 0, CS_POOL_IO, cs_vault_resume},
    {"GET", "/v1/hybrid-keys/:id/audit", CS_SCOPE_KEYS, QUERY, CS_POOL_IO, cs_vault_audit},
    {"POST", "/v1/api-keys", CS_SCOPE_ADMIN, 0, CS_POOL_IO, cs_api_keys_create},
    {"GET", "/v1/api-keys", CS_SCOPE_ADMIN, QUERY, CS_POOL_IO, cs_api_keys_list},
    {"GET", "/v1/api-keys/:id", CS_SCOPE_ADMIN, 0, CS_POOL_IO, cs_api_keys_get},
    {"POST", "/v1/api-keys/:id/rotate", CS_SCOPE_ADMIN, 0, CS_POOL_IO, cs_api_keys_rotate},
    {"DELETE", "/v1/api-keys/:id", CS_SCOPE_ADMIN, URGENT, CS_POOL_IO, cs_api_keys_revoke},
    {"POST", "/v1/session", OPEN, 0, CS_POOL_IO, cs_login_begin},
    {"GET", "/v1/session", ANY_SCOPE, 0, CS_POOL_IO, cs_login_get},
    {"DELETE", "/v1/session", ANY_SCOPE, 0, CS_POOL_IO, cs_login_end},
    {"GET", "/v1/stats", CS_SCOPES_SECRET & ~CS_SCOPE_VERIFY, 0, CS_POOL_IO, cs_stats_get},
    {"POST", "/v1/attestation-policies", CS_SCOPE_POLICIES, 0, CS_POOL_IO, cs_policies_create},
    {"GET", "/v1/attestation-policies", CS_SCOPE_POLICIES, QUERY, CS_POOL_IO, cs_policies_list},
    {"GET", "/v1/attestation-policies/:id", CS_SCOPE_POLICIES, QUERY, CS_POOL_IO, cs_policies_get},
    {"PATCH", "/v1/attestation-policies/:id", CS_SCOPE_POLICIES, BODY, CS_POOL_IO, cs_policies_update},
    {"DELETE", "/v1/attestation-policies/:id", CS_SCOPE_POLICIES, 0, CS_POOL_IO, cs_policies_delete},
    {"GET", "/v1/attestation-policies/:id/signatures", CS_SCOPE_POLICIES, QUERY, CS_POOL_IO, cs_signatures_of_policy},
    {"POST", "/v1/policies", CS_SCOPE_POLICIES, 0, CS_POOL_IO, cs_vault_policies_create},
    {"GET", "/v1/policies", CS_SCOPE_POLICIES, QUERY, CS_POOL_IO, cs_vault_policies_list},
    {"GET", "/v1/policies/:id", CS_SCOPE_POLICIES, 0, CS_POOL_IO, cs_vault_policies_get},
    {"PATCH", "/v1/policies/:id", CS_SCOPE_POLICIES, BODY, CS_POOL_IO, cs_vault_policies_update},
    {"DELETE", "/v1/policies/:id", CS_SCOPE_POLICIES, 0, CS_POOL_IO, cs_vault_policies_delete},
    {"GET", "/v1/signatures", CS_SCOPE_KEYS | CS_SCOPE_SIGN | CS_SCOPE_LEDGER, QUERY, CS_POOL_IO, cs_signatures_list},
    {"GET", "/v1/signatures/:id", CS_SCOPE_KEYS | CS_SCOPE_SIGN | CS_SCOPE_LEDGER, 0, CS_POOL_IO, cs_signatures_get},
    {"GET", "/v1/signatures/:id/bundle", CS_SCOPE_KEYS | CS_SCOPE_SIGN | CS_SCOPE_LEDGER, RAW, CS_POOL_IO,
     cs_bundles_get},
    {"POST", "/v1/sign", CS_SCOPE_SIGN, TEAM, CS_POOL_IO, cs_flow_sign},
    {"POST", "/v1/sign/batch", CS_SCOPE_SIGN, 0, CS_POOL_IO, cs_batch_sign},
    {"POST", "/v1/verify", CS_SCOPE_VERIFY | CS_SCOPE_HYBRID, SHARED | URGENT, CS_POOL_IO, cs_verify_either},
    {"POST", "/v1/sign/hybrid", CS_SCOPE_HYBRID, HYBRID | TEAM, CS_POOL_IO, cs_hybrid_sign},
    {"POST", "/v1/keys/challenge", CS_SCOPE_HYBRID, HYBRID, CS_POOL_IO, cs_hybrid_keys_challenge},
    {"POST", "/v1/keys/register", CS_SCOPE_HYBRID, HYBRID, CS_POOL_IO, cs_hybrid_keys_register},
    {"POST", "/v1/keys/generate", CS_SCOPE_HYBRID, HYBRID, CS_POOL_IO, cs_hybrid_generate},
    {"GET", "/v1/keys", CS_SCOPE_HYBRID, HYBRID | QUERY, CS_POOL_IO, cs_hybrid_keys_list},
    {"GET", "/v1/keys/:id", CS_SCOPE_HYBRID, HYBRID, CS_POOL_IO, cs_hybrid_keys_get},
    {"DELETE", "/v1/keys/:id", CS_SCOPE_HYBRID, HYBRID | URGENT, CS_POOL_IO, cs_hybrid_keys_revoke},
    {"GET", "/v1/attestations", CS_SCOPE_HYBRID, HYBRID | QUERY, CS_POOL_IO, cs_hybrid_records_list},
    {"GET", "/v1/attestations/:id", CS_SCOPE_HYBRID, HYBRID, CS_POOL_IO, cs_hybrid_records_get},
    {"GET", "/v1/attestations/:id/bundle", CS_SCOPE_HYBRID, HYBRID | RAW, CS_POOL_IO, cs_hybrid_records_bundle},
    {"POST", "/v1/pq-signer", CS_SCOPE_PQ_SIGNER, PQ, CS_POOL_IO, cs_pq_signer},
    {"GET", "/v1/pq-signer/record", CS_SCOPE_KEYS, QUERY, CS_POOL_IO, cs_pq_record_get},
    {"GET", "/v1/ledger/entries", CS_SCOPE_LEDGER, QUERY, CS_POOL_IO, cs_entries_list},
    {"POST", "/v1/ledger/entries", CS_SCOPE_LEDGER, 0, CS_POOL_IO, cs_entries_create},
    {"GET", "/v1/ledger/stream", CS_SCOPE_LEDGER, QUERY | RAW, CS_POOL_IO, cs_live_stream},
    {"GET", "/v1/ledger/checkpoints", CS_SCOPE_LEDGER, QUERY, CS_POOL_IO, cs_proofs_checkpoints},
    {"GET", "/v1/ledger/checkpoints/latest", CS_SCOPE_LEDGER, 0, CS_POOL_IO, cs_proofs_latest},
    {"POST", "/v1/ledger/seal", CS_SCOPE_LEDGER, 0, CS_POOL_IO, cs_proofs_seal},
    {"GET", "/v1/ledger/proof/:id", CS_SCOPE_LEDGER, 0, CS_POOL_IO, cs_proofs_inclusion},
    {"GET", "/v1/ledger/consistency", CS_SCOPE_LEDGER, QUERY, CS_POOL_IO, cs_proofs_consistency},
    {"GET", "/v1/ledger/bundle", CS_SCOPE_LEDGER, QUERY, CS_POOL_IO, cs_proofs_bundle},
    {"GET", "/ledger/*", OPEN, RAW, CS_POOL_IO, cs_tlog_get},
    {"GET", "/v1/vault/settings", CS_SCOPE_SETTINGS, 0, CS_POOL_IO, cs_settings_get},
    {"PUT", "/v1/vault/settings", CS_SCOPE_SETTINGS, BODY, CS_POOL_IO, cs_settings_put},
    {"DELETE", "/v1/vault/settings", CS_SCOPE_SETTINGS, 0, CS_POOL_IO, cs_settings_clear},
    {"POST", "/v1/vault/settings/test", CS_SCOPE_SETTINGS, 0, CS_POOL_IO, cs_settings_test},
    {"GET", "/v1/enclave", ANY_SCOPE, 0, CS_POOL_IO, cs_status_enclave},
    {"GET", "/", OPEN, RAW, CS_POOL_IO, cs_dashboard_get},
    {"GET", "/assets/*", OPEN, RAW, CS_POOL_IO, cs_dashboard_get},
    {"GET", "/licenses.txt", OPEN, RAW, CS_POOL_IO, cs_dashboard_get},
};
#define ROUTE_COUNT (sizeof routes / sizeof *routes)

/* How the routes with TEAM handle several. */
static const struct team {
    cs_err (*handle)(cs_call *c, cs_jw *w);
    void (*together)(cs_err *errs, cs_call *const *calls, cs_jw *const *answers, size_t n);
} teams[] = {{cs_flow_sign, cs_flow_sign_together}, {cs_hybrid_sign, cs_hybrid_sign_together}};
#define TEAM_COUNT (sizeof teams / sizeof *teams)

/* `id` and `rest` get what stands for ":id" and "*". */
static bool path_matches(cs_slice *id, cs_slice *rest, const char *pattern, cs_slice path)
{
    *id = *rest = CS_ABSENT;
    for (; *pattern != '\0' && path.n > 0; pattern++) {
        if (*pattern == '*') {
            *rest = path;
            return true;
        }
        size_t n = 1;
        if (*pattern == ':') {
            while (n <= path.n && path.p[n - 1] != '/')
                n++;
            *id = cs_slice_sub(path, 0, --n);
            pattern += 2;
        } else if ((uint8_t)*pattern != path.p[0]) {
            return false;
        }
        if (n == 0)
            return false;
        path = cs_slice_sub(path, n, path.n);
    }
    return *pattern == '\0' && path.n == 0;
}

/* HEAD is answered like GET; the server leaves the body out. */
static bool method_matches(const char *method, cs_slice asked)
{
    return cs_slice_is(asked, method) || (cs_slice_is(asked, "HEAD") && strcmp(method, "GET") == 0);
}

/* `allow` gets the methods of the path if it has some but not this one; `door` is HYBRID or PQ where the path is one of
 * those doors. */
static cs_err find_route(const struct route **out, cs_slice *id, cs_slice *rest, unsigned *door, char allow[64],
                         const cs_http_request *rq)
{
    cs_buf methods = cs_buf_over(allow, 63);
    *out = NULL;
    *door = 0;
    for (size_t i = 0; i < ROUTE_COUNT && *out == NULL; i++) {
        if (!path_matches(id, rest, routes[i].path, rq->path))
            continue;
        *door = routes[i].flags & (HYBRID | PQ);
        if (method_matches(routes[i].method, rq->method))
            *out = &routes[i];
        bool get = strcmp(routes[i].method, "GET") == 0;
        cs_buf_printf(&methods, "%s%s%s", methods.n > 0 ? ", " : "", routes[i].method, get ? ", HEAD" : "");
    }
    size_t n = methods.n;
    allow[*out == NULL ? n : 0] = '\0';
    if (*out != NULL)
        return CS_OK;
    return n > 0 ? CS_METHOD_NOT_ALLOWED : CS_NOT_FOUND;
}

/* What no handler has to look at. */
static cs_err check_request(cs_call *c, const struct route *route)
{
    const cs_http_request *rq = c->rq;
    if (rq->idempotency_key.p != NULL && strcmp(route->method, "POST") != 0)
        return cs_call_fail(c, CS_BAD_FIELD, "Idempotency-Key"); /* to take it and not to honour it would be worse */
    if (rq->body.n > 0 && (route->flags & BODY) == 0 && strcmp(route->method, "POST") != 0)
        return cs_call_fail(c, CS_BAD_REQUEST, NULL);
    if ((route->flags & QUERY) != 0 || rq->query.n == 0)
        return CS_OK;
    cs_query q;
    cs_query_read(&q, rq->query);
    return cs_query_done(&q, &c->fault);
}

/* Before anything is looked up: whoever guesses API keys is slowed down, too. */
static cs_err admit_address(cs_call *c, cs_http_response *rs, const struct route *route)
{
    cs_rate_state state;
    if (c->app->addresses == NULL || c->rq->address[0] == '\0' || route->pool == CS_POOL_LOOP)
        return CS_OK;
    cs_err err = cs_rate_take(&state, c->app->addresses, c->rq->address, cs_tick_us());
    if (err != CS_OK)
        rs->retry_after = 1;
    return err;
}

static cs_err authorize(cs_call *c, cs_http_response *rs, const struct route *route)
{
    cs_err err = admit_address(c, rs, route);
    if (err != CS_OK || route->scopes == OPEN)
        return err;
    err = (route->flags & PQ) != 0 && cs_pq_by_certificate(c) ? cs_pq_admit_certificate(c) : cs_access_check(c);
    if (err == CS_OK)
        err = cs_rate_admit(rs, c->app->rate, c->caller.key_id);
    return err == CS_OK ? cs_access_scope(c, route->scopes) : err;
}

static void answer_error(cs_call *c, cs_http_response *rs, cs_err err)
{
    if (c->fault.err != err)
        (void)cs_fault_set(&c->fault, err, NULL);
    rs->status = c->pq ? cs_pq_status_of(err, c->looked_up) : cs_err_http_status(err);
    if (rs->status == 503)
        rs->retry_after = 1;
    if (rs->status == 401)
        cs_http_header(rs, "WWW-Authenticate", "Bearer"); /* [RFC 9110 §15.5.2] */
    rs->content_type = rs->cache_control = NULL;
    cs_buf_clear(&rs->body);
    if (c->pq)
        cs_pq_refuse(c, err);
    else if (c->hybrid)
        rs->status = cs_hybrid_envelope_error(&rs->body,
                                              &(cs_hybrid_failure){&c->fault, c->caller.shown, c->reason, &c->violated},
                                              c->rq->request_id, cs_now_ms());
    else
        cs_envelope_error(&rs->body, &c->fault, c->reason, &c->violated, c->rq->request_id);
}

static cs_jw begin_envelope(const cs_call *c)
{
    if (c->pq) {
        cs_jw w = cs_jw_on(&c->rs->body);
        cs_jw_begin(&w, NULL);
        return w;
    }
    return c->hybrid ? cs_hybrid_envelope_begin(&c->rs->body) : cs_envelope_begin(&c->rs->body);
}

static void end_envelope(const cs_call *c, cs_jw *w)
{
    if (c->hybrid)
        cs_hybrid_envelope_end(w, c->rq->request_id, cs_now_ms());
    else
        cs_envelope_end(w);
}

static cs_err run(cs_call *c, const struct route *route)
{
    cs_http_response *rs = c->rs;
    cs_jw w = cs_jw_on(&rs->body);
    cs_err err;
    if ((route->flags & RAW) != 0) {
        err = route->handle(c, &w);
    } else if ((route->flags & BARE) != 0) {
        cs_jw_begin(&w, NULL);
        err = route->handle(c, &w);
        cs_jw_end(&w);
    } else {
        w = begin_envelope(c);
        err = route->handle(c, &w);
        end_envelope(c, &w);
    }
    rs->status = c->status;
    return err == CS_OK ? rs->body.err : err;
}

static cs_err replay(cs_call *c, const struct route *route, const cs_idempotency_row *kept)
{
    c->rs->body.max = CS_MAX_KEPT_ANSWER + 1024;
    c->hybrid = c->hybrid || ((route->flags & SHARED) != 0 && cs_hybrid_verify_is_asked(c->rq->body));
    cs_jw w = begin_envelope(c);
    cs_jw_members(&w, cs_buf_slice(&kept->answer));
    end_envelope(c, &w);
    cs_call_header(c, "Idempotency-Replayed", "true");
    c->rs->status = kept->status;
    return c->rs->body.err;
}

/* Another gateway may have done the same request at the same time: then its answer is this one's, too. */
static cs_err replay_other(cs_call *c, const struct route *route, const cs_claim *claim, cs_idempotency_row *kept,
                           cs_err err)
{
    cs_err other = cs_idempotency_look_again(c->app->idempotency, claim, kept);
    if (other != CS_OK)
        return other;
    if (kept->status == 0)
        return err;
    cs_buf_clear(&c->rs->body);
    return replay(c, route, kept);
}

/* Once, if the request brings an idempotency key. */
static cs_err run_once(cs_call *c, const struct route *route)
{
    cs_claim claim;
    cs_idempotency_row kept;
    if (c->rq->idempotency_key.p == NULL)
        return run(c, route);
    cs_err err = cs_claim_of(&claim, c->rq, route->path, &c->caller);
    if (err != CS_OK)
        return cs_call_fail(c, err, "Idempotency-Key");
    err = cs_idempotency_begin(c->app->idempotency, &claim, &kept, c->deadline_us);
    if (err != CS_OK)
        return err;
    if (kept.status != 0) {
        err = replay(c, route, &kept);
    } else {
        c->claim = &claim;
        err = run(c, route);
        if (err != CS_OK)
            err = replay_other(c, route, &claim, &kept, err);
        cs_idempotency_end(c->app->idempotency, &claim);
    }
    cs_idempotency_row_free(&kept);
    return err;
}

static void count(const cs_call *c, const struct route *route, int status, int64_t begun_us)
{
    cs_metrics *m = c->app->metrics;
    cs_metrics_request(m, route != NULL ? route->method : NULL, route != NULL ? route->path : NULL, status);
    if (route == NULL || route->pool != CS_POOL_LOOP)
        cs_metrics_time(m, CS_STAGE_QUEUE, begun_us - c->rq->arrived_us);
    cs_metrics_time(m, CS_STAGE_REQUEST, cs_tick_us() - c->rq->arrived_us);
}

void cs_routes_refused(void *app, cs_err err)
{
    cs_metrics_request(((cs_app *)app)->metrics, NULL, NULL, cs_err_http_status(err));
}

/* A request between its first step and its last. */
struct turn {
    cs_call c;
    const struct route *route;
    int64_t begun_us;
    cs_jw w;
};

static cs_err begin(struct turn *t, void *app, const cs_http_request *rq, cs_http_response *rs)
{
    *t = (struct turn){
        .begun_us = cs_tick_us(),
        .c = {.app = app, .rq = rq, .rs = rs, .status = 200, .deadline_us = rq->arrived_us + DEADLINE_US}};
    unsigned door;
    cs_err err = find_route(&t->route, &t->c.id, &t->c.rest, &door, rs->allow, rq);
    t->c.hybrid = (door & HYBRID) != 0;
    t->c.pq = (door & PQ) != 0;
    if (err == CS_OK)
        err = authorize(&t->c, rs, t->route);
    return err == CS_OK ? check_request(&t->c, t->route) : err;
}

static void end(struct turn *t, cs_err err)
{
    const cs_http_request *rq = t->c.rq;
    if (err != CS_OK)
        answer_error(&t->c, t->c.rs, err);
    count(&t->c, t->route, t->c.rs->status, t->begun_us);
    if (t->route == NULL || t->route->pool != CS_POOL_LOOP)
        cs_log_answer(&(cs_log_request){.request_id = rq->request_id,
                                        .method = rq->method,
                                        .path = rq->path,
                                        .status = t->c.rs->status,
                                        .code = err == CS_OK ? NULL : cs_err_name(err),
                                        .api_key_id = t->c.caller.key_id,
                                        .peer_sha256 = rq->peer_sha256,
                                        .duration_us = cs_tick_us() - rq->arrived_us});
}

void cs_routes_handle(void *app, const cs_http_request *rq, cs_http_response *rs)
{
    struct turn t;
    cs_err err = begin(&t, app, rq, rs);
    if (err == CS_OK)
        err = run_once(&t.c, t.route);
    end(&t, err);
}

/* Those of one route. */
static void run_together(const struct team *team, struct turn *const *turns, size_t n)
{
    cs_call *calls[CS_FLOW_TOGETHER];
    cs_jw *answers[CS_FLOW_TOGETHER];
    cs_err errs[CS_FLOW_TOGETHER];
    for (size_t i = 0; i < n; i++) {
        turns[i]->w = begin_envelope(&turns[i]->c);
        calls[i] = &turns[i]->c;
        answers[i] = &turns[i]->w;
    }
    if (n > 0)
        team->together(errs, calls, answers, n);
    for (size_t i = 0; i < n; i++) {
        struct turn *t = turns[i];
        end_envelope(&t->c, &t->w);
        t->c.rs->status = t->c.status;
        end(t, errs[i] == CS_OK ? t->c.rs->body.err : errs[i]);
    }
}

void cs_routes_handle_together(void *app, const cs_http_request *const *rq, cs_http_response *const *rs, size_t n)
{
    struct turn turns[CS_FLOW_TOGETHER];
    struct turn *of[TEAM_COUNT][CS_FLOW_TOGETHER];
    size_t counts[TEAM_COUNT] = {0};
    for (size_t i = 0; i < n; i++) {
        struct turn *t = &turns[i];
        cs_err err = begin(t, app, rq[i], rs[i]);
        size_t team = 0;
        while (err == CS_OK && team < TEAM_COUNT && teams[team].handle != t->route->handle)
            team++;
        if (err == CS_OK && team < TEAM_COUNT)
            of[team][counts[team]++] = t;
        else
            end(t, err == CS_OK ? CS_INTERNAL : err);
    }
    for (size_t team = 0; team < TEAM_COUNT; team++)
        run_together(&teams[team], of[team], counts[team]);
}

/* An idempotency key may have to wait for another request: that waits alone. So does what takes its time. Who waits for
 * a KMS does it where nobody waits behind. */
cs_http_pool cs_routes_classify(void *app, const cs_http_request *rq)
{
    const struct route *route;
    cs_slice id, rest;
    unsigned door;
    char allow[64];
    const cs_app *a = app;
    if (find_route(&route, &id, &rest, &door, allow, rq) != CS_OK)
        return CS_POOL_IO;
    bool hybrid = (door & HYBRID) != 0;
    if ((route->flags & TEAM) != 0 && cs_away_keys_in(&a->away, rq->body))
        return CS_POOL_AWAY;
    bool together = (route->flags & TEAM) != 0 && rq->idempotency_key.p == NULL;
    if (!together || (hybrid && rq->body.n > MAX_HYBRID_TOGETHER))
        return route->pool;
    return hybrid ? CS_POOL_OTHER_TEAM : CS_POOL_TEAM; /* most pairs have no need of the enclave */
}

/* Each org has one account, and another one for what is urgent: so neither its own backlog nor anybody else's delays a
 * revocation or a verification. Whoever has not shown yet who it is shares one with all such. */
uint64_t cs_routes_account(void *app, const cs_http_request *rq)
{
    const uint64_t urgent = 2; /* another account */
    const struct route *route;
    cs_slice id, rest;
    unsigned door;
    char allow[64];
    cs_app *a = app;
    uint64_t account = cs_auth_account(&a->auth, rq->authorization);
    bool known = find_route(&route, &id, &rest, &door, allow, rq) == CS_OK;
    return known && (route->flags & URGENT) != 0 ? account ^ urgent : account;
}

void cs_routes_error_body(cs_buf *out, cs_err err, const cs_http_request *rq)
{
    const struct route *route;
    cs_slice id, rest;
    unsigned door;
    char allow[64];
    cs_fault fault;
    cs_err found = find_route(&route, &id, &rest, &door, allow, rq);
    (void)found; /* it may lie on a path without having its method */
    (void)cs_fault_set(&fault, err, NULL);
    if ((door & PQ) != 0)
        cs_pq_envelope_error(out, cs_pq_class_of(err, false), rq->request_id);
    else if ((door & HYBRID) != 0)
        (void)cs_hybrid_envelope_error(out, &(cs_hybrid_failure){.fault = &fault}, rq->request_id, cs_now_ms());
    else
        cs_envelope_error(out, &fault, CS_OK, NULL, rq->request_id);
}
