/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's KMS: answers what the enclave asks for while it works on a request (protocol/frames.md §4).
 *
 * Decides which provider is asked, how often (throttled and failed calls are repeated at random intervals as long as
 * there is time; all of them may be but the making of a key: a data key that nobody keeps and a signature that nobody
 * sees do no harm) and when a key is left alone (budget.h). What the enclave makes of an answer is not its business: it
 * sees nothing that it could open, but for data keys where the enclave names no recipient. Those it passes on and
 * wipes.
 */
#ifndef CS_AGENT_KMS_H
#define CS_AGENT_KMS_H

#include "agent/tunnel.h"
#include "sys/aws.h"
#include "sys/options.h"

/* Rows for the option tables of both commands. */
#define CS_KMS_OPTIONS                                                                                                 \
    {"kms-endpoint", CS_OPT_TEXT, false, "URL", "where the KMS is, instead of its own address: for emulators", 0, 0},  \
        {"kms-azure-endpoint", CS_OPT_TEXT, false, "URL", "where all of Azure's vaults are: for emulators", 0, 0},     \
        {"kms-gcp-endpoint", CS_OPT_TEXT, false, "URL", "where Google's KMS is: for emulators", 0, 0},                 \
        {"kms-region",                                                                                                 \
         CS_OPT_TEXT,                                                                                                  \
         false,                                                                                                        \
         "REGION",                                                                                                     \
         "of the tunnel and of the STS (default: AWS_REGION); keys say theirs",                                        \
         0,                                                                                                            \
         0},                                                                                                           \
        {"kms-ca", CS_OPT_TEXT, false, "FILE", "roots of the KMS's certificate instead of the system's, PEM", 0, 0},   \
    {                                                                                                                  \
        "kms-host", CS_OPT_LIST, false, "HOST[:PORT]", "the enclave may have a tunnel there, beside the region's KMS", \
            0, 0                                                                                                       \
    }

/* Shared by all threads. */
typedef struct cs_kms cs_kms;
/* From the options; their texts outlive it. CS_CONFIG (logged), CS_NO_MEMORY. Nothing is asked yet. */
CS_MUST_CHECK cs_err cs_kms_open(cs_kms **out, const cs_args *args);
void cs_kms_close(cs_kms *k);

/* What one thread has of it: a kept connection, and a tunnel during a request. */
typedef struct cs_kms_line cs_kms_line;
CS_MUST_CHECK cs_err cs_kms_line_open(cs_kms_line **out, cs_kms *k);
void cs_kms_line_close(cs_kms_line *l);

/* A call of AWS KMS about `key` (an ARN) that is no question of the enclave: for check.h. `answer` is freed by the
 * caller in any case. CS_CONFIG if that is no ARN of a key, else the errors of cs_aws_call. */
CS_MUST_CHECK cs_err cs_kms_ask(cs_aws_answer *answer, cs_kms_line *l, const char *target, cs_slice key, cs_slice body,
                                int64_t deadline_us);

/* Appends the frame that answers the question `json`: its reply or an Error frame. `frame` wipes itself. CS_FRAME_TYPE
 * (and nothing appended) if that is no question. */
CS_MUST_CHECK cs_err cs_kms_answer(cs_buf *frame, cs_kms_line *l, cs_slice json, int64_t deadline_us);
/* The request in which the questions came is done: its tunnel is closed. */
void cs_kms_line_rest(cs_kms_line *l);

#endif
