/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result file of `countersign sign`: what the server answered, or what `sign --local` wrote.
 *
 * Nothing in it is trusted: the signature and the document are verified under a key and a policy that the caller
 * pinned. Members that this version does not know are read over, so that a newer server's results verify too.
 */
#ifndef CS_CLI_RESULT_H
#define CS_CLI_RESULT_H

#include "core/json.h"
#include "core/limits.h"

#define CS_MAX_RESULT (1u << 20) /* JSON text */

typedef struct cs_result {
    cs_json *json;
    cs_buf signature;
    cs_buf document; /* ASCII; empty if the result has no attestation */
    cs_slice key_id; /* absent from `sign --local` */
    cs_slice algorithm, signature_format;
    cs_slice public_key; /* JSON text; absent where the server gives none */
} cs_result;

/* Reads the `data` of an answer, or the whole answer with its envelope. The signature is `signature` or, as published
 * clients write it, `signatureB64`; both must be the same if both are there. `fault` names the member; free in any
 * case. */
CS_MUST_CHECK cs_err cs_result_parse(cs_result *out, cs_fault *fault, cs_slice text);
/* From a file, or "-" for stdin. */
CS_MUST_CHECK cs_err cs_result_read(cs_result *out, cs_fault *fault, const char *path);
void cs_result_free(cs_result *r);

#endif
