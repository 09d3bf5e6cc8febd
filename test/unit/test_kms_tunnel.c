/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/kms_tunnel.c as far as no TLS is needed: which host is asked for, and what refuses before it is.
 * What happens over TLS is in test/flow/pq_hostile_host.py. zone: enclave */
#include "enclave/kms_tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/crypto_issue.h"
#include "enclave/softchain.h"
#include "sys/stream.h"

static char folder[64], roots[96], empty[96];

/* Any certificate will do: nobody gets as far as comparing with it. */
static int begin(void **state)
{
    (void)state;
    cs_softchain chain;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-tunnel-XXXXXX");
    if (mkdtemp(folder) == NULL || cs_softchain_open(&chain, folder, 1790000000) != CS_OK)
        return -1;
    cs_softchain_close(&chain);
    (void)snprintf(roots, sizeof roots, "%s/software-nsm-root.pem", folder);
    (void)snprintf(empty, sizeof empty, "%s/empty", folder);
    FILE *f = fopen(empty, "w");
    return f != NULL && fclose(f) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void configurations(void **state)
{
    (void)state;
    static const char *const many[CS_KMS_TUNNEL_HOSTS + 1] = {"h", "h", "h", "h", "h", "h", "h", "h", "h",
                                                              "h", "h", "h", "h", "h", "h", "h", "h"};
    char missing[128], long_name[CS_MAX_KMS_HOST + 1];
    (void)snprintf(missing, sizeof missing, "%s/nothing", folder);
    memset(long_name, 'a', sizeof long_name);
    long_name[CS_MAX_KMS_HOST] = '\0';
    const struct {
        const char *file, *host;
        size_t count;
        cs_err expect;
    } rows[] = {
        {roots, "kms.eu-central-1.amazonaws.com", 1, CS_OK},
        {roots, "127.0.0.1:8443", 1, CS_OK},
        {roots, "h:1", 1, CS_OK},
        {roots, NULL, CS_KMS_TUNNEL_HOSTS, CS_OK},
        {roots, NULL, CS_KMS_TUNNEL_HOSTS + 1, CS_CONFIG},
        {roots, NULL, 0, CS_CONFIG},
        {NULL, "h", 1, CS_CONFIG},
        {missing, "h", 1, CS_CONFIG},
        {empty, "h", 1, CS_CONFIG},
        {folder, "h", 1, CS_CONFIG},
        {roots, "", 1, CS_CONFIG},
        {roots, ":443", 1, CS_CONFIG},
        {roots, "h:", 1, CS_CONFIG},
        {roots, "h:123456", 1, CS_CONFIG},
        {roots, "h:1x", 1, CS_CONFIG},
        {roots, "h:1:2", 1, CS_CONFIG},
        {roots, "https://h", 1, CS_CONFIG},
        {roots, "h/path", 1, CS_CONFIG},
        {roots, "H", 1, CS_CONFIG},
        {roots, "h\r\nx", 1, CS_CONFIG},
        {roots, "h ", 1, CS_CONFIG},
        {roots, "*.amazonaws.com", 1, CS_CONFIG},
        {roots, long_name, 1, CS_CONFIG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const one[] = {rows[i].host};
        cs_kms_tunnel *t = NULL;
        cs_err err = cs_kms_tunnel_new(&t, rows[i].file, rows[i].host != NULL ? one : many, rows[i].count);
        if (err != rows[i].expect)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_int_equal(t != NULL, err == CS_OK);
        cs_kms_tunnel_free(t);
    }
    cs_kms_tunnel_free(NULL);
}

/* What the enclave asks for; "" if it asks for nothing. The agent refuses. */
static cs_err asked(char out[CS_MAX_KMS_HOST + 1], const cs_kms_tunnel *t, const char *arn)
{
    int ends[2];
    cs_frame_in in;
    cs_kms_request q;
    cs_kms_reply reply;
    cs_buf json = cs_buf_new(CS_MAX_FRAME), bytes = cs_buf_new_wiped(CS_MAX_KMS_ANSWER);
    const cs_kms_request question = {.type = CS_KMS_GENERATE_DATA_KEY,
                                     .provider = CS_LIT("aws-kms"),
                                     .key_id = cs_slice_str(arn),
                                     .recipient = CS_LIT("d")};
    out[0] = '\0';
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    cs_host host = cs_host_new(ends[0]);
    assert_int_equal(
        cs_frame_relay(ends[1], CS_LIT("{\"type\":\"Error\",\"version\":1,\"code\":\"KMS_PLAINTEXT\"}"), 1000000),
        CS_OK);
    cs_err err = cs_kms_tunnel_ask(&reply, &bytes, t, &host, &question, 1790000000000);
    assert_int_equal(reply.type, CS_KMS_COUNT);
    if (!cs_stream_is_quiet(ends[1])) {
        assert_int_equal(cs_frame_read(&json, ends[1], 1000000, false), CS_OK);
        assert_int_equal(cs_kms_request_read(&q, &in, cs_buf_slice(&json)), CS_OK);
        assert_int_equal(q.type, CS_KMS_TUNNEL);
        assert_int_equal(cs_slice_to_cstr(out, CS_MAX_KMS_HOST + 1, q.host), CS_OK);
        cs_frame_in_free(&in);
    }
    cs_host_free(&host);
    cs_stream_close(ends[0]);
    cs_stream_close(ends[1]);
    cs_buf_free(&json);
    cs_buf_free(&bytes);
    return err;
}

#define KEY(region) "arn:aws:kms:" region ":111122223333:key/k"

static void the_host_of_a_key(void **state)
{
    (void)state;
    static const char *const aws[] = {"kms.eu-central-1.amazonaws.com", "kms-fips.us-east-1.amazonaws.com",
                                      "kms.us-gov-west-1.amazonaws.com:443"};
    static const char *const own[] = {"kms.example.org:8443"};
    static const char *const single[] = {"kms.eu-central-1.amazonaws.com"};
    static const char *const two[] = {"a.example.org", "b.example.org"};
    static const struct {
        const char *const *hosts;
        size_t count;
        const char *arn, *host; /* "": refused, and nobody is asked */
    } rows[] = {
        {aws, 3, KEY("eu-central-1"), "kms.eu-central-1.amazonaws.com"},
        {aws, 3, KEY("us-east-1"), "kms-fips.us-east-1.amazonaws.com"},
        {aws, 3, KEY("us-gov-west-1"), "kms.us-gov-west-1.amazonaws.com:443"},
        {own, 1, KEY("eu-central-1"), "kms.example.org:8443"},
        {single, 1, KEY("eu-central-1"), "kms.eu-central-1.amazonaws.com"},
        {single, 1, KEY("eu-central-2"), ""},
        {single, 1, KEY("eu-central"), ""},
        {single, 1, KEY("amazonaws"), "kms.eu-central-1.amazonaws.com"}, /* no region, but the host is pinned */
        {single, 1, KEY("com"), ""},
        {single, 1, KEY("kms"), ""},
        {aws, 3, KEY("ap-south-1"), ""},
        {two, 2, KEY("eu-central-1"), ""},
        {own, 1, "alias/k", ""},
        {own, 1, "1234abcd-12ab-34cd-56ef-1234567890ab", ""},
        {own, 1, "arn:aws:kms:eu-central-1.evil.org/:111122223333:key/k", ""},
        {own, 1, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char host[CS_MAX_KMS_HOST + 1];
        cs_kms_tunnel *t = NULL;
        assert_int_equal(cs_kms_tunnel_new(&t, roots, rows[i].hosts, rows[i].count), CS_OK);
        cs_err err = asked(host, t, rows[i].arn);
        if (strcmp(host, rows[i].host) != 0)
            fail_msg("%s: %s", rows[i].arn, host);
        assert_int_equal(err, host[0] != '\0' ? CS_KMS_PLAINTEXT : CS_KMS_DENIED);
        cs_kms_tunnel_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(configurations), cmocka_unit_test(the_host_of_a_key)};
    return cmocka_run_group_tests(tests, begin, end);
}
