/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* The list of witnesses, and the exchange with one: a thread that answers HTTP as it is told, with real cosignatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/checkpoint.h"
#include "gateway/cosigner.h"
#include "sys/log.h"

#define ORIGIN "ledger.example/org/org_1"
#define TEXT ORIGIN "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define NAME "witness.example/w1"
#define TIME 1768473000

enum { LOG_KEY, ED_KEY, ML_KEY, OTHER_KEY, KEYS };
static cs_key *keys[KEYS];
static cs_vkey vkeys[KEYS];
static char texts[KEYS][CS_MAX_VKEY + 1];
static cs_buf note;

/* The other side: one answer for one request. */
static struct {
    int listener;
    char url[64];
    cs_buf answer; /* all of it, head included; empty: the connection is closed */
    bool silent;   /* no answer, the connection stays, and the asker is told to stop */
    atomic_bool stop;
    cs_buf request; /* its body */
} peer;

static size_t length_of(const cs_buf *request, size_t *body)
{
    const char *text = (const char *)request->p;
    const char *end = memmem(text, request->n, "\r\n\r\n", 4),
               *length = memmem(text, request->n, "Content-Length: ", 16);
    if (end == NULL || length == NULL)
        return SIZE_MAX;
    *body = (size_t)(end - text) + 4;
    return *body + strtoul(length + 16, NULL, 10);
}

static void *answer_one(void *context)
{
    cs_buf got = cs_buf_new(1u << 20);
    size_t body = 0;
    char bytes[4096];
    (void)context;
    int fd = accept(peer.listener, NULL, NULL);
    for (ssize_t n; got.n == 0 || got.n < length_of(&got, &body);) {
        n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            break;
        cs_buf_add(&got, cs_slice_of(bytes, (size_t)n));
    }
    cs_buf_clear(&peer.request);
    cs_buf_add(&peer.request, cs_slice_sub(cs_buf_slice(&got), body, got.n));
    size_t at = 0;
    while (at < peer.answer.n) {
        ssize_t n = send(fd, peer.answer.p + at, peer.answer.n - at, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    atomic_store(&peer.stop, peer.silent);
    while (peer.silent && read(fd, bytes, sizeof bytes) > 0)
        ;
    (void)close(fd);
    cs_buf_free(&got);
    return NULL;
}

static int set_up(void **state)
{
    static const struct {
        const char *name;
        cs_note_type type;
        cs_prim prim;
    } rows[KEYS] = {{ORIGIN, CS_NOTE_ED25519, CS_ED25519},
                    {NAME, CS_NOTE_COSIG_ED25519, CS_ED25519},
                    {NAME, CS_NOTE_MLDSA44, CS_MLDSA44},
                    {NAME, CS_NOTE_COSIG_ED25519, CS_ED25519}};
    (void)state;
    cs_log_open("test", CS_LOG_ERROR);
    note = cs_buf_new(CS_MAX_NOTE);
    for (uint8_t i = 0; i < KEYS; i++) {
        uint8_t seed[32] = {i};
        cs_buf public_key = cs_buf_new(CS_VKEY_PUBLIC_MAX), text = CS_BUF_OVER(texts[i]);
        assert_int_equal(cs_key_open_private(&keys[i], rows[i].prim, CS_ARRAY(seed)), CS_OK);
        cs_key_public(&public_key, keys[i]);
        assert_int_equal(cs_vkey_make(&vkeys[i], cs_slice_str(rows[i].name), rows[i].type, cs_buf_slice(&public_key)),
                         CS_OK);
        cs_vkey_write(&text, &vkeys[i]);
        assert_true(cs_buf_cstr(&text)[0] != '\0');
        cs_buf_free(&public_key);
    }
    assert_int_equal(cs_note_begin(&note, CS_LIT(TEXT)), CS_OK);
    assert_int_equal(cs_note_sign(&note, CS_LIT(TEXT), CS_LIT(ORIGIN), CS_NOTE_ED25519, keys[LOG_KEY], 0), CS_OK);
    peer.answer = cs_buf_new(1u << 20);
    peer.request = cs_buf_new(1u << 20);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    peer.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer.listener, 4), 0);
    assert_int_equal(getsockname(peer.listener, (struct sockaddr *)&address, &n), 0);
    (void)snprintf(peer.url, sizeof peer.url, "http://127.0.0.1:%u/w/", ntohs(address.sin_port));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        cs_key_free(keys[i]);
    cs_buf_free(&note);
    cs_buf_free(&peer.answer);
    cs_buf_free(&peer.request);
    (void)close(peer.listener);
    return 0;
}

static cs_err add(cs_cosigners *list, const char *url, const char *vkey)
{
    char text[CS_MAX_COSIGNER_URL + CS_MAX_VKEY + 64];
    (void)snprintf(text, sizeof text, "%s=%s", url, vkey);
    return cs_cosigner_add(list, text);
}

