/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid Attest: the signature of the org's own key over the record of a verified pair, so that somebody else can check
 * offline that this server saw both halves valid.
 *
 * It is made by the newest active key of purpose hybrid and goes the sign path (flow.h): vault policies, the enclave,
 * the verdict under the key's policy, a signature's row and ledger entry. Where a realm has such a key, there is no
 * attestation without it. Callers do not choose the key, so it may be one that their API key is not restricted to.
 */
#ifndef CS_GATEWAY_HYBRID_COUNTERSIGN_H
#define CS_GATEWAY_HYBRID_COUNTERSIGN_H

#include "gateway/flow.h"

/* Stays where it was initialized. */
typedef struct cs_countersigning {
    bool wanted; /* the realm has such a key; the rest is empty where it has none */
    cs_buf bytes;
    cs_signing signing;
} cs_countersigning;

void cs_hybrid_countersign_init(cs_countersigning *s);
void cs_hybrid_countersign_free(cs_countersigning *s, cs_app *app);

/* Up to the enclave: what is wanted is then to be asked for (group.h). CS_POLICY_VIOLATED, which has been recorded. */
CS_MUST_CHECK cs_err cs_hybrid_countersign_begin(cs_countersigning *s, cs_call *c, cs_slice record);
/* What came of asking, judged. CS_ATTESTATION_REJECTED: the key's policy refuses the enclave's document, which has been
 * recorded; the errors of cs_signer_ask. */
CS_MUST_CHECK cs_err cs_hybrid_countersign_end(cs_countersigning *s, cs_call *c);

/* After CS_COUNTER_NOT_FRESH from the commit: the verdict is another one now. CS_OK if the signature may leave all the
 * same, else as above. */
CS_MUST_CHECK cs_err cs_hybrid_countersign_again(cs_countersigning *s, cs_call *c);

#endif
