/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON protocol of AWS KMS (TrentService): authentication, authorisation, and a table of operations.
 *
 * Stricter than the original where that cannot mislead a client: a member that is not known here is refused, so that a
 * client does not believe in something that was ignored.
 */
#ifndef CS_DEVKMS_AWS_H
#define CS_DEVKMS_AWS_H

#include "devkms/aws_error.h"
#include "devkms/context.h"
#include "devkms/service.h"

#define CS_AWS_PLAINTEXT 4096 /* of Encrypt */
#define CS_AWS_DATA_KEY 1024
#define CS_AWS_MESSAGE 4096 /* of Sign and Verify */
#define CS_AWS_DOCUMENT 262144

/* One call. */
typedef struct cs_aws_call {
    cs_service *service;
    const char *op;
    char principal[160]; /* ARN of the caller */
    unsigned faults;     /* 1u << cs_inject_kind each */
    cs_jobj in;
    cs_buf *out; /* the answer's JSON */
    int64_t now_ms;
    char why[320]; /* of an error; "": the row's own sentence */
} cs_aws_call;

/* Serves one request of the JSON protocol. */
void cs_aws_serve(cs_service *s, cs_http_answer *answer, const cs_http_request *request);

/* -- for the operations -------------------------------------------------------------------------------------------- */

typedef cs_aws_error (*cs_aws_operation)(cs_aws_call *c);

/* Gives `e`, with a sentence. */
cs_aws_error cs_aws_say(cs_aws_call *c, cs_aws_error e, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The end of reading: CS_AWS_OK, or what was wrong with a member. */
CS_MUST_CHECK cs_aws_error cs_aws_read_done(cs_aws_call *c);
/* True if `kind` is injected into this call. */
bool cs_aws_hit(const cs_aws_call *c, cs_inject_kind kind);

/* What a call wants of a key, as its policy sees it. */
typedef struct cs_aws_use {
    cs_slice key_id; /* as sent: id, ARN, alias, or ARN of an alias */
    const cs_context *context;
    const cs_attested *attested;
    bool change; /* under the write lock */
    bool any_state;
} cs_aws_use;
/* Finds the key, asks its policy and looks at its state. CS_AWS_OK: the store is locked, and cs_keystore_done ends
 * that; else it is not. */
CS_MUST_CHECK cs_aws_error cs_aws_use_key(cs_aws_call *c, cs_stored_key **key, const cs_aws_use *use);

/* The ARN of a key, in `out`. */
#define CS_AWS_ARN 112
const char *cs_aws_arn(char out[CS_AWS_ARN], const cs_service *s, const cs_stored_key *k);
/* Writes member KeyId: the key's ARN, or that of another one where the fault wants it. */
void cs_aws_write_key_id(cs_aws_call *c, cs_jw *w, const cs_stored_key *k);

/* Kinds of keys, by what AWS calls them. */
typedef struct cs_aws_spec {
    const char *name;
    cs_pair_kind kind;
    const char *algorithms[2]; /* that it signs with; NULL: none */
} cs_aws_spec;
/* NULL for a name that is not known. */
const cs_aws_spec *cs_aws_spec_find(cs_slice name);

/* aws_keys.c */
cs_aws_error cs_aws_create_key(cs_aws_call *c);
cs_aws_error cs_aws_describe_key(cs_aws_call *c);
cs_aws_error cs_aws_create_alias(cs_aws_call *c);
cs_aws_error cs_aws_get_key_policy(cs_aws_call *c);
cs_aws_error cs_aws_put_key_policy(cs_aws_call *c);
cs_aws_error cs_aws_enable_key(cs_aws_call *c);
cs_aws_error cs_aws_disable_key(cs_aws_call *c);
cs_aws_error cs_aws_schedule_key_deletion(cs_aws_call *c);
/* aws_data.c */
cs_aws_error cs_aws_generate_data_key(cs_aws_call *c);
cs_aws_error cs_aws_generate_data_key_without_plaintext(cs_aws_call *c);
cs_aws_error cs_aws_encrypt(cs_aws_call *c);
cs_aws_error cs_aws_decrypt(cs_aws_call *c);
/* aws_sign.c */
cs_aws_error cs_aws_get_public_key(cs_aws_call *c);
cs_aws_error cs_aws_sign(cs_aws_call *c);
cs_aws_error cs_aws_verify(cs_aws_call *c);

/* Makes a key with nobody asking: for `countersign-devkms create-key`. `policy` and `alias` may be absent. */
CS_MUST_CHECK cs_err cs_aws_make_key(cs_stored_key **out, const cs_service *s, const cs_aws_spec *spec, cs_slice policy,
                                     cs_slice alias, int64_t now_ms);

#endif
