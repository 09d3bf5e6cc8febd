/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS and its neighbours answer with credentials, and a file of them. zone: net */
#include <stdlib.h>
#include <string.h>

#include "sys/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is taken is complete and may stand in a header. */
static void expect_whole(cs_err err, cs_aws_credentials *c, bool temporary)
{
    cs_slice secret = cs_secret_slice(&c->secret_access_key), token = cs_buf_slice(&c->session_token);
    if (err == CS_OK && (c->access_key_id[0] == '\0' || secret.n == 0 || (temporary && token.n == 0) ||
                         (temporary && c->renew_ms > c->expires_ms)))
        abort();
    for (size_t i = 0; i < secret.n; i++)
        if (secret.p[i] <= ' ' || secret.p[i] > '~')
            abort();
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~')
            abort();
    if (err != CS_OK && (c->access_key_id[0] != '\0' || secret.n + token.n != 0))
        abort();
    cs_aws_credentials_wipe(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice text = cs_slice_of(data, size);
    char code[CS_AWS_MAX_CODE + 1], header[64] = "";
    cs_aws_credentials c;
    expect_whole(cs_aws_source_profile(&c, text, CS_LIT("default")), &c, false);
    expect_whole(cs_aws_source_json(&c, text, 0), &c, true);
    expect_whole(cs_aws_source_sts(&c, text, 0), &c, true);
    cs_aws_error_code(code, "", text);
    if (code[0] == '\0' || strlen(code) > CS_AWS_MAX_CODE)
        abort();
    if (cs_slice_to_cstr(header, sizeof header, text) == CS_OK)
        cs_aws_error_code(code, header, CS_ABSENT);
    return 0;
}
