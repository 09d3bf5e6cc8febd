/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attested release: a data key comes out of a KMS encrypted for a key of this process that the root of trust has
 * attested, and is opened here. Whoever is in between passes on what he cannot read.
 *
 * What comes out was opened, not proven: over the relay somebody in between can put a data key of his own in its place.
 * For a stored record that shows, since it does not open; for a record that is being made nothing can show it, and its
 * keyRelease says so ("relayed"). Through the tunnel (kms_tunnel.h) nobody is in between ("attested").
 *
 * A root of trust that makes no document for a KMS can have data keys of the Vault door all the same: they come in the
 * clear, the agent has seen them, and the record says so ("agent-visible").
 */
#ifndef CS_ENCLAVE_RELEASE_H
#define CS_ENCLAVE_RELEASE_H

#include "enclave/enclave.h"
#include "enclave/host.h"

#define CS_RELEASE_PROVIDER CS_LIT("aws-kms")

/* What a key is sealed under: the provider's name of its key, and the encryption context. */
typedef struct cs_release {
    cs_slice kms_key;
    cs_kms_pair context[CS_MAX_KMS_CONTEXT];
    size_t context_count;
    bool in_clear; /* the root of trust may have nothing that a KMS takes; the agent then sees the data key */
} cs_release;

/* {"user_id": …} of the PQ Signer door. */
cs_release cs_release_of_user(cs_slice kms_key, cs_slice user_id);
/* {"org": …, "key_id": …} of the Vault door. */
cs_release cs_release_of_key(cs_slice kms_key, cs_slice org, cs_slice key_id);

/* "relayed", "attested" or "agent-visible": what records that are made now say. */
cs_slice cs_release_name(const cs_enclave *e);

/*
 * A fresh data key (32 bytes): `wrapped` (appended) is what to keep of it, `at_ms` the time at which the root of trust
 * attested, by its own clock (0 where it did not). CS_KMS_DENIED for a key of the KMS that the enclave is not to use;
 * further errors: those of cs_host_ask or cs_kms_tunnel_ask; CS_PROVIDER_NOT_AVAILABLE if the root of trust attests no
 * keys and they may not come in the clear; CS_ROOT_UNAVAILABLE; CS_KMS_PLAINTEXT; CS_KMS_RECIPIENT and CS_KMS_ANSWER if
 * the answer does not open.
 */
CS_MUST_CHECK cs_err cs_release_generate(cs_secret *dek, cs_buf *wrapped, int64_t *at_ms, cs_enclave *e, cs_host *h,
                                         const cs_release *r);
/* The data key that was wrapped. */
CS_MUST_CHECK cs_err cs_release_decrypt(cs_secret *dek, cs_enclave *e, cs_host *h, const cs_release *r,
                                        cs_slice wrapped);

#endif
