/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all frames have in common (protocol/frames.md §1): u32be(length) ‖ JSON, an object with `type` and `version`.
 * The frames themselves are in message.h (requests of the gateway) and kms_frame.h (requests of the enclave).
 */
#ifndef CS_CORE_FRAMING_H
#define CS_CORE_FRAMING_H

#include "core/json.h"
#include "core/secret.h"

#define CS_MESSAGE_VERSION 1

/* A parsed frame and the memory behind its slices. Whatever a reading function returned, it is freed by the caller. */
typedef struct cs_frame_in {
    cs_json *doc;
    cs_buf bytes;     /* decoded binary members; wiped where there may be a private key or credentials among them */
    cs_secret secret; /* of a SealSecret request; wiped with the rest */
    void *items;      /* of a group */
} cs_frame_in;
void cs_frame_in_free(cs_frame_in *in);

/* An Error frame: {"type":"Error","version":1,"code":NAME}. */
CS_MUST_CHECK cs_err cs_error_write(cs_buf *out, cs_err err);

/* Writing, for message.c and kms_frame.c: members go between begin and end. */
cs_jw cs_framing_begin(cs_buf *out, size_t *start, const char *type);
/* Puts the length in front. On error `out` is as long as it was before: CS_TOO_LARGE, or the buffer's. */
CS_MUST_CHECK cs_err cs_framing_end(cs_jw *w, size_t start);
/* Nothing if `bytes` is absent. */
void cs_framing_put_opt(cs_jw *w, const char *name, cs_slice bytes);

/* A frame being read: its object, and where decoded bytes go. */
typedef struct cs_framing {
    cs_jobj o;
    cs_buf *bytes;
    cs_slice type;
} cs_framing;

/* Opens the JSON object of a frame and reads `type` and `version`. CS_BAD_JSON, CS_FRAME_TYPE. */
CS_MUST_CHECK cs_err cs_framing_open(cs_framing *f, cs_frame_in *in, cs_slice json);
/* Members of `o`, which is the frame's object or one inside it; the errors are those of `o`. Decoded bytes of min..max;
 * the second form gives an absent slice if there is no such member. */
cs_slice cs_framing_bytes(cs_framing *f, cs_jobj *o, const char *name, size_t min, size_t max);
cs_slice cs_framing_bytes_opt(cs_framing *f, cs_jobj *o, const char *name, size_t min, size_t max);
/* A string that may not be empty. */
cs_slice cs_framing_name(cs_jobj *o, const char *name, size_t max);
/* What an error says, and nothing else. A code that this version does not know is an internal error of the peer. */
cs_err cs_framing_code(cs_jobj *o);

#endif
