/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/cli/client.c (zone: cli): which servers are talked to, and how paths are written. The exchange itself is
 * tested against servers in test/flow/cli_server.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://countersign.example", true},
        {"https://countersign.example/", true},
        {"https://countersign.example:8443", true},
        {"https://10.0.0.1", true},
        {"http://127.0.0.1:8420", true},
        {"http://127.1.2.3", true},
        {"http://localhost:1/", true},
        {"http://LOCALHOST", false}, /* written one way */
        {"http://[::1]:8420", true},
        {"HTTPS://countersign.example", true},

        {"http://countersign.example", false},
        {"http://127.0.0.1.example", false},
        {"http://127.example", false},
        {"http://localhost.example", false},
        {"http://10.0.0.1", false},
        {"http://0.0.0.0", false},
        {"http://[::2]", false},
        {"http://[::ffff:127.0.0.1]", false},
        {"http://127.0.0.1@example.com", false},
        {"http://example.com#@127.0.0.1", false},
        {"http://example.com\\@127.0.0.1", false},
        {"https://user@countersign.example", false},
        {"https://user:password@countersign.example", false},
        {"https://countersign.example/path", false},
        {"https://countersign.example/?query", false},
        {"https://countersign.example/#fragment", false},
        {"https://", false},
        {"https:countersign.example/x", false},
        {"ftp://127.0.0.1", false},
        {"file:///etc/passwd", false},
        {"unix:/tmp/x", false},
        {"127.0.0.1:8420", false},
        {"localhost", false},
        {"", false},
        {" http://127.0.0.1", false},
        {"http://127.0.0.1\r\nX: y", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (cs_client_url_allowed(rows[i].url) != rows[i].allowed)
            fail_msg("%s", rows[i].url);
}

static void test_escaping(void **state)
{
    (void)state;
    static const struct {
        const char *text, *escaped;
    } rows[] = {
        {"key_01abc-X", "key_01abc-X"},
        {"a/b", "a%2Fb"},
        {"a b?c#d&e=f%", "a%20b%3Fc%23d%26e%3Df%25"},
        {".", "%2E"},
        {"..", "%2E%2E"},
        {"v1.2", "v1.2"},
        {"\xc3\xbc\n", "%C3%BC%0A"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf out = cs_buf_new(256);
        cs_client_add_escaped(&out, cs_slice_str(rows[i].text));
        assert_string_equal(cs_buf_cstr(&out), rows[i].escaped);
        cs_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls), cmocka_unit_test(test_escaping)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
