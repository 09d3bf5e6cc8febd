/* SPDX-License-Identifier: Apache-2.0 */
/* What an operation of the enclave works with. Made once at start; shared by all connections. */
#ifndef CS_ENCLAVE_ENCLAVE_H
#define CS_ENCLAVE_ENCLAVE_H

#include "enclave/cache.h"
#include "enclave/counters.h"
#include "enclave/kek.h"
#include "enclave/kms_tunnel.h"
#include "enclave/notary.h"
#include "enclave/recipients.h"
#include "enclave/rot.h"
#include "enclave/session.h"
#include "sys/thread.h"

typedef struct cs_enclave {
    cs_kek kek;
    cs_rot rot;
    cs_evidence evidence;
    cs_sessions sessions; /* where the evidence is per session */
    cs_counters counters;
    cs_cache cache;
    cs_cache kms_cache;                    /* keys whose data key a KMS released */
    cs_recipients recipients;              /* keys that it releases to */
    const char *kms_keys[CS_MAX_KMS_KEYS]; /* that keys may be sealed under; none: whichever the gateway names */
    size_t kms_key_count;
    cs_kms_tunnel *tunnel; /* to the KMS; NULL: the agent relays */
    cs_notary notary;
    cs_crew crew; /* does the signing: as many threads as cores */
} cs_enclave;

#endif
