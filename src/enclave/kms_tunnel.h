/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tunnel to the KMS (--kms-path tunnel): TLS ends in this process, so what the KMS says of a data key is the KMS's
 * word and nobody's in between; keys that are born over it say "attested".
 *
 * Pinned are the roots and the hosts. The host of a key is the one on the list whose name has the key's region in it;
 * the region comes from the key's own name. The agent opens the pipe and lends temporary credentials, with which this
 * process signs (core/sigv4.h): a host that lends others gets refusals from the KMS, nothing else.
 */
#ifndef CS_ENCLAVE_KMS_TUNNEL_H
#define CS_ENCLAVE_KMS_TUNNEL_H

#include "enclave/host.h"
#include "sys/options.h"

#define CS_KMS_TUNNEL_HOSTS 16

typedef struct cs_kms_tunnel cs_kms_tunnel;

/* Reads the roots; before the filter is set. `hosts`: 1..CS_KMS_TUNNEL_HOSTS, each HOST or HOST:PORT; the texts
 * outlive the tunnel. CS_CONFIG, and the reason is logged; CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_kms_tunnel_new(cs_kms_tunnel **out, const char *roots_file, const char *const *hosts,
                                       size_t count);
void cs_kms_tunnel_free(cs_kms_tunnel *t);

/*
 * Asks the KMS itself. The slices of *out point into `bytes`, which wipes itself; `now_ms` is the root of trust's time.
 * CS_KMS_DENIED: refused, or no host on the list is the key's; CS_KMS_UNAVAILABLE; CS_KMS_TLS; CS_KMS_PLAINTEXT;
 * CS_KMS_ANSWER: it answered, but not to the question; errors of cs_host_ask.
 */
CS_MUST_CHECK cs_err cs_kms_tunnel_ask(cs_kms_reply *out, cs_buf *bytes, const cs_kms_tunnel *t, cs_host *host,
                                       const cs_kms_request *question, int64_t now_ms);

#endif
