/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which hosts src/sys/azure.c has tokens for; how it asks for them is test/flow/kms_clouds.py. zone: net */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/azure.h"

static void resources(void **state)
{
    (void)state;
    static const struct {
        const char *host, *resource; /* "": none */
    } rows[] = {
        {"a.vault.azure.net", "https://vault.azure.net"},
        {"my-vault-1.vault.azure.cn", "https://vault.azure.cn"},
        {"a.vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net"},
        {"hsm.managedhsm.azure.net", "https://managedhsm.azure.net"},
        {"", ""},
        {"vault.azure.net", ""},
        {".vault.azure.net", ""},
        {"-.vault.azure.net", ""},
        {"a.b.vault.azure.net", ""},
        {"A.vault.azure.net", ""},
        {"a.Vault.azure.net", ""},
        {"a_b.vault.azure.net", ""},
        {"a.vault.azure.net.example.com", ""},
        {"a.vault.azure.net:443", ""},
        {"a@b.vault.azure.net", ""},
        {"avault.azure.net", ""},
        {"a.vault.azure.com", ""},
        {"vault.azure.net.vault.azure.net", ""},
        {"127.0.0.1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %zu\n", i);
        assert_string_equal(cs_azure_resource(cs_azure_resource_of(cs_slice_str(rows[i].host))), rows[i].resource);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(resources)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
