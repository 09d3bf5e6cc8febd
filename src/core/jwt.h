/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON web tokens as cloud verifiers issue them: three base64url parts, RS256, nothing else [RFC 7519, RFC 7515].
 *
 * Which key verifies is the caller's, who has it from a pin; the token chooses nothing. `jku`, `jwk` and `x5u` are not
 * read at all, `crit` refuses the token.
 */
#ifndef CS_CORE_JWT_H
#define CS_CORE_JWT_H

#include "core/crypto_pubkey.h"
#include "core/json.h"

typedef struct cs_jwt {
    cs_slice input; /* what is signed, as received; of the caller's bytes */
    cs_buf texts[2], signature;
    cs_json *header_json, *claims_json;
    cs_jobj header, claims; /* their roots, to be read by name; members that nobody asks for mean nothing */
} cs_jwt;

/* Takes a token apart: size, three parts of canonical base64url, none empty, header and claims strict JSON objects.
 * CS_ATT_EVIDENCE_FORMAT. cs_jwt_free in any case; borrows `token`. */
CS_MUST_CHECK cs_err cs_jwt_parse(cs_jwt *out, cs_slice token);
void cs_jwt_free(cs_jwt *t);

/* The header says RS256 and demands nothing: no `crit`, `typ` JWT if it has one. CS_ATT_EVIDENCE_ALGORITHM; a header
 * that is not well formed: CS_ATT_EVIDENCE_FORMAT. */
CS_MUST_CHECK cs_err cs_jwt_check_header(cs_jwt *t);
/* CS_OK or CS_ATT_PROOF_INVALID, under RS256. */
CS_MUST_CHECK cs_err cs_jwt_verify(const cs_jwt *t, const cs_pubkey *key);

/* The time that the token and the key that signed it are judged at: `at`, or, stored, the token's own iat, which nobody
 * has proven yet. CS_ATT_EVIDENCE_FORMAT. */
CS_MUST_CHECK cs_err cs_jwt_when(int64_t *out, cs_jwt *t, int64_t at, bool stored);

typedef struct cs_jwt_times {
    int64_t iat, nbf, exp; /* seconds since 1970 */
} cs_jwt_times;
/* Reads iat, nbf and exp, which must all be there, and judges them at `at` (stored: at iat), with
 * CS_MAX_CLOCK_SKEW_SECONDS for a clock that is behind. CS_ATT_EVIDENCE_FORMAT, CS_ATT_TOKEN_NOT_YET_VALID,
 * CS_ATT_TOKEN_EXPIRED. */
CS_MUST_CHECK cs_err cs_jwt_check_times(cs_jwt_times *out, cs_jwt *t, int64_t at, bool stored);
/* Writes them, unjudged: issued, notBefore, expires. */
void cs_jwt_describe_times(cs_jw *w, const cs_jwt *t);

#endif
