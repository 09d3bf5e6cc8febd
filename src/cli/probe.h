/* SPDX-License-Identifier: Apache-2.0 */
/* One GET without an API key that says nothing on stderr: what a server answers, and how, for `doctor`. */
#ifndef CS_CLI_PROBE_H
#define CS_CLI_PROBE_H

#include <stdint.h>

#include "core/slice.h"
#include "sys/options.h"

typedef struct cs_probe {
    long status;           /* 0: no answer; then `failure` says why */
    int64_t date;          /* of the answer's Date, seconds since 1970; 0: it has none */
    int64_t sent, arrived; /* our clock around it, the same unit */
    bool tls;
    int64_t expires; /* end of the server certificate's validity; 0: not known */
    char failure[200];
    cs_buf body; /* freed by the caller */
} cs_probe;

/* Asks the server of --server, with the TLS files of the command line; certificates are verified. */
void cs_probe_get(cs_probe *out, const cs_args *args, const char *path);

#endif
