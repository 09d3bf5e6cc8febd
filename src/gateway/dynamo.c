/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/dynamo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "sys/aws.h"
#include "sys/clock.h"
#include "sys/log.h"

#define MAX_IDLE 16
#define MAX_ANSWER (64u << 10) /* an item as JSON: its bytes in base64 */
#define TRIES 3
#define BIRTH_SUFFIX 256 /* bytes that the second item's key has more: then it is longer than any user_id */

struct cs_dynamo {
    cs_aws *aws;
    const char *table, *region, *endpoint;
    pthread_mutex_t lock; /* of what follows */
    cs_fetch *idle[MAX_IDLE];
    size_t idle_count;
};

cs_err cs_dynamo_open(cs_dynamo **out, const char *table, const char *region, const char *endpoint)
{
    *out = NULL;
    if (endpoint != NULL && !cs_aws_is_endpoint(endpoint, true)) {
        cs_log(CS_LOG_ERROR, NULL, "--dynamodb-endpoint: not http[s]://HOST[:PORT]");
        return CS_CONFIG;
    }
    cs_dynamo *d = calloc(1, sizeof *d);
    if (d == NULL)
        return CS_NO_MEMORY;
    *d = (cs_dynamo){.table = table, .region = region, .endpoint = endpoint};
    (void)pthread_mutex_init(&d->lock, NULL);
    cs_err err = cs_aws_open(&d->aws, region);
    if (err != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "--dynamodb-region: not a region");
        cs_dynamo_close(d);
        return err;
    }
    *out = d;
    return CS_OK;
}

void cs_dynamo_close(cs_dynamo *d)
{
    if (d == NULL)
        return;
    while (d->idle_count > 0)
        cs_fetch_close(d->idle[--d->idle_count]);
    cs_aws_close(d->aws);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}

/* -- calls --------------------------------------------------------------------------------------------------------- */

static cs_err take_connection(cs_fetch **out, cs_dynamo *d)
{
    *out = NULL;
    (void)pthread_mutex_lock(&d->lock);
    if (d->idle_count > 0)
        *out = d->idle[--d->idle_count];
    (void)pthread_mutex_unlock(&d->lock);
    /* Without TLS only where the operator named such an endpoint. */
    return *out != NULL ? CS_OK : cs_fetch_open(out, &(cs_fetch_options){.plain_anywhere = d->endpoint != NULL});
}

static void put_connection(cs_dynamo *d, cs_fetch *f)
{
    (void)pthread_mutex_lock(&d->lock);
    bool room = d->idle_count < MAX_IDLE;
    if (room)
        d->idle[d->idle_count++] = f;
    (void)pthread_mutex_unlock(&d->lock);
    if (!room)
        cs_fetch_close(f);
}

/* What an answer means. CS_CONFLICT: the condition does not hold. CS_FRAME_DEADLINE: worth another try, and perhaps it
 * was done all the same. */
static cs_err meaning_of(const cs_aws_answer *a, const char *target)
{
    if (a->status == 200)
        return CS_OK;
    if (strcmp(a->code, "ConditionalCheckFailedException") == 0)
        return CS_CONFLICT;
    cs_log(CS_LOG_WARN, NULL, "%s: %d %s (%s)", target, a->status, a->code, a->request_id);
    return cs_aws_is_transient(a) ? CS_FRAME_DEADLINE : CS_STORE_UNAVAILABLE;
}

/* One try. The answer is freed by the caller in any case. */
static cs_err call(cs_aws_answer *out, cs_dynamo *d, const char *target, const cs_buf *body, int64_t deadline_us)
{
    cs_fetch *f;
    *out = (cs_aws_answer){0};
    cs_err err = body->err == CS_OK ? take_connection(&f, d) : body->err;
    if (err != CS_OK)
        return err;
    const cs_aws_request request = {.service = "dynamodb",
                                    .region = d->region,
                                    .endpoint = d->endpoint,
                                    .target = target,
                                    .content_type = "application/x-amz-json-1.0",
                                    .body = cs_buf_slice(body),
                                    .max_answer = MAX_ANSWER,
                                    .deadline_us = deadline_us};
    err = cs_aws_call(out, d->aws, f, &request);
    put_connection(d, f);
    if (err == CS_OK)
        return meaning_of(out, target);
    cs_log(CS_LOG_WARN, NULL, "%s: %s", target, cs_err_name(err));
    return err == CS_REMOTE_UNREACHABLE || err == CS_REMOTE_SILENT ? CS_FRAME_DEADLINE
           : err == CS_NO_MEMORY                                   ? err
                                                                   : CS_STORE_UNAVAILABLE;
}

/* -- items --------------------------------------------------------------------------------------------------------- */

static void write_text(cs_jw *w, const char *name, cs_slice value)
{
    cs_jw_begin(w, name);
    cs_jw_str(w, "S", value);
    cs_jw_end(w);
}

static void write_bytes(cs_jw *w, const char *name, cs_slice value)
{
    cs_jw_begin(w, name);
    cs_jw_base64(w, "B", value);
    cs_jw_end(w);
}