static void test_the_list(void **state)
{
    (void)state;
    static cs_cosigners list;
    char longest[CS_MAX_COSIGNER_URL + 32];
    list = (cs_cosigners){0};
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "https://", 8);
    longest[sizeof longest - 1] = '\0';
    const char *const refused[] = {
        "",
        "witness.example",
        "ftp://witness.example",
        "https://user@witness.example",
        "https://w.example?a",
        "https://",
        "https://w.example#a",
        "file:///etc/passwd",
        longest,
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(add(&list, refused[i], texts[ED_KEY]), CS_CONFIG);
    assert_int_equal(cs_cosigner_add(&list, "https://witness.example"), CS_CONFIG);
    assert_int_equal(add(&list, "https://witness.example", ""), CS_CONFIG);
    assert_int_equal(add(&list, "https://witness.example", texts[LOG_KEY]), CS_CONFIG);
    char broken[CS_MAX_VKEY + 1];
    memcpy(broken, texts[ED_KEY], sizeof broken);
    broken[sizeof NAME + 1] ^= 1; /* a digit of the key id */
    assert_int_equal(add(&list, "https://witness.example", broken), CS_CONFIG);
    assert_int_equal(list.n, 0);

    assert_int_equal(add(&list, "https://witness.example/", texts[ED_KEY]), CS_OK);
    assert_int_equal(add(&list, "https://witness.example", texts[ML_KEY]), CS_OK);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.of[0].key_count, 2);
    assert_string_equal(list.of[0].url, "https://witness.example");
    for (int i = 1; i < CS_MAX_COSIGNERS; i++) {
        char url[64];
        (void)snprintf(url, sizeof url, "https://witness.example/%d", i);
        assert_int_equal(add(&list, url, texts[ED_KEY]), CS_OK);
    }
    assert_int_equal(add(&list, "https://witness.example/more", texts[ED_KEY]), CS_CONFIG);
    for (int i = 2; i < CS_MAX_COSIGNER_KEYS; i++)
        assert_int_equal(add(&list, "https://witness.example", texts[OTHER_KEY]), CS_OK);
    assert_int_equal(add(&list, "https://witness.example", texts[OTHER_KEY]), CS_CONFIG);

    /* All of them sign one note, which has two lines already. */
    size_t taken = CS_MAX_COSIGNER_KEYS + CS_MAX_COSIGNERS - 1;
    for (; taken < CS_MAX_NOTE_SIGNATURES - 2; taken++) {
        char url[64];
        (void)snprintf(url, sizeof url, "https://witness.example/%zu", 1 + taken % (CS_MAX_COSIGNERS - 1));
        assert_int_equal(add(&list, url, texts[OTHER_KEY]), CS_OK);
    }
    for (size_t i = 0; i < list.n; i++)
        assert_int_equal(add(&list, list.of[i].url, texts[OTHER_KEY]), CS_CONFIG);
}

/* One exchange with what the peer is to answer, asking a witness with both keys. */
struct exchange {
    cs_err err;
    long status;
    uint64_t its_size;
    cs_buf lines;
};

static struct exchange ask(void)
{
    static cs_cosigners list;
    pthread_t thread;
    cs_cosigner_link *link;
    uint8_t proof[64] = {1};
    struct exchange x = {.lines = cs_buf_new(CS_MAX_NOTE)};
    list = (cs_cosigners){0};
    atomic_store(&peer.stop, false);
    assert_int_equal(add(&list, peer.url, texts[ED_KEY]), CS_OK);
    assert_int_equal(add(&list, peer.url, texts[ML_KEY]), CS_OK);
    assert_int_equal(cs_cosigner_open(&link, &list.of[0]), CS_OK);
    assert_int_equal(pthread_create(&thread, NULL, answer_one, NULL), 0);
    x.err =
        cs_cosigner_ask(link, &x.lines, &x.its_size, &x.status, 5, CS_ARRAY(proof), cs_buf_slice(&note), &peer.stop);
    cs_cosigner_close(link);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return x;
}

static void set_answer(const char *status, cs_slice body)
{
    cs_buf_clear(&peer.answer);
    cs_buf_printf(&peer.answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, body.n);
    cs_buf_add(&peer.answer, body);
}

/* The signature line of one of the keys over `text`. */
static void sign_line(cs_buf *out, int key, cs_slice text)
{
    cs_note_type type = vkeys[key].type;
    assert_int_equal(
        cs_note_sign(out, text, cs_slice_str(vkeys[key].name), type, keys[key], type == CS_NOTE_ED25519 ? 0 : TIME),
        CS_OK);
}

