/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/release.h"

#include <string.h>

#include "core/nitro.h"
#include "sys/clock.h"
#include "sys/log.h"

#define DEK_LEN CS_AEAD_KEY

cs_slice cs_release_name(const cs_enclave *e)
{
    if (e->rot.kind->attest == NULL)
        return CS_LIT("agent-visible");
    return e->tunnel != NULL ? CS_LIT("attested") : CS_LIT("relayed");
}

/* Who names the key of the KMS says who can have the data keys; an operator who has pinned his lets nobody else. */
static bool may_use(const cs_enclave *e, cs_slice kms_key)
{
    for (size_t i = 0; i < e->kms_key_count; i++)
        if (cs_slice_is(kms_key, e->kms_keys[i]))
            return true;
    return e->kms_key_count == 0;
}

cs_release cs_release_of_user(cs_slice kms_key, cs_slice user_id)
{
    return (cs_release){.kms_key = kms_key, .context = {{CS_LIT("user_id"), user_id}}, .context_count = 1};
}

cs_release cs_release_of_key(cs_slice kms_key, cs_slice org, cs_slice key_id)
{
    return (cs_release){
        .kms_key = kms_key, .context = {{CS_LIT("org"), org}, {CS_LIT("key_id"), key_id}}, .context_count = 2};
}

/* When the root of trust made its document. */
static cs_err read_time(int64_t *at_ms, cs_slice document)
{
    cs_nitro n;
    cs_err err = cs_nitro_parse(&n, document);
    if (err == CS_NO_MEMORY)
        return err;
    if (err != CS_OK)
        return CS_ROOT_UNAVAILABLE;
    *at_ms = n.timestamp_ms;
    return CS_OK;
}

static void name_key(cs_kms_request *q, const cs_release *r)
{
    q->provider = CS_RELEASE_PROVIDER;
    q->key_id = r->kms_key;
    memcpy(q->context, r->context, sizeof q->context);
    q->context_count = r->context_count;
}

/* The question names whom the data key is for: `key`, with a document about it. */
static cs_err name_recipient(cs_kms_request *q, cs_buf *document, int64_t *at_ms, cs_enclave *e,
                             const cs_recipient_key *key)
{
    cs_err err = cs_rot_attest(&e->rot, document, CS_ABSENT, CS_ABSENT, cs_buf_slice(&key->spki));
    if (err == CS_OK)
        err = read_time(at_ms, cs_buf_slice(document));
    q->recipient = cs_buf_slice(document);
    return err;
}

/* Opens the answer for `key`, or takes the one in the clear where no recipient was named, and keeps what the KMS gave
 * for the data key. */
static cs_err open_answer(cs_secret *dek, cs_buf *wrapped, const cs_kms_reply *reply, const cs_recipient_key *key)
{
    cs_err err;
    if (key == NULL)
        err = reply->data_key.n == DEK_LEN ? cs_secret_set(dek, reply->data_key) : CS_KMS_ANSWER;
    else if (reply->data_key.p != NULL)
        err = CS_KMS_PLAINTEXT;
    else
        err = cs_recipient_open(dek, key->key, DEK_LEN, reply->for_recipient);
    if (err == CS_BAD_FORMAT || err == CS_TOO_LARGE)
        return CS_KMS_ANSWER;
    if (err == CS_OK && wrapped != NULL) {
        cs_buf_add(wrapped, reply->wrapped);
        err = wrapped->err;
    }
    return err;
}

/* Whom the answer comes from is the whole difference: from the agent, or from the KMS itself. */
static cs_err ask(cs_secret *dek, cs_buf *wrapped, const cs_enclave *e, cs_host *h, const cs_kms_request *q,
                  const cs_recipient_key *key, int64_t at_ms)
{
    cs_frame_in in = {0};
    cs_kms_reply reply;
    cs_buf bytes = cs_buf_new_wiped(CS_MAX_KMS_ANSWER);
    cs_err err = e->tunnel != NULL && key != NULL ? cs_kms_tunnel_ask(&reply, &bytes, e->tunnel, h, q, at_ms)
                                                  : cs_host_ask(&reply, &in, h, q);
    if (err == CS_OK)
        err = open_answer(dek, wrapped, &reply, key);
    cs_frame_in_free(&in);
    cs_buf_free(&bytes);
    return err;
}

static cs_err release(cs_secret *dek, cs_buf *wrapped, int64_t *at_ms, cs_enclave *e, cs_host *h, const cs_release *r,
                      cs_kms_request *q)
{
    cs_recipient_key *key = NULL;
    cs_buf document = cs_buf_new(CS_MAX_COSE);
    bool in_clear = r->in_clear && e->rot.kind->attest == NULL;
    *at_ms = 0;
    cs_secret_wipe(dek);
    if (!may_use(e, r->kms_key)) {
        cs_log(CS_LOG_WARN, NULL, "a key of the KMS that is not on the list of --kms-key");
        cs_buf_free(&document);
        return CS_KMS_DENIED;
    }
    name_key(q, r);
    cs_err err = in_clear ? CS_OK : cs_recipients_take(&key, &e->recipients, cs_tick_us());
    if (err == CS_OK && !in_clear)
        err = name_recipient(q, &document, at_ms, e, key);
    if (err == CS_OK)
        err = ask(dek, wrapped, e, h, q, key, *at_ms);
    if (err != CS_OK)
        cs_secret_wipe(dek);
    cs_recipient_key_release(key);
    cs_buf_free(&document);
    return err;
}

cs_err cs_release_generate(cs_secret *dek, cs_buf *wrapped, int64_t *at_ms, cs_enclave *e, cs_host *h,
                           const cs_release *r)
{
    cs_kms_request q = {.type = CS_KMS_GENERATE_DATA_KEY};
    return release(dek, wrapped, at_ms, e, h, r, &q);
}

cs_err cs_release_decrypt(cs_secret *dek, cs_enclave *e, cs_host *h, const cs_release *r, cs_slice wrapped)
{
    int64_t at_ms;
    cs_kms_request q = {.type = CS_KMS_DECRYPT_DATA_KEY, .wrapped = wrapped};
    return release(dek, NULL, &at_ms, e, h, r, &q);
}
