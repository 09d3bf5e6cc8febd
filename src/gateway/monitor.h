/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /metrics on a listener of its own, for those who watch the gateway and have no API key: the counters of
 * metrics.h, and how the gateway is at this moment. A thread of its own serves it, also while the API is busy.
 */
#ifndef CS_GATEWAY_MONITOR_H
#define CS_GATEWAY_MONITOR_H

#include "gateway/call.h"

typedef struct cs_monitor cs_monitor;

/* Serves on `bind` with the TLS files of `like`, the configuration of the API's server `api`, which outlives the
 * monitor. Errors as of cs_http_open. */
CS_MUST_CHECK cs_err cs_monitor_open(cs_monitor **out, cs_app *app, cs_http_server *api, const cs_http_config *like,
                                     const char *bind);
uint16_t cs_monitor_port(const cs_monitor *m);
/* Reads the TLS files again. From any thread; NULL is allowed. */
void cs_monitor_reload(cs_monitor *m);
void cs_monitor_close(cs_monitor *m); /* NULL is allowed */

#endif
