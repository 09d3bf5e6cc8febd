/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies as a peer may send them. zone: sys */
#include <stdint.h>
#include <stdlib.h>

#include "core/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A request that was read can be written and read again, and means the same. */
static void check_request(cs_slice json)
{
    cs_request first, second;
    cs_frame_in in, again = {0};
    cs_message_type type;
    cs_buf frame = cs_buf_new(2 * CS_MAX_FRAME);
    cs_err type_err = cs_request_type(&type, json);
    cs_err err = cs_request_read(&first, &in, json);
    if (err == CS_OK) {
        if (type_err != CS_OK || type != first.type || cs_request_write(&frame, &first) != CS_OK ||
            cs_request_read(&second, &again, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n)) != CS_OK ||
            second.type != first.type || !cs_slice_eq(first.org, second.org) ||
            !cs_slice_eq(first.key_id, second.key_id) || !cs_slice_eq(first.sealed, second.sealed) ||
            !cs_slice_eq(first.message.bytes, second.message.bytes) || first.message.ph != second.message.ph ||
            !cs_slice_eq(first.nonce, second.nonce) || !cs_slice_eq(first.policy_id, second.policy_id) ||
            !cs_slice_eq(first.record_sha256, second.record_sha256) || !cs_slice_eq(first.origin, second.origin) ||
            !cs_slice_eq(first.old_note, second.old_note) || first.new_size != second.new_size ||
            !cs_slice_eq(first.new_root, second.new_root) || !cs_slice_eq(first.proof, second.proof) ||
            !cs_slice_eq(first.name, second.name) || !cs_secret_eq(first.secret, second.secret))
            abort();
    }
    cs_frame_in_free(&in);
    cs_frame_in_free(&again);
    cs_buf_free(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice json = cs_slice_of(data, size);
    check_request(json);
    for (unsigned t = 0; t < CS_MSG_COUNT; t++) {
        cs_reply r;
        cs_frame_in in;
        if (cs_reply_read(&r, &in, json, (cs_message_type)t) == CS_OK && r.type != (cs_message_type)t)
            abort();
        cs_frame_in_free(&in);
    }
    return 0;
}
