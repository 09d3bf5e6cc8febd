/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay: a gateway connection, and at most one connection to each enclave of the fleet. Frames pass through as they
 * are, once their type has been found in the table and their size is within its limit. Every request gets exactly one
 * reply: an enclave's, or an Error frame of the relay. Nothing of a frame but its type is ever logged.
 *
 * Most requests go to the enclave with the fewest under way, and to another one if it breaks off. A LedgerSign goes to
 * the one whose keys signed the old note, a Forget to all of them, a Boot to a certain one if the gateway wants that.
 *
 * One request does not pass: SealSecret is the agent's own. The enclave never sees it, and the frame is wiped.
 *
 * Before it replies the enclave may ask for what a KMS has to do (kms.h); the gateway sees nothing of that.
 */
#ifndef CS_AGENT_RELAY_H
#define CS_AGENT_RELAY_H

#include "agent/fleet.h"
#include "agent/kms.h"
#include "agent/settings_key.h"
#include "core/slice.h"
#include "sys/channel.h"

typedef struct cs_relay {
    cs_fleet *fleet;
    int64_t timeout_us;                  /* from the request's last byte to the reply's last byte */
    const cs_settings_key *settings_key; /* NULL: secrets are refused */
    cs_kms *kms;                         /* NULL: every question about one is answered with KMS_UNAVAILABLE */
    cs_kms_line *line;                   /* to the KMS; NULL until there is a question */
    int upstream[CS_BALANCE_MAX];        /* connections to the enclaves; -1: none … */
    unsigned serial[CS_BALANCE_MAX];     /* … and to whom (cs_fleet_way) */
    cs_buf json, reply;                  /* the frames under way */
} cs_relay;

/* `settings_key` and `kms` may be NULL; all of them outlive the relay. */
cs_relay cs_relay_new(cs_fleet *fleet, int64_t timeout_us, const cs_settings_key *settings_key, cs_kms *kms);
void cs_relay_free(cs_relay *r);

/*
 * Relays requests from `gateway` until that connection ends; returns why. CS_FRAME_CLOSED is the orderly end.
 * A request that is not in the table or too large, and one that the enclave did not answer in time (after an Error
 * frame with FRAME_DEADLINE), end it. Enclaves that cannot be reached, or that die, do not: the request gets an
 * Error frame with ENCLAVE_UNAVAILABLE, and the next one tries again. A Boot for an enclave that there is not gets
 * NOT_FOUND.
 */
CS_MUST_CHECK cs_err cs_relay_run(cs_relay *r, cs_channel gateway);

#endif
