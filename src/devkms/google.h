/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Google Cloud KMS, version 1, as REST, and the token endpoint in front of it.
 *
 *   POST /token                                       JWT bearer assertion of the service account
 *   GET  /computeMetadata/v1/instance/service-accounts/default/token   with Metadata-Flavor: Google
 *   /v1/projects/P/locations/L/keyRings/R[/cryptoKeys/K[/cryptoKeyVersions/V]]   create, get, disable
 *   …/cryptoKeys/K:encrypt, :decrypt                  with additional authenticated data
 *   …/cryptoKeyVersions/V:asymmetricSign, /publicKey  P-256, Ed25519, ML-DSA with data or with mu
 *
 * A self-signed JWT of the service account is taken as a bearer token, too. Checksums (CRC-32C) are checked where they
 * are sent, and sent with every field of bytes. Enumerations are read as names and as numbers. Key rings are not kept:
 * every name of one exists.
 */
#ifndef CS_DEVKMS_GOOGLE_H
#define CS_DEVKMS_GOOGLE_H

#include "core/json.h"
#include "devkms/form.h"
#include "devkms/service.h"

#define CS_GOOGLE_AUDIENCE "https://cloudkms.googleapis.com/"
#define CS_GOOGLE_PLAINTEXT 65536 /* and additional authenticated data: bytes each */

/* True if the request is one of this cloud's: then it was answered. */
bool cs_google_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request);

/* -- for the operations -------------------------------------------------------------------------------------------- */

typedef enum cs_google_error {
    CS_GOOGLE_OK,
    CS_GOOGLE_INVALID_ARGUMENT,
    CS_GOOGLE_CHECKSUM,
    CS_GOOGLE_FAILED_PRECONDITION,
    CS_GOOGLE_UNAUTHENTICATED,
    CS_GOOGLE_PERMISSION_DENIED,
    CS_GOOGLE_NOT_FOUND,
    CS_GOOGLE_ALREADY_EXISTS,
    CS_GOOGLE_RESOURCE_EXHAUSTED,
    CS_GOOGLE_INTERNAL,
    CS_GOOGLE_UNAVAILABLE,
    CS_GOOGLE_ERRORS
} cs_google_error;

typedef struct cs_google_call {
    cs_service *service;
    char key[512];     /* "projects/…/cryptoKeys/K", or the ring's name */
    char version[512]; /* "…/cryptoKeyVersions/V", or "" */
    const cs_form *query;
    unsigned faults;
    cs_jobj in;
    cs_buf *out;
    int64_t now_ms;
    const char *why; /* NULL: the error's own sentence */
} cs_google_call;

typedef cs_google_error (*cs_google_operation)(cs_google_call *c);

/* A version's algorithm. */
typedef struct cs_google_algorithm {
    const char *name;
    int64_t number;
    cs_pair_kind kind;
    enum { CS_GOOGLE_ENCRYPTS, CS_GOOGLE_SIGNS_SHA256, CS_GOOGLE_SIGNS_DATA, CS_GOOGLE_SIGNS_MU } what;
} cs_google_algorithm;
/* NULL for a name that is not known. */
const cs_google_algorithm *cs_google_algorithm_find(cs_slice name);

/* Writes `name` with the checksum of the bytes as text, or of others where the fault wants it. */
void cs_google_write_checksum(const cs_google_call *c, cs_jw *w, const char *name, cs_slice bytes);
/* Reads bytes of the member `name`, at most `max`, and the checksum of the member `sum` where there is one: *verified.
 * False if the two do not belong together; other mistakes are the reader's. */
CS_MUST_CHECK bool cs_google_read_bytes(cs_jobj *o, const char *name, const char *sum, size_t max, cs_buf *out,
                                        bool *verified);

/* The checksum alone, of bytes that were read already. */
CS_MUST_CHECK bool cs_google_check_sum(cs_jobj *o, const char *sum, cs_slice bytes, bool *verified);

/* google_keys.c */
cs_google_error cs_google_create_ring(cs_google_call *c);
cs_google_error cs_google_get_ring(cs_google_call *c);
cs_google_error cs_google_create_key(cs_google_call *c);
cs_google_error cs_google_get_key(cs_google_call *c);
cs_google_error cs_google_create_version(cs_google_call *c);
cs_google_error cs_google_get_version(cs_google_call *c);
cs_google_error cs_google_update_version(cs_google_call *c);
/* google_use.c */
cs_google_error cs_google_public_key(cs_google_call *c);
cs_google_error cs_google_sign(cs_google_call *c);
cs_google_error cs_google_encrypt(cs_google_call *c);
cs_google_error cs_google_decrypt(cs_google_call *c);

#endif
