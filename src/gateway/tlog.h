/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of an org that publishes, for everybody, as C2SP tlog-tiles:
 *
 *     GET /ledger/<realm>/checkpoint
 *     GET /ledger/<realm>/tile/<L>/<N>[.p/<W>]
 *     GET /ledger/<realm>/tile/entries/<N>[.p/<W>]
 *
 * An org that does not publish is answered like one that is not there. Tiles never change, so caches may keep them.
 */
#ifndef CS_GATEWAY_TLOG_H
#define CS_GATEWAY_TLOG_H

#include "gateway/call.h"

/* Of everything below /ledger/; the answer has no envelope. */
CS_MUST_CHECK cs_err cs_tlog_get(cs_call *c, cs_jw *w);

#endif