static void write_number(cs_jw *w, const char *name, int64_t value)
{
    char text[24];
    cs_buf digits = CS_BUF_OVER(text);
    cs_buf_printf(&digits, "%lld", (long long)value);
    cs_jw_begin(w, name);
    cs_jw_str(w, "N", cs_buf_slice(&digits));
    cs_jw_end(w);
}

/* The key of the second item. */
static void birth_key(cs_buf *out, cs_slice user_id)
{
    static const char word[] = "/birth-attestation";
    cs_buf_add(out, user_id);
    cs_buf_add_str(out, word);
    for (size_t n = sizeof word - 1; n < BIRTH_SUFFIX; n++)
        cs_buf_add_u8(out, '.');
}

static cs_jw begin(cs_buf *body, const cs_dynamo *d)
{
    cs_jw w = cs_jw_on(body);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "TableName", d->table);
    return w;
}

/* A text of an item into a field of `size` bytes. */
static void read_text(cs_jobj *item, const char *name, char *out, size_t size)
{
    cs_jobj value = cs_jobj_open(cs_jobj_object(item, name));
    cs_slice text = cs_jobj_str(&value, "S", size - 1);
    if (cs_jobj_done(&value) != CS_OK || cs_slice_to_cstr(out, size, text) != CS_OK)
        cs_jobj_fail(item, CS_BAD_FIELD, name);
}

static void read_bytes(cs_jobj *item, const char *name, cs_buf *out)
{
    cs_jobj value = cs_jobj_open(cs_jobj_object(item, name));
    (void)cs_jobj_base64(&value, "B", out->max, out);
    if (cs_jobj_done(&value) != CS_OK)
        cs_jobj_fail(item, CS_BAD_FIELD, name);
}

static int64_t read_number(cs_jobj *item, const char *name)
{
    int64_t n = 0;
    cs_jobj value = cs_jobj_open(cs_jobj_object(item, name));
    cs_slice text = cs_jobj_str(&value, "N", 15);
    if (cs_jobj_done(&value) != CS_OK || text.n == 0)
        cs_jobj_fail(item, CS_BAD_FIELD, name);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            cs_jobj_fail(item, CS_BAD_FIELD, name);
        n = n * 10 + (text.p[i] - '0');
    }
    return n;
}

/* It is the item that was asked for. */
static void expect_key(cs_jobj *item, cs_slice key)
{
    cs_jobj value = cs_jobj_open(cs_jobj_object(item, "user_id"));
    cs_slice is = cs_jobj_str(&value, "S", CS_MAX_USER_ID + BIRTH_SUFFIX);
    if (cs_jobj_done(&value) != CS_OK || !cs_slice_eq(is, key))
        cs_jobj_fail(item, CS_BAD_FIELD, "user_id");
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

typedef void (*read_fn)(cs_jobj *item, void *out);

static cs_err read_item(void *out, cs_slice answer, cs_slice key, read_fn read)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, answer, MAX_ANSWER);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_jval found = cs_jobj_object_opt(&o, "Item");
        err = cs_jobj_done_open(&o);
        if (err == CS_OK && found.v == NULL)
            err = CS_NOT_FOUND;
        if (err == CS_OK) {
            cs_jobj item = cs_jobj_open(found);
            expect_key(&item, key);
            read(&item, out);
            err = cs_jobj_done_open(&item);
        }
    }
    cs_json_free(json);
    return err;
}

static cs_err get(void *out, cs_dynamo *d, cs_slice key, read_fn read, int64_t deadline_us)
{
    cs_aws_answer answer;
    cs_buf body = cs_buf_new(4096);
    cs_jw w = begin(&body, d);
    cs_jw_bool(&w, "ConsistentRead", true);
    cs_jw_begin(&w, "Key");
    write_text(&w, "user_id", key);
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_err err = CS_FRAME_DEADLINE;
    for (int i = 0; i < TRIES && err == CS_FRAME_DEADLINE && cs_tick_us() < deadline_us; i++) {
        err = call(&answer, d, "DynamoDB_20120810.GetItem", &body, deadline_us);
        if (err == CS_OK)
            err = read_item(out, cs_buf_slice(&answer.body), key, read);
        cs_aws_answer_free(&answer);
    }
    cs_buf_free(&body);
    if (err == CS_OK || err == CS_NOT_FOUND || err == CS_NO_MEMORY || err == CS_STORE_UNAVAILABLE)
        return err;
    cs_log(CS_LOG_ERROR, NULL, "DynamoDB: the item is not usable: %s", cs_err_name(err));
    return CS_STORE_UNAVAILABLE;
}

static void read_key(cs_jobj *item, void *out)
{
    cs_pq_key_record *k = out;
    read_text(item, "org", k->org, sizeof k->org);
    read_text(item, "alg", k->algorithm, sizeof k->algorithm);
    read_text(item, "kms_key_arn", k->kms_key, sizeof k->kms_key);
    read_text(item, "key_release", k->key_release, sizeof k->key_release);
    k->created_ms = read_number(item, "created_at_ms");
    read_bytes(item, "mldsa_pubkey", &k->public_key);
    read_bytes(item, "sealed", &k->sealed);
}

