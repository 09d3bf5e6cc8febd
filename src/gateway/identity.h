/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the enclaves say they are: vendor, measurement, root, epoch, asked for now and then. Where there are several,
 * each is asked by itself, and "the enclave" is the first one that answers, in the order of the agents and of their
 * enclaves.
 *
 * Nothing here is trusted by a client, who pins root and measurement out of band. The gateway uses it for documents of
 * keys without a policy: the policy of cs_introducer_policy accepts the enclave that told it, so an answer to another
 * question, an old one or a damaged one is refused there too. Whom else it accepts, only who told it knows: where the
 * operator has pinned a policy, documents are judged under that one instead.
 */
#ifndef CS_GATEWAY_IDENTITY_H
#define CS_GATEWAY_IDENTITY_H

#include "core/attest.h"
#include "gateway/signer.h"

typedef struct cs_identity {
    cs_vendor vendor;
    cs_evidence evidence;
    bool hardware;    /* the root is one that is compiled in */
    bool development; /* mock, or a root that is not the vendor's */
    uint8_t root_sha256[CS_SHA256_LEN];
    int64_t iat; /* of the boot document, seconds since 1970 */
    char image_hash[CS_MAX_MEASUREMENT + 1];
    char version[CS_MAX_ID + 1];
    char epoch[33];
    uint8_t ledger_ed25519[CS_ED25519_PUBLIC]; /* public keys of the ledger, from the boot document */
    uint8_t ledger_mldsa44[CS_MLDSA44_PUBLIC];
    char mldsa_engine[CS_MAX_ID + 1]; /* as the reply says, unproven, as is the next */
    int64_t disagreements;            /* of native ML-DSA signatures and OpenSSL, in this epoch */
} cs_identity;

#define CS_MAX_INTRODUCED 32 /* enclaves, counted once for each agent that they are behind */

typedef struct cs_introducer cs_introducer;

CS_MUST_CHECK cs_err cs_introducer_open(cs_introducer **out, cs_signer *signer, bool allow_mock);
/* What the operator pins: each identity must satisfy this policy as well. It is held, not copied. Once, before the
 * first question and before there are threads. */
void cs_introducer_pin(cs_introducer *i, const cs_policy *policy);
/* That policy, for as long as the introducer; NULL if nothing is pinned. */
const cs_policy *cs_introducer_pinned(const cs_introducer *i);
void cs_introducer_close(cs_introducer *i); /* NULL is fine */

/* The identity, at most `max_age_us` old; `document` (may be NULL) gets the boot document. CS_ENCLAVE_UNAVAILABLE;
 * a reason of cs_attest_verify if the boot document does not prove what the reply says, CS_ATT_MOCK_REFUSED in
 * production. */
CS_MUST_CHECK cs_err cs_introducer_ask(cs_introducer *i, cs_identity *out, cs_buf *document, int64_t max_age_us,
                                       int64_t deadline_us);
/* The same, with the policy that the enclave tells of itself, under the name "enclave". It is freed by the
 * caller, whatever this returned; `identity` and `document` may be NULL. */
CS_MUST_CHECK cs_err cs_introducer_policy(cs_introducer *i, cs_policy *policy, cs_identity *identity, cs_buf *document,
                                          int64_t max_age_us, int64_t deadline_us);
/* The policy of the enclave whose epoch the document names, of which nothing is believed; where no enclave has that
 * epoch, the first one's. */
CS_MUST_CHECK cs_err cs_introducer_policy_for(cs_introducer *i, cs_policy *policy, cs_slice document,
                                              int64_t max_age_us, int64_t deadline_us);
/* The first enclave that `match` takes. CS_NOT_FOUND: all of them answered, and it was none; CS_ENCLAVE_UNAVAILABLE and
 * reasons as above: it was none, and one did not answer. `match` may not call the introducer; one that takes nobody
 * sees everybody. */
typedef bool (*cs_introducer_match)(void *context, const cs_identity *identity);
CS_MUST_CHECK cs_err cs_introducer_find(cs_introducer *i, cs_identity *out, cs_introducer_match match, void *context,
                                        int64_t max_age_us, int64_t deadline_us);
/* The identity as it was told last, however long ago; `document` (may be NULL) gets the boot document. False if it
 * never was, the last time could not be proven, or it is being asked for at this moment. */
bool cs_introducer_recall(cs_introducer *i, cs_identity *out, cs_buf *document);

#endif
