/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call to AWS KMS: a question of the enclave as a request of its JSON API, and the answer read strictly
 * [AWS KMS API reference]. Whether to call again is kms.c's to decide.
 *
 * Where a recipient was named, an answer with a data key in the clear is wiped and refused: that is how a service shows
 * that it has not looked at the attestation at all.
 */
#ifndef CS_AGENT_KMS_AWS_H
#define CS_AGENT_KMS_AWS_H

#include "core/kms_frame.h"
#include "sys/aws.h"

/* How AWS KMS is reached by one thread. */
typedef struct cs_kms_aws {
    cs_aws *aws;
    cs_fetch *connection;
    const char *endpoint; /* NULL: that of the key's region */
} cs_kms_aws;

/*
 * The whole exchange, logged if it comes to nothing: without the key's name, the context or any bytes. CS_KMS_DENIED:
 * refused, and so it will be the next time; CS_KMS_UNAVAILABLE: no answer, or one that says to come again (`again` is
 * true if that may help at once); CS_KMS_PLAINTEXT; CS_KMS_ANSWER; CS_PROVIDER_NOT_AVAILABLE; CS_CLOUD_CREDENTIALS;
 * CS_NO_MEMORY.
 */
CS_MUST_CHECK cs_err cs_kms_aws_call(cs_kms_reply *out, cs_buf *bytes, bool *again, const cs_kms_aws *k,
                                     const cs_kms_request *r, int64_t deadline_us);

#endif
