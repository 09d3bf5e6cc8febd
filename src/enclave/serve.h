/* SPDX-License-Identifier: Apache-2.0 */
/* The enclave's connections: one thread each, one request at a time, at most CS_MAX_ENCLAVE_CONNECTIONS. */
#ifndef CS_ENCLAVE_SERVE_H
#define CS_ENCLAVE_SERVE_H

#include "enclave/enclave.h"

/* Blocks SIGTERM and SIGINT for every thread made from here on, so that cs_serve can wait for them. */
CS_MUST_CHECK cs_err cs_serve_prepare(void);

/* Serves `listener` until SIGTERM or SIGINT. The key cache is swept every second meanwhile. Other threads are still
 * running when it returns; the caller wipes what it owns and ends the process. */
CS_MUST_CHECK cs_err cs_serve(cs_enclave *e, int listener);

#endif
