/* SPDX-License-Identifier: Apache-2.0 */
/* What shows that the ledger is one: checkpoints, seals, proofs, and all of it in one file. */
#ifndef CS_GATEWAY_PROOFS_H
#define CS_GATEWAY_PROOFS_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_proofs_checkpoints(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_proofs_latest(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_proofs_seal(cs_call *c, cs_jw *w);
/* Of an entry that no checkpoint covers yet, one is made. */
CS_MUST_CHECK cs_err cs_proofs_inclusion(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_proofs_consistency(cs_call *c, cs_jw *w);
CS_MUST_CHECK cs_err cs_proofs_bundle(cs_call *c, cs_jw *w);

#endif
