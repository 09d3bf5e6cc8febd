/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key records of the PQ Signer door in DynamoDB, instead of the store (protocol/pq-signer.md has the items).
 *
 * A user_id has one key for ever: it is put with attribute_not_exists(user_id), and never again. Where an answer got
 * lost, the next try finds out: the item that is there is ours, or somebody else's. Reads are consistent. What is read
 * for each signature is an item of less than CS_MAX_PQ_RECORD bytes; what only a birth tells is an item beside it.
 *
 * Nothing here can open a record: it is sealed for the enclave, with its user_id.
 */
#ifndef CS_GATEWAY_DYNAMO_H
#define CS_GATEWAY_DYNAMO_H

#include "gateway/store.h"

typedef struct cs_dynamo cs_dynamo;

/* `region` NULL: that of the environment; `endpoint` NULL: AWS's own. The texts outlive it. No service is asked yet.
 * CS_CONFIG (logged), CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_dynamo_open(cs_dynamo **out, const char *table, const char *region, const char *endpoint);
void cs_dynamo_close(cs_dynamo *d); /* NULL is fine */

/* As cs_store_pq_key and cs_store_pq_birth: CS_NOT_FOUND, and the output needs no _free then; else
 * CS_STORE_UNAVAILABLE, the reason is logged. */
CS_MUST_CHECK cs_err cs_dynamo_get(cs_dynamo *d, cs_pq_key_record *out, cs_slice user_id, int64_t deadline_us);
CS_MUST_CHECK cs_err cs_dynamo_get_birth(cs_dynamo *d, cs_pq_birth_record *out, cs_slice user_id, int64_t deadline_us);

/* Puts both items. CS_CONFLICT: the user_id has a key. CS_STORE_UNAVAILABLE: it is not known whether the key is there.
 * CS_OK: the first item is durable; that the second is not, although it was tried again, is logged. */
CS_MUST_CHECK cs_err cs_dynamo_put(cs_dynamo *d, cs_slice org, const cs_pq_key_row *k, int64_t deadline_us);

#endif