cs_err cs_dynamo_get(cs_dynamo *d, cs_pq_key_record *out, cs_slice user_id, int64_t deadline_us)
{
    *out = cs_pq_key_record_new();
    cs_err err = get(out, d, user_id, read_key, deadline_us);
    if (err != CS_OK)
        cs_pq_key_record_free(out);
    return err;
}

static void read_birth(cs_jobj *item, void *out)
{
    cs_pq_birth_record *b = out;
    read_text(item, "enclave_version", b->enclave_version, sizeof b->enclave_version);
    read_bytes(item, "wrapped_dk", &b->wrapped);
    read_bytes(item, "birth_attestation", &b->document);
}

cs_err cs_dynamo_get_birth(cs_dynamo *d, cs_pq_birth_record *out, cs_slice user_id, int64_t deadline_us)
{
    uint8_t bytes[CS_MAX_USER_ID + BIRTH_SUFFIX];
    cs_buf key = CS_BUF_OVER(bytes);
    birth_key(&key, user_id);
    *out = cs_pq_birth_record_new();
    cs_err err = key.err == CS_OK ? get(out, d, cs_buf_slice(&key), read_birth, deadline_us) : CS_NOT_FOUND;
    if (err != CS_OK)
        cs_pq_birth_record_free(out);
    return err;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void write_item_of_key(cs_jw *w, cs_slice org, const cs_pq_key_row *k)
{
    cs_jw_begin(w, "Item");
    write_text(w, "user_id", k->user_id);
    write_text(w, "org", org);
    write_text(w, "alg", cs_slice_str(k->algorithm));
    write_text(w, "kms_key_arn", cs_slice_str(k->kms_key));
    write_text(w, "key_release", k->key_release);
    write_number(w, "created_at_ms", k->created_ms);
    write_bytes(w, "mldsa_pubkey", k->public_key);
    write_bytes(w, "sealed", k->sealed);
    cs_jw_end(w);
}

static void write_item_of_birth(cs_jw *w, const cs_pq_key_row *k)
{
    uint8_t bytes[CS_MAX_USER_ID + BIRTH_SUFFIX];
    cs_buf key = CS_BUF_OVER(bytes);
    birth_key(&key, k->user_id);
    cs_jw_begin(w, "Item");
    write_text(w, "user_id", cs_buf_slice(&key));
    write_text(w, "enclave_version", k->enclave_version);
    write_bytes(w, "wrapped_dk", k->wrapped);
    write_bytes(w, "birth_attestation", k->birth);
    cs_jw_end(w);
}

/* The item that is there is the one that was put: no two sealed records are alike. */
static cs_err is_ours(cs_dynamo *d, const cs_pq_key_row *k, int64_t deadline_us)
{
    cs_pq_key_record found;
    cs_err err = cs_dynamo_get(d, &found, k->user_id, deadline_us);
    if (err != CS_OK)
        return CS_STORE_UNAVAILABLE;
    bool same = cs_slice_eq(cs_buf_slice(&found.sealed), k->sealed);
    cs_pq_key_record_free(&found);
    return same ? CS_OK : CS_CONFLICT;
}

/* Tries until it is known whether the item is there. A refused condition says nothing by itself: the request may have
 * been sent before, here or by cs_fetch_send, whose kept connection was closed under it. */
static cs_err put(cs_dynamo *d, const cs_buf *body, const cs_pq_key_row *k, int64_t deadline_us)
{
    cs_aws_answer answer;
    cs_err err = CS_FRAME_DEADLINE;
    for (int i = 0; i < TRIES && err == CS_FRAME_DEADLINE && cs_tick_us() < deadline_us; i++) {
        err = call(&answer, d, "DynamoDB_20120810.PutItem", body, deadline_us);
        cs_aws_answer_free(&answer);
        if (err == CS_CONFLICT)
            err = is_ours(d, k, deadline_us);
    }
    return err == CS_FRAME_DEADLINE ? CS_STORE_UNAVAILABLE : err;
}

static void finish(cs_jw *w)
{
    cs_jw_cstr(w, "ConditionExpression", "attribute_not_exists(user_id)");
    cs_jw_end(w);
}

cs_err cs_dynamo_put(cs_dynamo *d, cs_slice org, const cs_pq_key_row *k, int64_t deadline_us)
{
    cs_buf key = cs_buf_new(MAX_ANSWER), birth = cs_buf_new(MAX_ANSWER);
    cs_jw w = begin(&key, d);
    write_item_of_key(&w, org, k);
    finish(&w);
    w = begin(&birth, d);
    write_item_of_birth(&w, k);
    finish(&w);
    cs_err err = birth.err == CS_OK ? put(d, &key, k, deadline_us) : birth.err;
    if (err == CS_OK && put(d, &birth, k, deadline_us) != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "DynamoDB: a birth attestation is not kept; its key's owner has it");
    cs_buf_free(&key);
    cs_buf_free(&birth);
    return err;
}
