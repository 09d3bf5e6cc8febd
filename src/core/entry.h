/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger entries: the bytes that are chained and hashed into the tree (protocol/ledger.md §1).
 *
 * Entry = RFC 8785 canonical JSON {actorId, data, eventType, prev, seq, subjectId, time}, fixed at append.
 */
#ifndef CS_CORE_ENTRY_H
#define CS_CORE_ENTRY_H

#include "core/crypto.h"
#include "core/json.h"

typedef struct cs_entry {
    uint64_t seq;                /* from 0 */
    int64_t time_ms;             /* milliseconds since 1970 */
    cs_slice event_type;         /* "signature.attested" … */
    cs_slice actor_id;           /* API key id, or "system" */
    cs_slice subject_id;         /* may be empty, not absent */
    cs_slice data;               /* JSON text of an object: digests, ids, numbers; no payloads */
    uint8_t prev[CS_SHA256_LEN]; /* SHA-256 of the previous entry's bytes; zeros for seq 0 */
} cs_entry;

/* Appends the entry bytes; nothing on error. CS_BAD_JSON if `data` is no strict JSON object or a text is no UTF-8,
 * CS_BAD_FIELD for a double in `data`, a time or number out of range or a missing member, CS_TOO_LARGE above 65,535
 * bytes. */
CS_MUST_CHECK cs_err cs_entry_write(cs_buf *out, const cs_entry *e);

/* An entry that was read. Everything is borrowed from `json`. */
typedef struct cs_entry_in {
    cs_json *json;
    uint64_t seq;
    int64_t time_ms;
    cs_slice event_type, actor_id, subject_id;
    cs_jval data;
    uint8_t prev[CS_SHA256_LEN];
} cs_entry_in;

/* Reads the bytes of an entry. CS_BAD_FORMAT if they are not what cs_entry_write makes of these members. Free it,
 * whatever was returned. */
CS_MUST_CHECK cs_err cs_entry_read(cs_entry_in *out, cs_slice bytes);
void cs_entry_in_free(cs_entry_in *e);

#endif
