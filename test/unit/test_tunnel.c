/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/agent/tunnel.c. zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/tunnel.h"
#include "sys/clock.h"
#include "sys/stream.h"

#define SOON (cs_tick_us() + 20 * 1000000)

static void hosts_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kept;
    } rows[] = {
        {"kms.eu-central-1.amazonaws.com", "kms.eu-central-1.amazonaws.com:443"},
        {"kms.example:8443", "kms.example:8443"},
        {"127.0.0.1:1", "127.0.0.1:1"},
        {"[::1]", "[::1]:443"},
        {"[::1]:65535", "[::1]:65535"},
        {"a", "a:443"},
        {"", NULL},
        {":443", NULL},
        {"a:", NULL},
        {"a:0", NULL},
        {"a:0443", NULL},
        {"a:65536", NULL},
        {"a:123456", NULL},
        {"a:44x", NULL},
        {"a:443:443", NULL},
        {"A.example", NULL},
        {"a b", NULL},
        {"a/b", NULL},
        {"a@b", NULL},
        {".a", NULL},
        {"a.", NULL},
        {"a_b", NULL},
        {"[]", NULL},
        {"[a]", "[a]:443"},
        {"[::1", NULL},
        {"::1]", NULL},
        {"a\xc3\xa4", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_tunnel_list list = {0};
        print_message("%s\n", rows[i].text);
        assert_int_equal(cs_tunnel_allow(&list, cs_slice_str(rows[i].text)), rows[i].kept != NULL ? CS_OK : CS_CONFIG);
        assert_int_equal(list.count, rows[i].kept != NULL ? 1 : 0);
        if (rows[i].kept != NULL)
            assert_string_equal(list.hosts[0], rows[i].kept);
    }
    char longest[300];
    cs_tunnel_list list = {0};
    memset(longest, 'a', sizeof longest);
    assert_int_equal(cs_tunnel_allow(&list, CS_ARRAY(longest)), CS_CONFIG);
    for (int i = 0; i < CS_TUNNEL_HOSTS; i++)
        assert_int_equal(cs_tunnel_allow(&list, CS_LIT("a")), CS_OK);
    assert_int_equal(cs_tunnel_allow(&list, CS_LIT("a")), CS_TOO_LARGE);
}

static void leads_nowhere_else(void **state)
{
    (void)state;
    cs_tunnel_list list = {0};
    int listener, fd;
    assert_int_equal(cs_stream_listen(&listener, "tcp:127.0.0.1:0"), CS_OK);
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    char here[32];
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(here, sizeof here, "127.0.0.1:%d", ntohs(at.sin_port));

    assert_int_equal(cs_tunnel_open(&fd, &list, cs_slice_str(here), SOON), CS_KMS_DENIED); /* an empty list */
    assert_int_equal(fd, -1);
    assert_int_equal(cs_tunnel_allow(&list, CS_LIT("kms.example")), CS_OK);
    assert_int_equal(cs_tunnel_open(&fd, &list, cs_slice_str(here), SOON), CS_KMS_DENIED);
    assert_int_equal(cs_tunnel_allow(&list, cs_slice_str(here)), CS_OK);
    assert_int_equal(cs_tunnel_open(&fd, &list, cs_slice_str(here), SOON), CS_OK);
    cs_stream_close(fd);

    assert_int_equal(cs_tunnel_redirect(&list, CS_LIT("no host")), CS_CONFIG);
    list = (cs_tunnel_list){0};
    assert_int_equal(cs_tunnel_redirect(&list, cs_slice_str(here)), CS_OK);
    assert_int_equal(cs_tunnel_open(&fd, &list, cs_slice_str(here), SOON), CS_KMS_DENIED); /* it is on no list */
    assert_int_equal(cs_tunnel_allow(&list, CS_LIT("kms.example")), CS_OK);
    assert_int_equal(cs_tunnel_open(&fd, &list, CS_LIT("kms.example:443"), SOON), CS_OK);
    cs_stream_close(fd);
    cs_stream_close(listener);
    assert_int_equal(cs_tunnel_open(&fd, &list, CS_LIT("kms.example"), SOON), CS_KMS_UNAVAILABLE);
    assert_int_equal(fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_have_one_form),
        cmocka_unit_test(leads_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
