/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the ledger: listed, and added by a client. */
#ifndef CS_GATEWAY_ENTRIES_H
#define CS_GATEWAY_ENTRIES_H

#include "gateway/call.h"

/* GET and POST /v1/ledger/entries */
CS_MUST_CHECK cs_err cs_entries_list(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_entries_create(cs_call *c, cs_jw *w);

/* Entries that were read together. */
typedef struct cs_entry_batch {
    size_t n;
    cs_entry_record *of; /* n of them */
} cs_entry_batch;

/* Reads what the query asks for, but stops behind the entry that makes it more than `max_bytes`; q->more then tells.
 * The batch is freed by the caller, whatever was returned. */
CS_MUST_CHECK cs_err cs_entries_read(cs_entry_batch *out, cs_store *store, cs_entry_query *q, size_t max_bytes);
void cs_entries_free(cs_entry_batch *b);

/* An entry as the API shows it, with what is kept beside a custom one. It reads the store: not from within a listing
 * of that. */
CS_MUST_CHECK cs_err cs_entries_write(cs_jw *w, const char *name, cs_store *store, cs_slice org,
                                      const cs_entry_record *e);

#endif
