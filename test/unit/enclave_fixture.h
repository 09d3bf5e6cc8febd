/* SPDX-License-Identifier: Apache-2.0 */
/* An enclave without a process around it: real key-encryption key, root, counters and cache. */
#ifndef CS_TEST_ENCLAVE_FIXTURE_H
#define CS_TEST_ENCLAVE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/attested_sign.h"
#include "enclave/generate.h"
#include "enclave/rot_mock.h"

#define FIXTURE_REALMS 4 /* that it can sign ledgers of */
#define FIXTURE_KEYS 8   /* that its epoch can count */

/* Ledger keys of their own, as the first start would make them. */
static inline void fixture_notary(cs_enclave *e)
{
    char folder[] = "/tmp/cs-ledger-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(cs_notary_open(&e->notary, &e->kek, folder, FIXTURE_REALMS), CS_OK);
    (void)snprintf(path, sizeof path, "%s/ledger.sealed", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static inline cs_enclave *fixture_open(int64_t cache_ttl_us)
{
    cs_enclave *e = calloc(1, sizeof *e);
    CS_SECRET(secret);
    assert_non_null(e);
    assert_int_equal(cs_random(secret.b, 32), CS_OK);
    secret.n = 32;
    assert_int_equal(cs_kek_set(&e->kek, cs_secret_slice(&secret)), CS_OK);
    assert_int_equal(cs_random(secret.b, 32), CS_OK);
    assert_int_equal(cs_rot_mock_set(&e->rot, cs_secret_slice(&secret)), CS_OK);
    assert_int_equal(cs_counters_open(&e->counters, FIXTURE_KEYS), CS_OK);
    cs_cache_init(&e->cache, cache_ttl_us);
    cs_cache_init(&e->kms_cache, 0);
    assert_int_equal(cs_recipients_open(&e->recipients, 0), CS_OK);
    fixture_notary(e);
    return e;
}

static inline void fixture_close(cs_enclave *e)
{
    cs_cache_clear(&e->cache);
    cs_cache_clear(&e->kms_cache);
    cs_recipients_close(&e->recipients);
    cs_notary_close(&e->notary);
    cs_counters_close(&e->counters);
    cs_rot_close(&e->rot);
    cs_kek_wipe(&e->kek);
    free(e);
}

static inline cs_newborn fixture_key(cs_enclave *e, const char *org, const char *key_id, const char *alg,
                                     cs_format format, const char *purpose)
{
    cs_newborn n = cs_newborn_new();
    cs_request r = {.type = CS_MSG_GENERATE_KEY,
                    .org = cs_slice_str(org),
                    .key_id = cs_slice_str(key_id),
                    .alg = cs_alg_find(cs_slice_str(alg)),
                    .format = format,
                    .purpose = cs_slice_str(purpose)};
    /* A purpose that no document names: the enclave seals such records for itself alone. */
    bool attested = strcmp(purpose, "sign") == 0 || strcmp(purpose, "hybrid") == 0;
    assert_int_equal(attested ? cs_generate(&n, e, &r) : cs_newborn_seal(&n, &e->kek, &r), CS_OK);
    return n;
}

#endif
