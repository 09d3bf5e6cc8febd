/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store's copy, and a store from a copy: FILE with FILE.pepper, as a gateway has them.
 *
 * A backup is taken while the gateway serves: it is the store of one moment and holds whatever was acknowledged before.
 * It holds sealed keys, too, also those that are revoked later: it is to be kept like the store itself. What is made
 * has mode 0600 and is complete or not there.
 */
#ifndef CS_GATEWAY_BACKUP_H
#define CS_GATEWAY_BACKUP_H

#include "gateway/store.h"

/* Whatever fails is logged. CS_CONFLICT: `to` or its pepper is there already; CS_CONFIG: `store` is no store of this
 * version, or its pepper is not usable; CS_IO. */
CS_MUST_CHECK cs_err cs_backup_make(const char *to, const char *store);

/* Puts the copy `from` where a gateway will work with it. The ledgers are checked as at a start; with `whole`
 * everything is read back first (cs_store_verify), and `found` says what. CS_BAD_FORMAT: something is wrong with the
 * copy, and nothing is put there. Otherwise as cs_backup_make. `found` may be NULL without `whole`. */
CS_MUST_CHECK cs_err cs_backup_restore(cs_store_tally *found, const char *store, const char *from, bool whole);

#endif
