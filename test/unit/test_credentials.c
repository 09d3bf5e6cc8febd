/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/credentials.c: files that are taken, and one row for each way to be none. */
#include "devkms/credentials.h"

#include "vectors.h"

#define KEYS "aws_access_key_id=AKIA\naws_secret_access_key=s\n"

static cs_credentials c;

static void good(void **state)
{
    (void)state;
    assert_int_equal(
        cs_credentials_parse(&c, CS_LIT("# us\n\n[a]\n  aws_access_key_id = AKIA1 \r\naws_secret_access_key\t= x/+= y\n"
                                        "; them\n[ b-2 ]\naws_session_token = t\naws_secret_access_key=z\n"
                                        "aws_access_key_id=AKIA2")),
        CS_OK);
    assert_int_equal(c.count, 2);
    const cs_credential *a = cs_credentials_find(&c, CS_LIT("AKIA1")), *b = cs_credentials_find(&c, CS_LIT("AKIA2"));
    assert_true(a != NULL && strcmp(a->profile, "a") == 0 && a->session_token.n == 0);
    assert_true(cs_secret_eq(cs_secret_slice(&a->secret), CS_LIT("x/+= y")));
    assert_true(b != NULL && strcmp(b->profile, "b-2") == 0 &&
                cs_secret_eq(cs_secret_slice(&b->session_token), CS_LIT("t")));
    assert_null(cs_credentials_find(&c, CS_LIT("AKIA")));
    assert_null(cs_credentials_find(&c, CS_LIT("")));
}

static void refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "\n",
                                      "# none\n",
                                      "[a]\n",
                                      KEYS,
                                      "[a]\naws_access_key_id=AKIA\n",
                                      "[a]\naws_secret_access_key=s\n",
                                      "[]\n" KEYS,
                                      "[a\n" KEYS,
                                      "[a b]\n" KEYS,
                                      "[a/b]\n" KEYS,
                                      "[a]\n" KEYS "[a]\naws_access_key_id=B\naws_secret_access_key=s\n",
                                      "[a]\n" KEYS "[b]\n" KEYS,
                                      "[a]\n" KEYS "aws_access_key_id=B\n",
                                      "[a]\n" KEYS "aws_secret_access_key=t\n",
                                      "[a]\n" KEYS "region=us-east-1\n",
                                      "[a]\n" KEYS "word\n",
                                      "[a]\naws_access_key_id=A KIA\naws_secret_access_key=s\n",
                                      "[a]\naws_access_key_id=\naws_secret_access_key=s\n",
                                      "[a]\naws_access_key_id=A\naws_secret_access_key=\n",
                                      "[a]\n" KEYS "[b]\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cs_credentials_parse(&c, cs_slice_str(bad[i])) != CS_CONFIG)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(c.count, 0);
    }
    assert_int_equal(cs_credentials_parse(&c, CS_LIT("[a]\n" KEYS "\0\n")), CS_CONFIG);
}

static void generated(void **state)
{
    (void)state;
    cs_buf one = cs_buf_new(1024), two = cs_buf_new(1024);
    assert_int_equal(cs_credentials_generate(&one, "default"), CS_OK);
    assert_int_equal(cs_credentials_generate(&two, "default"), CS_OK);
    assert_int_equal(cs_credentials_parse(&c, cs_buf_slice(&one)), CS_OK);
    assert_true(strcmp(c.of[0].profile, "default") == 0 && strlen(c.of[0].access_key_id) == 20 &&
                c.of[0].secret.n == 40);
    assert_false(cs_slice_eq(cs_buf_slice(&one), cs_buf_slice(&two)));
    cs_buf_free(&one);
    cs_buf_free(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(refusals), cmocka_unit_test(generated)};
    return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