static void test_a_cosignature(void **state)
{
    (void)state;
    static const char head[] = "old 5\n"
                               "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                               "\n";
    cs_buf body = cs_buf_new(CS_MAX_NOTE), want = cs_buf_new(2 * CS_MAX_NOTE);
    sign_line(&body, ED_KEY, CS_LIT(TEXT));
    set_answer("200 OK", cs_buf_slice(&body));
    struct exchange x = ask();
    assert_int_equal(x.err, CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&x.lines), cs_buf_slice(&body)));
    cs_buf_add_str(&want, head);
    cs_buf_add(&want, cs_buf_slice(&note));
    assert_true(cs_slice_eq(cs_buf_slice(&peer.request), cs_buf_slice(&want)));
    cs_buf_free(&x.lines);

    sign_line(&body, ML_KEY, CS_LIT(TEXT));
    set_answer("200 OK", cs_buf_slice(&body));
    x = ask();
    assert_int_equal(x.err, CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&x.lines), cs_buf_slice(&body)));
    cs_buf_free(&x.lines);

    size_t ours = body.n;
    sign_line(&body, OTHER_KEY, CS_LIT(TEXT)); /* of a key that nobody pinned: left out */
    set_answer("200 OK", cs_buf_slice(&body));
    x = ask();
    assert_int_equal(x.err, CS_OK);
    assert_int_equal(x.lines.n, ours);
    cs_buf_free(&x.lines);
    cs_buf_free(&body);
    cs_buf_free(&want);
}

static void refuses(const char *status, cs_slice body, cs_err want, long want_status)
{
    set_answer(status, body);
    struct exchange x = ask();
    assert_int_equal(x.err, want);
    assert_int_equal(x.status, want_status);
    assert_int_equal(x.lines.n, 0);
    cs_buf_free(&x.lines);
}

static void test_what_is_no_cosignature(void **state)
{
    (void)state;
    static const char other_text[] = ORIGIN "\n8\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    cs_buf body = cs_buf_new(CS_MAX_NOTE);
    refuses("200 OK", CS_LIT(""), CS_NOTE_FORMAT, 200);
    refuses("200 OK", CS_LIT("\n"), CS_NOTE_FORMAT, 200);
    refuses("200 OK", CS_LIT("thank you\n"), CS_NOTE_FORMAT, 200);
    sign_line(&body, OTHER_KEY, CS_LIT(TEXT));
    refuses("200 OK", cs_buf_slice(&body), CS_NOTE_UNSIGNED, 200);
    cs_buf_clear(&body);
    sign_line(&body, ED_KEY, cs_slice_str(other_text));
    refuses("200 OK", cs_buf_slice(&body), CS_NOTE_SIGNATURE, 200);
    cs_buf_clear(&body); /* a whole note, as if it were lines: its text would be the first thing that is signed */
    cs_buf_add_str(&body, other_text);
    cs_buf_add_str(&body, "\n");
    sign_line(&body, ED_KEY, cs_slice_str(other_text));
    refuses("200 OK", cs_buf_slice(&body), CS_NOTE_FORMAT, 200);
    cs_buf_free(&body);
}

static void test_what_a_witness_may_say(void **state)
{
    (void)state;
    static const struct {
        const char *status, *body;
        cs_err err;
        uint64_t size;
    } rows[] = {
        {"409 Conflict", "6\n", CS_CONFLICT, 6},
        {"409 Conflict", "0\n", CS_CONFLICT, 0},
        {"409 Conflict", "", CS_NOTE_FORMAT, 0},
        {"409 Conflict", "06\n", CS_NOTE_FORMAT, 0},
        {"409 Conflict", "-6\n", CS_NOTE_FORMAT, 0},
        {"409 Conflict", "6 \n", CS_NOTE_FORMAT, 0},
        {"409 Conflict", "9999999999999999999\n", CS_NOTE_FORMAT, 0},
        {"409 Conflict", "99999999999999999999\n", CS_NOTE_FORMAT, 0},
        {"403 Forbidden", "", CS_FORBIDDEN, 0},
        {"404 Not Found", "no such log\n", CS_FORBIDDEN, 0},
        {"422 Unprocessable Entity", "", CS_FORBIDDEN, 0},
        {"204 No Content", "", CS_FORBIDDEN, 0},
        {"302 Found\r\nLocation: /elsewhere", "", CS_FORBIDDEN, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_answer(rows[i].status, cs_slice_str(rows[i].body));
        struct exchange x = ask();
        assert_int_equal(x.err, rows[i].err);
        assert_int_equal(x.status, strtol(rows[i].status, NULL, 10));
        if (x.err == CS_CONFLICT)
            assert_int_equal(x.its_size, rows[i].size);
        cs_buf_free(&x.lines);
    }
}

static void test_no_answer(void **state)
{
    (void)state;
    static char large[64u << 10];
    memset(large, 'a', sizeof large);
    refuses("200 OK", CS_ARRAY(large), CS_IO, 0);
    cs_buf_clear(&peer.answer);
    struct exchange x = ask();
    assert_int_equal(x.err, CS_IO);
    cs_buf_free(&x.lines);
    peer.silent = true;
    x = ask(); /* it would wait for ten seconds */
    assert_int_equal(x.err, CS_IO);
    cs_buf_free(&x.lines);
    peer.silent = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list),
        cmocka_unit_test(test_a_cosignature),
        cmocka_unit_test(test_what_is_no_cosignature),
        cmocka_unit_test(test_what_a_witness_may_say),
        cmocka_unit_test(test_no_answer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
