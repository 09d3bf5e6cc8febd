/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that go to the enclave together, in one frame: each switch between the programs is then paid once for all
 * of them, and in the enclave they share vector lanes. Each stays by itself: what is wrong with one does not touch the
 * others, unless no answer comes at all.
 */
#ifndef CS_GATEWAY_GROUP_H
#define CS_GATEWAY_GROUP_H

#include "gateway/signing.h"

typedef struct cs_group {
    cs_signing *of[CS_MAX_SIGN_GROUP];
    size_t n, weight, reply_weight; /* of the frame; of its answer, about */
    cs_asked asked;
    cs_answer answer; /* what the signings' replies borrow from */
    cs_err err;       /* of sending; CS_OK: it is under way */
} cs_group;

void cs_group_init(cs_group *g);
void cs_group_free(cs_group *g); /* after that the replies are gone */

/* Adds a signature that was admitted. False: it does not fit any more. One alone always does. */
CS_MUST_CHECK bool cs_group_add(cs_group *g, cs_signing *s);

/* Asks for all of them in as few frames as they fit into, which are under way at the same time. How many of `groups`,
 * of which there are at least n, are to be freed. */
size_t cs_group_ask(cs_group *groups, cs_signing *const *signings, size_t n, cs_signer *signer, int64_t deadline_us);

/* Sends the group of at least one, and receives what was sent; the errors of cs_signer_ask in `asked` of each. */
void cs_group_send(cs_group *g, cs_signer *signer, int64_t deadline_us);
void cs_group_receive(cs_group *g, cs_signer *signer, int64_t deadline_us);

#endif
