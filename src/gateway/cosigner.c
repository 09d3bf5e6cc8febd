/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cosigner.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "core/merkle.h"
#include "sys/log.h"

#define CONNECT_MS 3000L
#define EXCHANGE_MS 10000L
#define MAX_ANSWER (32u << 10) /* a few lines */
#define MAX_DIGITS 19
#define LEDGER_LINES 2 /* Ed25519 and ML-DSA-44 */

struct cs_cosigner_link {
    const cs_cosigner *witness;
    CURL *curl;
    struct curl_slist *headers;
    char url[CS_MAX_COSIGNER_URL + sizeof "/add-checkpoint"];
};

/* -- the list ---------------------------------------------------------------------------------------------------- */

/* Web address without user, query or fragment. What a witness answers is signed, so plain HTTP will do. */
static bool is_web_address(const char *text)
{
    static const CURLUPart absent[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
    CURLU *url = curl_url();
    char *scheme = NULL;
    bool ok = url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
    for (size_t i = 0; ok && i < sizeof absent / sizeof *absent; i++) {
        char *part = NULL;
        ok = curl_url_get(url, absent[i], &part, 0) != CURLUE_OK;
        curl_free(part);
    }
    curl_free(scheme);
    curl_url_cleanup(url);
    return ok;
}

static cs_err refuse(const char *text, const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "--witness %s: %s", text, why);
    return CS_CONFIG;
}

/* Signature lines that a note of ours has room for, beside the ledger's own. */
static bool is_full(const cs_cosigners *list)
{
    size_t lines = LEDGER_LINES;
    for (size_t i = 0; i < list->n; i++)
        lines += list->of[i].key_count;
    return lines >= CS_MAX_NOTE_SIGNATURES;
}

static cs_cosigner *find_or_add(cs_cosigners *list, cs_slice url)
{
    for (size_t i = 0; i < list->n; i++)
        if (cs_slice_is(url, list->of[i].url))
            return &list->of[i];
    cs_cosigner *w = list->n < CS_MAX_COSIGNERS ? &list->of[list->n] : NULL;
    if (w == NULL || cs_slice_to_cstr(w->url, sizeof w->url, url) != CS_OK)
        return NULL;
    list->n++;
    return w;
}

cs_err cs_cosigner_add(cs_cosigners *list, const char *text)
{
    const char *equals = strchr(text, '=');
    cs_vkey key;
    if (equals == NULL)
        return refuse(text, "URL=VKEY is wanted");
    if (cs_vkey_parse(&key, cs_slice_str(equals + 1)) != CS_OK)
        return refuse(text, "the verifier key is not well formed");
    if (key.type == CS_NOTE_ED25519)
        return refuse(text, "this verifier key is a log's; a witness's cosigns");
    char url[CS_MAX_COSIGNER_URL + 1];
    size_t n = (size_t)(equals - text);
    while (n > 0 && text[n - 1] == '/')
        n--;
    if (cs_slice_to_cstr(url, sizeof url, cs_slice_of(text, n)) != CS_OK || !is_web_address(url))
        return refuse(text, "an http:// or https:// address without query is wanted");
    cs_cosigner *w = is_full(list) ? NULL : find_or_add(list, cs_slice_str(url));
    if (w == NULL || w->key_count == CS_MAX_COSIGNER_KEYS)
        return refuse(text, "too many");
    w->keys[w->key_count++] = key;
    return CS_OK;
}

/* -- the exchange ------------------------------------------------------------------------------------------------ */

static size_t take_body(char *bytes, size_t size, size_t n, void *to)
{
    cs_buf *body = to;
    cs_buf_add(body, cs_slice_of(bytes, size * n));
    return body->err == CS_OK ? size * n : 0;
}

static int look_at_stop(void *stop, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    (void)total, (void)now, (void)up_total, (void)up;
    return atomic_load((const atomic_bool *)stop);
}

static bool set_options(cs_cosigner_link *l)
{
    CURL *h = l->curl;
    return curl_easy_setopt(h, CURLOPT_URL, l->url) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, EXCHANGE_MS) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_USERAGENT, "countersign-gateway/" CS_VERSION) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTPHEADER, l->headers) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look_at_stop) == CURLE_OK;
}

cs_err cs_cosigner_open(cs_cosigner_link **out, const cs_cosigner *w)
{
    cs_cosigner_link *l = calloc(1, sizeof *l);
    *out = NULL;
    if (l == NULL)
        return CS_NO_MEMORY;
    l->witness = w;
    cs_buf url = CS_BUF_OVER(l->url);
    cs_buf_printf(&url, "%s/add-checkpoint", w->url);
    l->headers = curl_slist_append(NULL, "Content-Type: text/plain; charset=utf-8");
    l->curl = curl_easy_init();
    if (l->headers == NULL || l->curl == NULL || cs_buf_cstr(&url)[0] == '\0' || !set_options(l)) {
        cs_cosigner_close(l);
        return CS_NO_MEMORY;
    }
    *out = l;
    return CS_OK;
}

