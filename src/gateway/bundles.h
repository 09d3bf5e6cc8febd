/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle of a signature (core/bundle.h): put together from what is stored, sealing the ledger first where no
 * checkpoint covers its entry yet. */
#ifndef CS_GATEWAY_BUNDLES_H
#define CS_GATEWAY_BUNDLES_H

#include "gateway/call.h"

/* The answer is the file itself, without an envelope. CS_NOT_FOUND; errors of cs_checkpoints_seal. */
CS_MUST_CHECK cs_err cs_bundles_get(cs_call *c, cs_jw *w);

/* Writes that of a signature which something else of the caller's realm refers to, and sets the content type. */
CS_MUST_CHECK cs_err cs_bundles_write(cs_jw *w, cs_call *c, cs_slice signature_id);

#endif
