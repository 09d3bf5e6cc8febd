/* SPDX-License-Identifier: Apache-2.0 */
/* The service under test: `countersign dev` with a state directory of its own, a policy and an attested key. */
#ifndef CS_BENCH_SERVICE_H
#define CS_BENCH_SERVICE_H

#include <sys/types.h>

#include "bench/http.h"
#include "core/attest.h"

typedef struct cs_service {
    pid_t pid;           /* of `countersign dev`; 0: not running */
    const char *door;    /* "--pq-signer": with that door, under the software NSM; NULL: without */
    const char *setting; /* one more of the program's options; NULL: none */
    char state[512];
    cs_target target;
    cs_policy policy; /* as pinned from the start-up line */
    char key_id[CS_MAX_ID + 1];
    cs_pair key; /* its public half, from the server's answer */
    cs_buf body; /* of POST /v1/sign: key and payload */
    uint8_t payload[1024];
} cs_service;

/* Starts `program` dev with a new directory under `folder` and that --mldsa-engine, makes policy and key. What goes
 * wrong is said on stderr. Ends with cs_service_stop in any case. */
CS_MUST_CHECK cs_err cs_service_start(cs_service *s, const char *program, const char *folder, const char *engine);
/* The same with the PQ Signer door and one more option ("--name=value") if it is not NULL, without policy and key. */
CS_MUST_CHECK cs_err cs_service_start_pq(cs_service *s, const char *program, const char *folder, const char *setting);
/* Kills the program and starts it again with the state that it left. */
CS_MUST_CHECK cs_err cs_service_restart(cs_service *s, const char *program, const char *folder, const char *engine);
/* Stops the service and removes its state. */
void cs_service_stop(cs_service *s);

/* An answer of POST /v1/sign, taken apart: signature and document, checked. */
typedef struct cs_signed {
    cs_buf signature, document;
    cs_expect expect; /* borrows from here and from the service */
    cs_digest payload_sha256;
} cs_signed;
/* Verifies signature and attestation of an answer offline; a load whose answers do not verify measures nothing. */
CS_MUST_CHECK cs_err cs_service_check(cs_signed *out, const cs_service *s, cs_slice answer);
void cs_signed_free(cs_signed *s);

#endif
