/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signature on its way: what is asked for, the key, the enclave's answer, the judgement, the record. The path
 * itself is flow.c; this is what its steps work on, how it is read from a request and written to ledger and answer.
 */
#ifndef CS_GATEWAY_SIGNING_H
#define CS_GATEWAY_SIGNING_H

#include "gateway/judge.h"
#include "gateway/payload.h"
#include "gateway/rules.h"

#define CS_SIGNING_WRITES 2 /* the signature or its refusal; what vault policies have to say */

/* Stays where it was initialized. */
typedef struct cs_signing {
    /* asked for */
    cs_payload payload;
    char ref[CS_MAX_NAME + 1];             /* id or name of the key */
    cs_purpose purpose;                    /* that the key must have: sign, unless it is set to another */
    uint8_t nonce_bytes[CS_MAX_NONCE + 4]; /* base64 comes in threes */
    cs_buf nonce;                          /* the client's, or ours: either way the document must carry it */
    cs_buf metadata;
    /* found, answered, judged: flow.c fills it in */
    cs_live_key *key;
    bool announced; /* to the keyring: the key cannot be revoked without waiting for us */
    cs_rule_result rules;
    cs_err asked;     /* what came of asking the enclave */
    cs_answer answer; /* its own, or borrowed from the group that it was asked with */
    cs_digest signature_sha256;
    cs_judgement judgement;
    /* recorded */
    char id[CS_MAX_ID + 1];
    char digest_text[16 + 2 * CS_HASH_MAX];
    cs_buf digest; /* of the payload, as text */
    cs_buf data, rules_data;
    cs_signature_row row;
} cs_signing;

void cs_signing_init(cs_signing *s);
void cs_signing_free(cs_signing *s, cs_app *app);

/* Reads keyId, payload or preHash with payloadSize, nonce, metadata; the caller ends the reading of `o`. */
void cs_signing_read(cs_signing *s, cs_jobj *o);
/* A nonce of ours where the client sent none. */
CS_MUST_CHECK cs_err cs_signing_nonce(cs_signing *s);

/* What the enclave is asked. */
cs_request cs_signing_request(const cs_signing *s);

/* What the ledger gets of a judged signature, the first of `out` with the signature's row if it is released; how many
 * there are. They borrow from `s`. 0: no id could be made. */
size_t cs_signing_writes(cs_write out[CS_SIGNING_WRITES], cs_signing *s, const cs_call *c);

/* The members of the answer. `written` is the first of those writes; with `synonyms` the signature also goes under its
 * other two published names. */
void cs_signing_answer(cs_jw *w, const cs_signing *s, const cs_write *written, bool synonyms);

#endif
