/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies as a peer may send them. zone: sys */
#include <stdint.h>
#include <stdlib.h>

#include "core/kms_frame.h"
#include "core/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const cs_request *a, const cs_request *b)
{
    return a->type == b->type && cs_slice_eq(a->org, b->org) && cs_slice_eq(a->key_id, b->key_id) &&
           cs_slice_eq(a->sealed, b->sealed) && cs_slice_eq(a->message.bytes, b->message.bytes) &&
           a->message.ph == b->message.ph && cs_slice_eq(a->nonce, b->nonce) &&
           cs_slice_eq(a->policy_id, b->policy_id) && cs_slice_eq(a->record_sha256, b->record_sha256) &&
           cs_slice_eq(a->origin, b->origin) && cs_slice_eq(a->old_note, b->old_note) && a->new_size == b->new_size &&
           cs_slice_eq(a->new_root, b->new_root) && cs_slice_eq(a->proof, b->proof) && cs_slice_eq(a->name, b->name) &&
           cs_secret_eq(a->secret, b->secret) && cs_slice_eq(a->user_id, b->user_id) &&
           cs_slice_eq(a->kms_key, b->kms_key) && a->request_attestation == b->request_attestation &&
           a->item_count == b->item_count;
}

static bool has_bad_items(const cs_request *r)
{
    for (size_t i = 0; i < r->item_count; i++)
        if (r->items[i].err != CS_OK)
            return true;
    return false;
}

/* A request that was read can be written and read again, and means the same. */
static void check_request(cs_slice json)
{
    cs_request first, second;
    cs_frame_in in, again = {0};
    cs_message_type type;
    cs_buf frame = cs_buf_new(2 * CS_MAX_FRAME);
    cs_err type_err = cs_request_type(&type, json);
    cs_err err = cs_request_read(&first, &in, json);
    if (err == CS_OK && (type_err != CS_OK || type != first.type))
        abort();
    if (err == CS_OK && !has_bad_items(&first)) {
        if (cs_request_write(&frame, &first) != CS_OK ||
            cs_request_read(&second, &again, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n)) != CS_OK ||
            !same(&first, &second))
            abort();
        for (size_t i = 0; i < first.item_count; i++)
            if (!same(&first.items[i], &second.items[i]) || second.items[i].err != CS_OK)
                abort();
    }
    cs_frame_in_free(&in);
    cs_frame_in_free(&again);
    cs_buf_free(&frame);
}

/* The same of the enclave's questions. */
static void check_question(cs_slice json)
{
    cs_kms_request first, second;
    cs_frame_in in, again = {0};
    cs_buf frame = cs_buf_new(2 * CS_MAX_FRAME);
    if (cs_kms_request_read(&first, &in, json) == CS_OK) {
        if (cs_kms_request_write(&frame, &first) != CS_OK)
            abort();
        cs_slice written = cs_slice_sub(cs_buf_slice(&frame), 4, frame.n);
        if (!cs_kms_is_request(written) || cs_kms_request_read(&second, &again, written) != CS_OK ||
            first.type != second.type || first.context_count != second.context_count || first.max != second.max ||
            !cs_slice_eq(first.key_id, second.key_id) || !cs_slice_eq(first.recipient, second.recipient) ||
            !cs_slice_eq(first.wrapped, second.wrapped) || !cs_slice_eq(first.message, second.message) ||
            !cs_slice_eq(first.mu, second.mu) || !cs_slice_eq(first.bytes, second.bytes))
            abort();
    }
    cs_frame_in_free(&in);
    cs_frame_in_free(&again);
    cs_buf_free(&frame);
    for (unsigned t = 0; t < CS_KMS_COUNT; t++) {
        cs_kms_reply r;
        if (cs_kms_reply_read(&r, &in, json, (cs_kms_type)t) == CS_OK && r.type != (cs_kms_type)t)
            abort();
        cs_frame_in_free(&in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice json = cs_slice_of(data, size);
    check_request(json);
    check_question(json);
    for (unsigned t = 0; t < CS_MSG_COUNT; t++) {
        cs_reply r;
        cs_frame_in in;
        if (cs_reply_read(&r, &in, json, (cs_message_type)t) == CS_OK && r.type != (cs_message_type)t)
            abort();
        cs_frame_in_free(&in);
    }
    return 0;
}
