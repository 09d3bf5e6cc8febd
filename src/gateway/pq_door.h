/* SPDX-License-Identifier: Apache-2.0 */
/* What the PQ Signer door needs beside the other parts of the gateway: its options, and where its keys are. */
#ifndef CS_GATEWAY_PQ_DOOR_H
#define CS_GATEWAY_PQ_DOOR_H

#include "gateway/dynamo.h"
#include "gateway/pq_pace.h"
#include "sys/options.h"

#define CS_PQ_DEFAULT_MESSAGE "64"

/* Rows for the gateway's table. */
#define CS_PQ_OPTIONS                                                                                                    \
    {"kms-key-arn", CS_OPT_TEXT, false, "ARN", "PQ Signer: make keys whose data key this KMS key wraps", 0, 0},          \
        {"table", CS_OPT_TEXT, false, "NAME", "PQ Signer: keep key records in this DynamoDB table, not in the store", 0, \
         0},                                                                                                             \
        {"dynamodb-region", CS_OPT_TEXT, false, "REGION", "its region; else AWS_REGION", 0, 0},                          \
        {"dynamodb-endpoint", CS_OPT_TEXT, false, "URL", "another service than AWS's own, as an emulator", 0, 0},        \
        {"pq-signer-org",                                                                                                \
         CS_OPT_TEXT,                                                                                                    \
         false,                                                                                                          \
         "ORG",                                                                                                          \
         "PQ Signer: the org of clients that show a certificate alone; an org's id, or else the only one there is",      \
         0,                                                                                                              \
         0},                                                                                                             \
        {"pq-max-message",  CS_OPT_NUMBER,        false, "N", "PQ Signer: bytes of a message", 64,                       \
         CS_MAX_PQ_MESSAGE, CS_PQ_DEFAULT_MESSAGE},                                                                      \
    {                                                                                                                    \
        "pq-failure-floor-ms", CS_OPT_NUMBER, false, "N",                                                                \
            "PQ Signer: failures take so long at least; else as long as 95 of 100 successes took lately", 0, 2000        \
    }

typedef struct cs_pq_door {
    const char *kms_key_arn; /* under which keys are made; NULL: none are */
    size_t max_message;      /* bytes */
    char org[CS_MAX_ID + 1]; /* whose records clients with nothing but a certificate see; "": they are nobody */
    cs_dynamo *dynamo;       /* NULL: keys are in the store */
    cs_pq_pace pace;
} cs_pq_door;

/* Reads the options. CS_CONFIG (logged). */
CS_MUST_CHECK cs_err cs_pq_door_open(cs_pq_door *out, cs_store *store, const cs_args *args);
void cs_pq_door_close(cs_pq_door *door); /* one that was never opened, too */

#endif
