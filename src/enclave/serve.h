/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave's connections: a thread each, one request at a time, at most CS_MAX_ENCLAVE_CONNECTIONS. */
#ifndef CS_ENCLAVE_SERVE_H
#define CS_ENCLAVE_SERVE_H

#include "enclave/enclave.h"

/* Serves `listener` until SIGTERM or SIGINT (cs_acceptor_serve); sweeps the key cache every second meanwhile. */
CS_MUST_CHECK cs_err cs_serve(cs_enclave *e, int listener);

#endif
