/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the KMS of Azure and of Google have in common: JSON under a bearer token, and statuses that say the same. The
 * data keys of both come in the clear, for neither encrypts for an enclave: they are made here, and wrapped there.
 */
#ifndef CS_AGENT_KMS_REST_H
#define CS_AGENT_KMS_REST_H

#include "core/kms_frame.h"
#include "sys/bearer.h"

#define CS_KMS_REST_KEY CS_AEAD_KEY /* bytes of a data key */

typedef struct cs_kms_rest {
    const char *label; /* "Azure Key Vault": for the log */
    cs_bearer *bearer;
    cs_fetch *connection;
} cs_kms_rest;

/*
 * Sends `body` (GET where it is absent) and takes an answer of status 200. It is logged if it comes to nothing: without
 * the key's name or any bytes. CS_KMS_DENIED: refused, and so it will be the next time; CS_KMS_UNAVAILABLE: no answer,
 * or one that says to come again (`again` is true if that may help at once); CS_KMS_ANSWER: too long, or a redirection;
 * CS_CLOUD_CREDENTIALS, also after another token was tried; CS_NO_MEMORY. `answer` is freed by the caller in any case;
 * its status is 0 if there was none.
 */
CS_MUST_CHECK cs_err cs_kms_rest_call(cs_fetch_answer *answer, bool *again, const cs_kms_rest *k, const char *url,
                                      cs_slice body, cs_kms_type type, int64_t deadline_us);

/* The encryption context as bytes: pairs in the order of their names, each part behind its length (u16be). One context
 * has one text, and no other has it. `out` gets at most CS_KMS_REST_CONTEXT bytes. CS_BAD_FIELD for a name twice. */
#define CS_KMS_REST_CONTEXT 2048
CS_MUST_CHECK cs_err cs_kms_rest_context(cs_buf *out, const cs_kms_request *r);

/* Whether `r` can be asked of a KMS that knows no recipients, and signs with what the key takes; said in the log if
 * not. */
CS_MUST_CHECK cs_err cs_kms_rest_check(const char *label, const cs_kms_request *r);

/* Puts a fresh data key into `bytes`, whose memory stays where it is from now on. CS_NO_MEMORY, CS_CRYPTO. */
CS_MUST_CHECK cs_err cs_kms_rest_data_key(cs_slice *key, cs_buf *bytes);

/* SHA-256 of the message to sign with P-256, or the digest that came in its place, in `memory`. */
CS_MUST_CHECK cs_err cs_kms_rest_digest(cs_slice *digest, cs_digest *memory, const cs_kms_request *r);

#endif
