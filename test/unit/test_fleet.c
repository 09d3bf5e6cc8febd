/* SPDX-License-Identifier: Apache-2.0 */
/* zone: agent */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/fleet.h"
#include "core/message.h"
#include "sys/clock.h"
#include "sys/stream.h"

#define LONG_US (20 * 1000000LL)

static cs_fleet *open_fleet(const char *const *addresses, size_t n)
{
    cs_fleet *f = NULL;
    assert_int_equal(cs_fleet_open(&f, addresses, n, LONG_US), CS_OK);
    return f;
}

static void lists(void **state)
{
    (void)state;
    static char long_one[CS_FLEET_ADDRESS + 1];
    memset(long_one, 'a', CS_FLEET_ADDRESS);
    const char *many[CS_BALANCE_MAX + 1];
    static char text[CS_BALANCE_MAX + 1][8];
    for (size_t i = 0; i <= CS_BALANCE_MAX; i++) {
        (void)snprintf(text[i], sizeof text[i], "unix:%c", (char)('a' + i));
        many[i] = text[i];
    }
    cs_fleet *f = NULL;
    assert_int_equal(cs_fleet_open(&f, many, 0, LONG_US), CS_CONFIG);
    assert_int_equal(cs_fleet_open(&f, many, CS_BALANCE_MAX + 1, LONG_US), CS_CONFIG);
    assert_int_equal(cs_fleet_open(&f, (const char *[]){"unix:a", "unix:b", "unix:a"}, 3, LONG_US), CS_CONFIG);
    assert_int_equal(cs_fleet_open(&f, (const char *[]){long_one}, 1, LONG_US), CS_CONFIG);
    long_one[CS_FLEET_ADDRESS - 1] = '\0';
    f = open_fleet((const char *[]){long_one}, 1);
    cs_fleet_close(f);
    f = open_fleet(many, CS_BALANCE_MAX);
    assert_int_equal(cs_fleet_set(f, many + 1, CS_BALANCE_MAX), CS_CONFIG); /* no place for the new one yet */
    assert_int_equal(cs_fleet_set(f, many + 1, CS_BALANCE_MAX - 1), CS_OK);
    assert_int_equal(cs_fleet_set(f, many + 1, CS_BALANCE_MAX), CS_OK);
    cs_fleet_close(f);
    cs_fleet_close(NULL);
}

/* Who is not in the list any more finishes what it has; at the same address there may soon be another one. */
static void a_new_list(void **state)
{
    (void)state;
    const char *const a[] = {"unix:a", "unix:b"}, *const b[] = {"unix:b", "unix:c"};
    cs_fleet_way old, way, again;
    cs_fleet *f = open_fleet(a, 2);
    assert_int_equal(cs_fleet_enter_nth(&old, f, 0), CS_OK);
    assert_string_equal(old.address, "unix:a");
    assert_int_equal(cs_fleet_enter_nth(&way, f, 2), CS_NOT_FOUND);
    assert_int_equal(cs_fleet_set(f, b, 2), CS_OK);
    assert_int_equal(cs_fleet_enter_nth(&way, f, 0), CS_OK);
    assert_string_equal(way.address, "unix:b");
    cs_fleet_leave(f, &way, false);
    assert_int_equal(cs_fleet_enter_nth(&way, f, 1), CS_OK);
    assert_string_equal(way.address, "unix:c");
    assert_int_not_equal(way.at, old.at);
    cs_fleet_leave(f, &way, false);
    cs_fleet_drain(f, cs_tick_us()); /* one is under way: the deadline */
    cs_fleet_leave(f, &old, false);
    cs_fleet_drain(f, cs_tick_us() + LONG_US);
    assert_int_equal(cs_fleet_set(f, a, 2), CS_OK);
    assert_int_equal(cs_fleet_enter_nth(&again, f, 0), CS_OK);
    assert_string_equal(again.address, "unix:a");
    assert_int_equal(again.at, old.at);
    assert_int_not_equal(again.serial, old.serial);
    cs_fleet_leave(f, &again, false);
    cs_fleet_close(f);
}

/* It comes back when it answers a Boot, and not before. */
static void is_probed(void **state)
{
    (void)state;
    char folder[64] = "/tmp/cs-fleet-XXXXXX", address[96];
    int listener, fd;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(address, sizeof address, "unix:%s/e", folder);
    assert_int_equal(cs_stream_listen(&listener, address), CS_OK);
    cs_fleet *f = open_fleet((const char *[]){address, "unix:/nowhere"}, 2);
    cs_fleet_way way;
    assert_int_equal(cs_fleet_enter_nth(&way, f, 0), CS_OK);
    cs_fleet_leave(f, &way, true);
    cs_buf json = cs_buf_new(CS_MAX_FRAME);
    assert_int_equal(cs_stream_accept(&fd, listener), CS_OK);
    assert_int_equal(cs_frame_read(&json, fd, LONG_US, false), CS_OK);
    assert_true(cs_slice_is(cs_buf_slice(&json), "{\"type\":\"Boot\",\"version\":1}"));
    assert_int_equal(cs_frame_write(fd, CS_LIT("\0\0\0\2{}"), LONG_US), CS_OK); /* that is no answer */
    cs_stream_close(fd);
    assert_int_equal(cs_stream_accept(&fd, listener), CS_OK);
    assert_int_equal(cs_fleet_enter(&way, f, 0), CS_OK);
    assert_string_equal(way.address, "unix:/nowhere");
    cs_fleet_leave(f, &way, false);
    assert_int_equal(cs_frame_read(&json, fd, LONG_US, false), CS_OK);
    cs_stream_close(fd);
    cs_fleet_close(f);
    cs_buf_free(&json);
    cs_stream_close(listener);
    (void)unlink(address + 5);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(a_new_list),
                                       cmocka_unit_test(is_probed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