void cs_cosigner_close(cs_cosigner_link *l)
{
    if (l == NULL)
        return;
    curl_easy_cleanup(l->curl);
    curl_slist_free_all(l->headers);
    free(l);
}

static long post(cs_buf *answer, cs_cosigner_link *l, cs_slice body, const atomic_bool *stop)
{
    long status = 0;
    CURL *h = l->curl;
    if (curl_easy_setopt(h, CURLOPT_WRITEDATA, answer) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_XFERINFODATA, (void *)(uintptr_t)stop) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.p) != CURLE_OK || curl_easy_perform(h) != CURLE_OK ||
        curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        return 0;
    return status;
}

/* Decimal digits and a newline, without a zero in front. */
static cs_err read_size(uint64_t *out, cs_slice text)
{
    *out = 0;
    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    if (text.n < 1 || text.n > MAX_DIGITS || (text.p[0] == '0' && text.n > 1))
        return CS_NOTE_FORMAT;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return CS_NOTE_FORMAT;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return *out >> CS_MERKLE_LEVELS == 0 ? CS_OK : CS_NOTE_FORMAT;
}

void cs_cosigner_write_line(cs_buf *note, const cs_note_line *line)
{
    cs_buf_add_str(note, "\xe2\x80\x94 "); /* an em dash */
    cs_buf_add(note, line->name);
    cs_buf_add_u8(note, ' ');
    cs_buf_add(note, line->base64);
    cs_buf_add_u8(note, '\n');
}

/* The lines of the witness's keys out of its answer, each of them verified over the text of our note. */
static cs_err take_lines(cs_buf *lines, const cs_cosigner *w, cs_slice text, cs_slice answer)
{
    cs_buf joined = cs_buf_new(CS_MAX_NOTE);
    cs_note_signer signers[CS_MAX_COSIGNER_KEYS];
    cs_note note;
    cs_err err = cs_note_begin(&joined, text);
    cs_buf_add(&joined, answer);
    if (err == CS_OK)
        err = joined.err == CS_OK ? cs_note_parse(&note, cs_buf_slice(&joined)) : CS_NOTE_FORMAT;
    if (err == CS_OK && note.text.n != text.n) /* the answer brought an empty line, and so a text of its own */
        err = CS_NOTE_FORMAT;
    if (err == CS_OK)
        err = cs_note_verify(signers, &note, w->keys, w->key_count);
    for (size_t i = 0; err == CS_OK && i < w->key_count; i++) {
        for (size_t k = 0; signers[i].verified && k < note.count; k++) {
            const cs_note_line *l = &note.line[k];
            if (l->id != w->keys[i].id || !cs_slice_is(l->name, w->keys[i].name))
                continue;
            cs_cosigner_write_line(lines, l);
            break; /* one is enough */
        }
    }
    cs_buf_free(&joined);
    return err == CS_OK ? lines->err : err;
}

static void write_request(cs_buf *out, uint64_t old_size, cs_slice proof, cs_slice note)
{
    cs_buf_printf(out, "old %llu\n", (unsigned long long)old_size);
    for (size_t at = 0; at < proof.n; at += CS_SHA256_LEN) {
        cs_base64_encode(out, cs_slice_sub(proof, at, CS_SHA256_LEN));
        cs_buf_add_u8(out, '\n');
    }
    cs_buf_add_u8(out, '\n');
    cs_buf_add(out, note);
}

cs_err cs_cosigner_ask(cs_cosigner_link *l, cs_buf *lines, uint64_t *its_size, long *status, uint64_t old_size,
                       cs_slice proof, cs_slice note, const atomic_bool *stop)
{
    cs_buf body = cs_buf_new(2 * CS_MAX_NOTE), answer = cs_buf_new(MAX_ANSWER);
    cs_note parsed;
    *its_size = 0;
    *status = 0;
    write_request(&body, old_size, proof, note);
    cs_err err = body.err == CS_OK ? cs_note_parse(&parsed, note) : body.err;
    if (err == CS_OK) {
        *status = post(&answer, l, cs_buf_slice(&body), stop);
        if (*status == 200)
            err = take_lines(lines, l->witness, parsed.text, cs_buf_slice(&answer));
        else if (*status == 409)
            err = read_size(its_size, cs_buf_slice(&answer)) == CS_OK ? CS_CONFLICT : CS_NOTE_FORMAT;
        else
            err = *status == 0 ? CS_IO : CS_FORBIDDEN;
    }
    cs_buf_free(&body);
    cs_buf_free(&answer);
    return err;
}
