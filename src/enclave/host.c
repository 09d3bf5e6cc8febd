/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/host.h"

#include "sys/clock.h"
#include "sys/stream.h"

cs_host cs_host_new(int fd)
{
    return (cs_host){.fd = fd, .timeout_us = CS_HOST_TIMEOUT_US, .frame = cs_buf_new_wiped(CS_MAX_FRAME + 4)};
}

void cs_host_free(cs_host *h)
{
    cs_buf_free(&h->frame);
}

static bool is_an_answer(cs_err err)
{
    return err == CS_OK || err == CS_KMS_DENIED || err == CS_KMS_UNAVAILABLE || err == CS_KMS_PLAINTEXT ||
           err == CS_PROVIDER_NOT_AVAILABLE;
}

/* Whatever comes back is one of the four, or the end of the conversation. */
static cs_err exchange(cs_kms_reply *reply, cs_frame_in *in, cs_host *h, cs_kms_type expected)
{
    cs_err err = cs_frame_write(h->fd, cs_buf_slice(&h->frame), h->timeout_us);
    if (err == CS_OK)
        err = cs_frame_read(&h->frame, h->fd, h->timeout_us, false);
    if (err == CS_OK)
        err = cs_kms_reply_read(reply, in, cs_buf_slice(&h->frame), expected);
    if (!is_an_answer(err))
        h->broken = err;
    return err;
}

cs_err cs_host_ask(cs_kms_reply *reply, cs_frame_in *in, cs_host *h, const cs_kms_request *question)
{
    *in = (cs_frame_in){0};
    *reply = (cs_kms_reply){.type = CS_KMS_COUNT};
    if (h == NULL || h->fd < 0)
        return CS_KMS_UNAVAILABLE;
    if (h->broken != CS_OK)
        return h->broken;
    cs_buf_clear(&h->frame);
    cs_err err = cs_kms_request_write(&h->frame, question);
    if (err == CS_OK)
        err = exchange(reply, in, h, question->type);
    cs_wipe(h->frame.p, h->frame.n);
    cs_buf_clear(&h->frame);
    return err;
}
