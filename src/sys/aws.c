/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/aws.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/crypto.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/sigv4.h"
#include "sys/clock.h"
#include "sys/log.h"

#define RETRY_MS 1000           /* after a source has failed */
#define SKEW_MS (4 * 60 * 1000) /* AWS takes five minutes */
#define MAX_AUTHORIZATION 2048
#define MAX_HOST 256

struct cs_aws {
    char region[CS_AWS_MAX_REGION + 1];
    _Atomic int64_t skew_ms; /* what AWS's clock is ahead of ours */
    pthread_mutex_t lock;
    pthread_cond_t renewed;
    bool renewing;
    bool have;
    cs_aws_credentials now;
    int64_t retry_ms; /* no source is asked before */
};

/* -- names ------------------------------------------------------------------------------------------------------- */

bool cs_aws_is_region(cs_slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0 && i + 1 < name.n)))
            return false;
    }
    return name.n > 0 && name.n <= CS_AWS_MAX_REGION;
}

void cs_aws_host(cs_buf *out, const char *service, const char *region)
{
    cs_buf_printf(out, "%s.%s.amazonaws.com%s", service, region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
}

/* HOST[:PORT] of an endpoint; absent if there is more behind it than a slash. */
static cs_slice authority_of(const char *endpoint)
{
    const char *from = strstr(endpoint, "://");
    if (from == NULL)
        return CS_ABSENT;
    cs_slice s = cs_slice_str(from + 3);
    if (s.n > 0 && s.p[s.n - 1] == '/')
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        if (strchr("/?#@\\", s.p[i]) != NULL)
            return CS_ABSENT;
    return s.n > 0 && s.n < MAX_HOST ? s : CS_ABSENT;
}

bool cs_aws_is_endpoint(const char *url, bool plain_anywhere)
{
    return authority_of(url).p != NULL && cs_fetch_url_allowed(url, plain_anywhere);
}

/* -- credentials ------------------------------------------------------------------------------------------------- */

static bool choose_region(cs_aws *a, const char *region)
{
    static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    for (size_t i = 0; region == NULL && i < sizeof names / sizeof *names; i++)
        region = secure_getenv(names[i]);
    if (region == NULL || region[0] == '\0')
        return true;
    return cs_aws_is_region(cs_slice_str(region)) &&
           cs_slice_to_cstr(a->region, sizeof a->region, cs_slice_str(region)) == CS_OK;
}

cs_err cs_aws_open(cs_aws **out, const char *region)
{
    pthread_condattr_t monotonic;
    *out = NULL;
    cs_aws *a = calloc(1, sizeof *a);
    if (a == NULL)
        return CS_NO_MEMORY;
    if (!choose_region(a, region)) {
        free(a);
        return CS_CONFIG;
    }
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&a->renewed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    *out = a;
    return CS_OK;
}

void cs_aws_close(cs_aws *a)
{
    if (a == NULL)
        return;
    cs_aws_credentials_wipe(&a->now);
    (void)pthread_cond_destroy(&a->renewed);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

const char *cs_aws_region(const cs_aws *a)
{
    return a->region;
}

/* Under the lock: they still count. */
static bool are_good(const cs_aws *a)
{
    return a->have && cs_now_ms() < a->now.expires_ms;
}

/* Under the lock, which is given up meanwhile. */
static void renew(cs_aws *a, int64_t deadline_us)
{
    cs_aws_credentials fresh = {0};
    a->renewing = true;
    (void)pthread_mutex_unlock(&a->lock);
    cs_err err = cs_aws_source_read(&fresh, a->region, deadline_us);
    (void)pthread_mutex_lock(&a->lock);
    a->renewing = false;
    if (err == CS_OK) {
        cs_aws_credentials_wipe(&a->now);
        a->now = fresh;
        a->have = true;
        a->retry_ms = 0;
        cs_wipe(&fresh, sizeof fresh); /* the token's memory has another owner now */
    } else {
        a->retry_ms = cs_now_ms() + RETRY_MS;
    }
    (void)pthread_cond_broadcast(&a->renewed);
}

/* Under the lock. False when the deadline has passed. */
static bool wait_for_other(cs_aws *a, int64_t deadline_us)
{
    struct timespec at = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
    return pthread_cond_timedwait(&a->renewed, &a->lock, &at) != ETIMEDOUT;
}

cs_err cs_aws_lend(cs_aws_credentials *out, cs_aws *a, int64_t deadline_us)
{
    bool tried = false;
    *out = (cs_aws_credentials){0};
    (void)pthread_mutex_lock(&a->lock);
    for (;;) {
        int64_t now = cs_now_ms();
        bool due = !a->have || now >= a->now.renew_ms;
        if (due && !a->renewing && !tried && now >= a->retry_ms) {
            renew(a, deadline_us);
            tried = true;
        } else if (are_good(a) || !a->renewing || !wait_for_other(a, deadline_us)) {
            break;
        }
    }
    cs_err err = are_good(a) ? cs_aws_credentials_copy(out, &a->now) : CS_CLOUD_CREDENTIALS;
    (void)pthread_mutex_unlock(&a->lock);
    return err;
}

/* Those that AWS does not take any more are read again, unless somebody has done it already. */
static void distrust(cs_aws *a, const cs_aws_credentials *used)
{
    (void)pthread_mutex_lock(&a->lock);
    bool same = a->have && strcmp(a->now.access_key_id, used->access_key_id) == 0;
    if (same && cs_secret_eq(cs_buf_slice(&a->now.session_token), cs_buf_slice(&used->session_token)))
        a->now.renew_ms = 0;
    (void)pthread_mutex_unlock(&a->lock);
}

/* -- answers ----------------------------------------------------------------------------------------------------- */

void cs_aws_answer_free(cs_aws_answer *a)
{
    cs_buf_free(&a->body);
    *a = (cs_aws_answer){0};
}

/* "com.amazonaws.kms#DisabledException:http://…" is a DisabledException. */
static bool take_code(char out[CS_AWS_MAX_CODE + 1], cs_slice text)
{
    const uint8_t *hash = text.n > 0 ? memchr(text.p, '#', text.n) : NULL;
    if (hash != NULL)
        text = cs_slice_sub(text, (size_t)(hash - text.p) + 1, text.n);
    size_t n = 0;
    while (n < text.n && ((text.p[n] >= 'A' && text.p[n] <= 'Z') || (text.p[n] >= 'a' && text.p[n] <= 'z') ||
                          (text.p[n] >= '0' && text.p[n] <= '9') || text.p[n] == '.'))
        n++;
    bool ends = n == text.n || text.p[n] == ':';
    return n > 0 && ends && cs_slice_to_cstr(out, CS_AWS_MAX_CODE + 1, cs_slice_of(text.p, n)) == CS_OK;
}

void cs_aws_error_code(char out[CS_AWS_MAX_CODE + 1], const char *header, cs_slice body)
{
    cs_json *json = NULL;
    cs_slice text;
    if (take_code(out, cs_slice_str(header)))
        return;
    if (cs_json_parse(&json, body, CS_MAX_BODY) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        text = cs_jobj_str_opt(&o, "__type", CS_MAX_NAME);
        if (text.p == NULL)
            text = cs_jobj_str_opt(&o, "code", CS_MAX_NAME);
    } else {
        text = cs_aws_xml_text(body, "Code");
    }
    if (!take_code(out, text))
        memcpy(out, "Unknown", sizeof "Unknown");
    cs_json_free(json);
}

static bool is_one_of(const char *code, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(code, *names) == 0)
            return true;
    return false;
}

bool cs_aws_is_transient(const cs_aws_answer *a)
{
    static const char *const codes[] = {"ThrottlingException",
                                        "Throttling",
                                        "ThrottledException",
                                        "TooManyRequestsException",
                                        "RequestLimitExceeded",
                                        "LimitExceededException",
                                        "ProvisionedThroughputExceededException",
                                        "TransactionInProgressException",
                                        "DependencyTimeoutException",
                                        "KeyUnavailableException",
                                        "KMSInternalException",
                                        "InternalServerError",
                                        "ServiceUnavailable",
                                        NULL};
    return a->status == 429 || a->status >= 500 || is_one_of(a->code, codes);
}

/* -- the call ---------------------------------------------------------------------------------------------------- */

/* One signed request. */
struct attempt {
    char url[CS_FETCH_URL];
    char host[MAX_HOST];
    char date[CS_SIGV4_DATE];
    char body_sha256[2 * CS_SHA256_LEN + 1];
    uint8_t authorization[MAX_AUTHORIZATION];
};

static cs_err write_address(struct attempt *t, const cs_aws_request *r, const char *region)
{
    cs_buf host = CS_BUF_OVER(t->host), url = CS_BUF_OVER(t->url);
    if (r->endpoint != NULL)
        cs_buf_add(&host, authority_of(r->endpoint));
    else
        cs_aws_host(&host, r->service, region);
    if (r->endpoint != NULL && r->endpoint[strlen(r->endpoint) - 1] != '/')
        cs_buf_printf(&url, "%s/", r->endpoint);
    else if (r->endpoint != NULL)
        cs_buf_add_str(&url, r->endpoint);
    else
        cs_buf_printf(&url, "https://%s/", cs_buf_cstr(&host));
    return cs_buf_cstr(&host)[0] != '\0' && cs_buf_cstr(&url)[0] != '\0' ? CS_OK : CS_CONFIG;
}

static cs_err write_body_hash(struct attempt *t, cs_slice body)
{
    cs_digest digest;
    cs_buf hex = CS_BUF_OVER(t->body_sha256);
    cs_err err = cs_hash(&digest, CS_SHA256, body);
    if (err == CS_OK)
        cs_hex_encode(&hex, cs_digest_slice(&digest));
    return cs_buf_cstr(&hex)[0] != '\0' ? err : CS_INTERNAL;
}

static cs_err sign(struct attempt *t, cs_buf *authorization, const cs_aws_request *r, const char *region,
                   const cs_aws_credentials *c, int64_t now_ms)
{
    cs_sigv4_header headers[4] = {
        {CS_LIT("host"), cs_slice_str(t->host)},
        {CS_LIT("content-type"), cs_slice_str(r->content_type)},
        {CS_LIT("x-amz-content-sha256"), cs_slice_of(t->body_sha256, 2 * CS_SHA256_LEN)},
    };
    size_t count = 3;
    if (r->target != NULL)
        headers[count++] = (cs_sigv4_header){CS_LIT("x-amz-target"), cs_slice_str(r->target)};
    const cs_sigv4_request request = {.method = CS_LIT("POST"),
                                      .path = CS_LIT("/"),
                                      .headers = headers,
                                      .header_count = count,
                                      .body = r->body,
                                      .region = cs_slice_str(region),
                                      .service = cs_slice_str(r->service),
                                      .time_s = now_ms / 1000};
    const cs_sigv4_credentials credentials = {cs_slice_str(c->access_key_id), cs_secret_slice(&c->secret_access_key),
                                              cs_buf_slice(&c->session_token)};
    return cs_sigv4_sign(authorization, t->date, &request, &credentials);
}

static cs_err exchange(cs_fetch_answer *out, struct attempt *t, cs_fetch *f, const cs_aws_request *r,
                       const char *region, const cs_aws_credentials *c, int64_t now_ms)
{
    cs_buf authorization = CS_BUF_OVER(t->authorization);
    cs_err err = write_address(t, r, region);
    if (err == CS_OK)
        err = write_body_hash(t, r->body);
    if (err == CS_OK && sign(t, &authorization, r, region, c, now_ms) != CS_OK)
        err = CS_CLOUD_CREDENTIALS; /* everything else in the request is ours */
    if (err != CS_OK)
        return err;
    const cs_fetch_request request = {
        .method = "POST",
        .url = t->url,
        .headers = {{"Host", cs_slice_str(t->host)},
                    {"Content-Type", cs_slice_str(r->content_type)},
                    {"X-Amz-Date", cs_slice_str(t->date)},
                    {"X-Amz-Content-Sha256", cs_slice_of(t->body_sha256, 2 * CS_SHA256_LEN)},
                    {"X-Amz-Target", r->target != NULL ? cs_slice_str(r->target) : CS_ABSENT},
                    {"X-Amz-Security-Token", c->session_token.n > 0 ? cs_buf_slice(&c->session_token) : CS_ABSENT},
                    {"Authorization", cs_buf_slice(&authorization)}},
        .body = r->body,
        .max_answer = r->max_answer,
        .deadline_us = r->deadline_us};
    return cs_fetch_send(out, f, &request);
}

/* What was refused for a reason that the next attempt mends: the clock or the credentials. */
static bool mend(cs_aws *a, const cs_aws_answer *answer, int64_t date_ms, const cs_aws_credentials *used,
                 unsigned *done)
{
    static const char *const clock_codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired",
                                              "RequestTimeTooSkewed", NULL};
    static const char *const stale_codes[] = {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException",
                                              "InvalidClientTokenId", NULL};
    int64_t skew = date_ms - cs_now_ms();
    int64_t apart = skew - atomic_load(&a->skew_ms);
    if (is_one_of(answer->code, clock_codes) && date_ms != 0 && (apart > SKEW_MS || apart < -SKEW_MS) &&
        (*done & 1) == 0) {
        *done |= 1;
        atomic_store(&a->skew_ms, skew);
        cs_log(CS_LOG_WARN, NULL, "AWS says that this machine's clock is %lld s off", (long long)(-skew / 1000));
        return true;
    }
    if (is_one_of(answer->code, stale_codes) && (*done & 2) == 0) {
        *done |= 2;
        distrust(a, used);
        return true;
    }
    return false;
}

