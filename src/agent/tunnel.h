/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte pipe for the enclave to a KMS: it ends TLS there itself, so nothing of what goes through can be read or
 * changed here. Hosts are those of a list, whatever is asked for.
 */
#ifndef CS_AGENT_TUNNEL_H
#define CS_AGENT_TUNNEL_H

#include "core/slice.h"

#define CS_TUNNEL_HOSTS 16
#define CS_TUNNEL_HOST 264 /* HOST:PORT and its NUL */

/* Where pipes may lead. */
typedef struct cs_tunnel_list {
    char hosts[CS_TUNNEL_HOSTS][CS_TUNNEL_HOST]; /* each with its port */
    size_t count;
    char instead[CS_TUNNEL_HOST]; /* "": the host itself; else every pipe leads there: an emulator's HOST:PORT */
} cs_tunnel_list;

/* Adds HOST or HOST:PORT (443 without). CS_CONFIG if it is none, CS_TOO_LARGE if there is no room. */
CS_MUST_CHECK cs_err cs_tunnel_allow(cs_tunnel_list *list, cs_slice host);
/* Lets every pipe lead to HOST:PORT. CS_CONFIG. */
CS_MUST_CHECK cs_err cs_tunnel_redirect(cs_tunnel_list *list, cs_slice host);

/* Connects to `host`, which must be on the list. CS_KMS_DENIED if it is not, CS_KMS_UNAVAILABLE if nobody listens
 * there. */
CS_MUST_CHECK cs_err cs_tunnel_open(int *fd, const cs_tunnel_list *list, cs_slice host, int64_t deadline_us);

#endif
