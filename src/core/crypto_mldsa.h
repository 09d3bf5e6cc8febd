/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which code computes ML-DSA: our own (core/mldsa) or OpenSSL's.
 *
 * The choice is made once, before the first key is opened, for the whole process. Our own is watched: of its signatures
 * one in so many is also verified by OpenSSL. If the two ever disagree, our own signs no more in this process: OpenSSL
 * takes over, also for keys that are open already, and the disagreement is counted for whoever reports it.
 */
#ifndef CS_CORE_CRYPTO_MLDSA_H
#define CS_CORE_CRYPTO_MLDSA_H

#include "core/crypto.h"
#include "core/mldsa/backend.h"

#define CS_DEFAULT_JUDGE 64 /* one native signature in so many is judged */

typedef enum cs_engine { CS_ENGINE_NATIVE, CS_ENGINE_OPENSSL } cs_engine;

/* "native", "openssl". */
const char *cs_engine_name(cs_engine e);
bool cs_engine_by_name(cs_engine *out, const char *name);

/* `backend` NULL: the fastest that runs here. `judge` 0: no signature is judged, 1: each. The default is native, the
 * fastest, CS_DEFAULT_JUDGE. Forgets earlier disagreements. */
void cs_engine_choose(cs_engine e, const cs_mldsa_backend *backend, unsigned judge);

typedef struct cs_engine_state {
    cs_engine chosen, used; /* they differ after a disagreement */
    const char *backend;    /* of the native engine: "avx512" … */
    uint64_t judged, disagreements;
} cs_engine_state;
cs_engine_state cs_engine_now(void);
/* What is used now: "native/avx512", "openssl". Lives as long as the process. */
const char *cs_engine_label(void);

/* -- for crypto_key.c alone ------------------------------------------------------------------------------------------
 */

/* A key that our own code has opened. */
typedef struct cs_native cs_native;

/* NULL: no memory. Private bytes are the seed; lengths are right already. */
cs_native *cs_native_open(cs_prim prim, bool is_private, cs_slice bytes);
void cs_native_free(cs_native *n);          /* NULL is fine; wiped */
size_t cs_native_bytes(const cs_native *n); /* all of its memory */
bool cs_native_is_private(const cs_native *n);
cs_slice cs_native_seed(const cs_native *n);
cs_slice cs_native_public(const cs_native *n);
/* skEncode of a private key [FIPS 204 algorithm 24]: its length, or 0 for a public key. The caller wipes it. */
#define CS_MLDSA_MAX_EXPANDED 4896 /* of ML-DSA-87 [FIPS 204 table 2] */
size_t cs_native_expand(uint8_t out[CS_MLDSA_MAX_EXPANDED], const cs_native *n);
/* Options are checked already. `sig` has cs_prim_sig_len bytes. */
CS_MUST_CHECK cs_err cs_native_sign(uint8_t *sig, const cs_native *n, cs_slice message,
                                    const cs_mldsa_options *options);
/* Many of one parameter set, with lanes shared where there is memory for it. Each has its own `err` afterwards. */
typedef struct cs_native_job {
    uint8_t *sig;
    const cs_native *key;
    cs_slice message;
    const cs_mldsa_options *options;
    cs_err err;
} cs_native_job;
void cs_native_sign_many(cs_native_job *jobs, size_t n); /* n <= CS_SIGN_TOGETHER */
CS_MUST_CHECK cs_err cs_native_verify(const cs_native *n, cs_slice message, cs_slice sig,
                                      const cs_mldsa_options *options);

/* True if this signature is to be judged. */
bool cs_engine_judges(void);
/* What the judge said. */
void cs_engine_judged(bool agrees);

#endif