/* Credentials, one exchange, and what the answer is called. */
static cs_err call_once(cs_aws_answer *out, bool *again, unsigned *mended, cs_aws *a, cs_fetch *f,
                        const cs_aws_request *r, const char *region)
{
    cs_aws_credentials credentials;
    cs_fetch_answer answer = {0};
    struct attempt t;
    *out = (cs_aws_answer){0};
    *again = false;
    cs_err err = cs_aws_lend(&credentials, a, r->deadline_us);
    if (err == CS_OK)
        err = exchange(&answer, &t, f, r, region, &credentials, cs_now_ms() + atomic_load(&a->skew_ms));
    if (err == CS_OK) {
        out->status = answer.status;
        memcpy(out->request_id, answer.request_id, sizeof out->request_id);
        if (answer.status != 200)
            cs_aws_error_code(out->code, answer.type, cs_buf_slice(&answer.body));
        out->body = answer.body;
        answer.body = (cs_buf){0};
        *again = mend(a, out, answer.date_ms, &credentials, mended);
    }
    cs_fetch_answer_free(&answer);
    cs_aws_credentials_wipe(&credentials);
    return err;
}

cs_err cs_aws_call(cs_aws_answer *out, cs_aws *a, cs_fetch *f, const cs_aws_request *r)
{
    const char *region = r->region != NULL ? r->region : a->region;
    unsigned mended = 0;
    bool again = false;
    *out = (cs_aws_answer){0};
    if (!cs_aws_is_region(cs_slice_str(region)))
        return CS_CONFIG;
    cs_err err;
    do {
        cs_aws_answer_free(out);
        err = call_once(out, &again, &mended, a, f, r, region);
    } while (err == CS_OK && again);
    return err;
}
