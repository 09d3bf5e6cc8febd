/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "http_fixture.h"

#define GET_WAIT "GET /wait HTTP/1.1\r\n" HOST "\r\n"
#define GET "GET /id HTTP/1.1\r\n" HOST "\r\n"

static char folder[] = "/tmp/countersign-tls-XXXXXX";
static char cert_file[64], key_file[64], other_key_file[64];

static void write_key(const char *file, EVP_PKEY *key)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(f), 0);
}

static void write_cert(const char *file, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0), 1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, cert), 1);
    assert_int_equal(fclose(f), 0);
    X509_free(cert);
}

static int make_files(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(cert_file, sizeof cert_file, "%s/cert.pem", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/key.pem", folder);
    (void)snprintf(other_key_file, sizeof other_key_file, "%s/other.pem", folder);
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    write_key(key_file, key);
    write_key(other_key_file, other);
    write_cert(cert_file, key);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(cert_file) == 0 && unlink(key_file) == 0 && unlink(other_key_file) == 0 ? rmdir(folder) : -1;
}

static cs_http_config tls_config(void)
{
    cs_http_config config = base_config();
    config.tls_cert = cert_file;
    config.tls_key = key_file;
    return config;
}

/* What one client offers, and what must come of it. */
typedef struct tls_case {
    const char *name;
    int min_version, max_version;
    const char *ciphers; /* of TLS 1.2 */
    const char *groups;
    const char *alpn;  /* in wire form */
    const char *group; /* negotiated; NULL: no connection */
} tls_case;

static SSL *begin_tls(SSL_CTX **ctx, int fd, const tls_case *c)
{
    *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(*ctx);
    SSL_CTX_set_security_level(*ctx, 0); /* the server, not this client, is to refuse */
    assert_int_equal(SSL_CTX_set_min_proto_version(*ctx, c->min_version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(*ctx, c->max_version), 1);
    if (c->ciphers != NULL)
        assert_int_equal(SSL_CTX_set_cipher_list(*ctx, c->ciphers), 1);
    if (c->groups != NULL)
        assert_int_equal(SSL_CTX_set1_groups_list(*ctx, c->groups), 1);
    if (c->alpn != NULL) {
        unsigned n = (unsigned)strlen(c->alpn);
        assert_int_equal(SSL_CTX_set_alpn_protos(*ctx, (const unsigned char *)c->alpn, n), 0);
    }
    SSL *ssl = SSL_new(*ctx);
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    return ssl;
}

static void end_tls(SSL *ssl, SSL_CTX *ctx, int fd)
{
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(fd);
}

/* One request and its answer, which must be a 200. */
static void ask(SSL *ssl, const char *request)
{
    char text[4096];
    size_t n = 0;
    assert_true(SSL_write(ssl, request, (int)strlen(request)) > 0);
    do {
        int got = SSL_read(ssl, text + n, (int)(sizeof text - 1 - n));
        assert_true(got > 0);
        n += (size_t)got;
        text[n] = '\0';
    } while (strstr(text, "\r\n\r\n") == NULL);
    assert_non_null(strstr(text, "HTTP/1.1 200 "));
}

static void handshakes_are_modern_or_fail(void **state)
{
    static const tls_case cases[] = {
        {"1.3", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, "X25519MLKEM768"},
        {"1.3 X25519", TLS1_3_VERSION, TLS1_3_VERSION, NULL, "X25519", NULL, "x25519"},
        {"1.3 P-256", TLS1_3_VERSION, TLS1_3_VERSION, NULL, "P-256", NULL, "secp256r1"},
        {"1.3 HTTP/1.1", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, "\x02h2\x08http/1.1", "X25519MLKEM768"},
        {"1.2 ECDHE", TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL, NULL, "x25519"},
        {"1.3 h2 only", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, "\x02h2", NULL},
        {"1.3 ffdhe", TLS1_3_VERSION, TLS1_3_VERSION, NULL, "ffdhe2048", NULL, NULL},
        {"1.3 P-521", TLS1_3_VERSION, TLS1_3_VERSION, NULL, "P-521", NULL, NULL},
        {"1.2 CBC", TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", NULL, NULL, NULL},
        {"1.2 RSA", TLS1_2_VERSION, TLS1_2_VERSION, "AES128-GCM-SHA256", NULL, NULL, NULL},
        {"1.2 DHE", TLS1_2_VERSION, TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", NULL, NULL, NULL},
        {"1.1", TLS1_1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, NULL},
        {"1.0", TLS1_VERSION, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, NULL},
    };
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    start(&f, &config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SSL_CTX *ctx;
        int fd = dial(&f);
        SSL *ssl = begin_tls(&ctx, fd, &cases[i]);
        bool connected = SSL_connect(ssl) == 1;
        if (connected != (cases[i].group != NULL))
            fail_msg("%s: %s", cases[i].name, connected ? "connected" : "refused");
        if (connected) {
            assert_string_equal(SSL_get0_group_name(ssl), cases[i].group);
            ask(ssl, GET);
            ask(ssl, GET);
            assert_false(SSL_SESSION_has_ticket(SSL_get0_session(ssl)));
        }
        end_tls(ssl, ctx, fd);
    }
    stop(&f);
}

/* Bytes that are not TLS get an alert or nothing, but never HTTP. */
static void plain_http_is_never_served(void **state)
{
    static const char *const sent[] = {GET, "\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"};
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    config.head_timeout_ms = 500; /* the shorter ones are no complete TLS record */
    start(&f, &config);
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        char text[1024];
        int fd = dial(&f);
        send_text(fd, sent[i]);
        for (ssize_t n; (n = recv(fd, text, sizeof text, 0)) > 0;)
            assert_null(memmem(text, (size_t)n, "HTTP", 4));
        (void)close(fd);
    }
    stop(&f);
}

static void a_stalled_handshake_is_cut_off(void **state)
{
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    config.head_timeout_ms = 100;
    start(&f, &config);
    int fd = dial(&f);
    static const uint8_t hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc};
    for (size_t i = 0; i < sizeof hello; i++)
        assert_true(send_bytes(fd, hello + i, 1));
    expect_end(fd);
    stop(&f);
}

/* The client's bytes arrive a few at a time: handshake, head and body. */
static void small_pieces_make_a_connection(void **state)
{
    static const tls_case any = {"any", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, NULL};
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    start(&f, &config);
    SSL_CTX *ctx;
    int fd = dial(&f);
    SSL *ssl = begin_tls(&ctx, fd, &any);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    while (SSL_connect(ssl) != 1) {
        char bytes[4096];
        int n;
        while ((n = BIO_read(out, bytes, 7)) > 0)
            assert_true(send_bytes(fd, bytes, (size_t)n));
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        assert_true(got > 0);
        assert_int_equal(BIO_write(in, bytes, (int)got), (int)got);
    }
    end_tls(ssl, ctx, fd);
    stop(&f);
}

static void a_refusal_ends_the_connection_properly(void **state)
{
    static const tls_case any = {"any", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, NULL};
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    start(&f, &config);
    SSL_CTX *ctx;
    int fd = dial(&f);
    SSL *ssl = begin_tls(&ctx, fd, &any);
    char text[4096];
    size_t n = 0;
    assert_int_equal(SSL_connect(ssl), 1);
    assert_true(SSL_write(ssl, "GET /x HTTP/1.0\r\n\r\n", 19) > 0);
    int got;
    while ((got = SSL_read(ssl, text + n, (int)(sizeof text - 1 - n))) > 0)
        n += (size_t)got;
    text[n] = '\0';
    assert_non_null(strstr(text, "HTTP/1.1 400 "));
    assert_non_null(strstr(text, "BAD_REQUEST"));
    assert_int_equal(SSL_get_error(ssl, got), SSL_ERROR_ZERO_RETURN); /* close_notify, not a cut */
    end_tls(ssl, ctx, fd);
    stop(&f);
}

/* A client that is gone in every state: in the handshake, while its request runs, before its answer. */
static void tls_clients_may_go(void **state)
{
    static const tls_case any = {"any", TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, NULL};
    fixture f;
    cs_http_config config = tls_config();
    (void)state;
    start(&f, &config);
    for (int i = 0; i < 3; i++) {
        SSL_CTX *ctx;
        int fd = dial(&f);
        SSL *ssl = begin_tls(&ctx, fd, &any);
        if (i > 0) {
            assert_int_equal(SSL_connect(ssl), 1);
            assert_true(SSL_write(ssl, GET_WAIT, (int)strlen(GET_WAIT)) > 0);
            (void)sem_wait(&handler_entered);
        }
        if (i > 1)
            (void)SSL_shutdown(ssl);
        end_tls(ssl, ctx, fd);
        if (i > 0)
            (void)sem_post(&handler_let_go);
    }
    SSL_CTX *ctx;
    int fd = dial(&f);
    SSL *ssl = begin_tls(&ctx, fd, &any);
    assert_int_equal(SSL_connect(ssl), 1);
    ask(ssl, GET);
    end_tls(ssl, ctx, fd);
    stop(&f);
}

static void unusable_files_are_refused(void **state)
{
    const struct {
        const char *cert, *key;
    } cases[] = {
        {"/nonexistent/cert.pem", key_file},
        {cert_file, "/nonexistent/key.pem"},
        {key_file, key_file},
        {cert_file, cert_file},
        {cert_file, other_key_file},
        {cert_file, NULL},
        {NULL, key_file},
        {"/dev/null", key_file},
        {"/dev/null", "/dev/null"},
    };
    cs_http_server *s = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_http_config config = base_config();
        config.tls_cert = cases[i].cert;
        config.tls_key = cases[i].key;
        assert_int_equal(cs_http_open(&s, &config), CS_CONFIG);
        assert_null(s);
    }
    /* With both, an address beyond loopback is allowed. */
    cs_http_config config = tls_config();
    config.listen = "0.0.0.0:0";
    assert_int_equal(cs_http_open(&s, &config), CS_OK);
    cs_http_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes_are_modern_or_fail),
        cmocka_unit_test(plain_http_is_never_served),
        cmocka_unit_test(a_stalled_handshake_is_cut_off),
        cmocka_unit_test(small_pieces_make_a_connection),
        cmocka_unit_test(a_refusal_ends_the_connection_properly),
        cmocka_unit_test(tls_clients_may_go),
        cmocka_unit_test(unusable_files_are_refused),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* the client's SSL_write */
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
