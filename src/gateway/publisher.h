/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the witnesses: a thread for each, so that one which does not answer holds up nobody but itself. Each asks for
 * the last checkpoint of every realm until its witness has cosigned it, and adds the verified lines to the stored note.
 */
#ifndef CS_GATEWAY_PUBLISHER_H
#define CS_GATEWAY_PUBLISHER_H

#include "gateway/commit.h"
#include "gateway/cosigner.h"

typedef struct cs_publisher cs_publisher;

/* `pause_us`: after which a witness that failed is asked again. Starts no thread without witnesses. */
CS_MUST_CHECK cs_err cs_publisher_open(cs_publisher **out, cs_store *store, cs_commit *commit,
                                       const cs_cosigners *witnesses, int64_t pause_us);
void cs_publisher_close(cs_publisher *p); /* NULL is fine; ends what is under way */

/* There is a new checkpoint. Waits until every witness had its turn, if `until_us` (cs_tick_us clock) is not 0, and no
 * longer than that. */
void cs_publisher_tell(cs_publisher *p, int64_t until_us);

#endif
