/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/crypto_rs256.c with the vector of RFC 7515. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crypto_rs256.h"
#include "core/encode.h"
#include "rs256_fixture.h"

#define PEM(body) "-----BEGIN PRIVATE KEY-----\n" body "-----END PRIVATE KEY-----\n"

static void signs_as_the_vector_says(void **state)
{
    (void)state;
    uint8_t memory[512], text_memory[512];
    cs_buf signature = CS_BUF_OVER(memory), text = CS_BUF_OVER(text_memory);
    assert_int_equal(cs_rs256_sign(&signature, CS_LIT(RS256_KEY("\n")), CS_LIT(RS256_MESSAGE)), CS_OK);
    cs_base64url_encode(&text, cs_buf_slice(&signature));
    assert_string_equal(cs_buf_cstr(&text), RS256_SIGNATURE);
    cs_buf_clear(&text);
    cs_buf_clear(&signature);
    assert_int_equal(cs_rs256_sign(&signature, CS_LIT(RS256_KEY("\r\n")), CS_LIT("")), CS_OK);
    cs_base64url_encode(&text, cs_buf_slice(&signature));
    assert_string_not_equal(cs_buf_cstr(&text), RS256_SIGNATURE);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *pem;
    } rows[] = {
        {""},
        {"x"},
        {PEM("")},
        {PEM("AAAA\n")},
        /* Ed25519 [RFC 8410 §10.3] */
        {PEM("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n")},
        {"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC "
         "KEY-----\n"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t memory[512];
        cs_buf signature = CS_BUF_OVER(memory);
        print_message("row %zu\n", i);
        assert_int_equal(cs_rs256_sign(&signature, cs_slice_str(rows[i].pem), CS_LIT("m")), CS_BAD_PRIVATE_KEY);
        assert_int_equal(signature.n, 0);
    }
    uint8_t little[255]; /* one byte too short */
    cs_buf signature = CS_BUF_OVER(little);
    assert_int_equal(cs_rs256_sign(&signature, CS_LIT(RS256_KEY("\n")), CS_LIT("m")), CS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signs_as_the_vector_says), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
