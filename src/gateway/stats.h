/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for a dashboard: what the realm holds, and how long the stages of requests take in this process. */
#ifndef CS_GATEWAY_STATS_H
#define CS_GATEWAY_STATS_H

#include "gateway/call.h"

CS_MUST_CHECK cs_err cs_stats_get(cs_call *c, cs_jw *w);

#endif
