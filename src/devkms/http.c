/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/http.h"

#include <stdio.h>
#include <time.h>

#include "core/crypto.h"
#include "core/encode.h"

#define FIELDS_MAX 2048

static void make_id(char out[37])
{
    uint8_t b[16];
    char digits[2 * sizeof b + 1];
    cs_buf hex = CS_BUF_OVER(digits), text = cs_buf_over(out, 37);
    if (cs_random(b, sizeof b) != CS_OK)
        return;
    cs_hex_encode(&hex, CS_ARRAY(b));
    cs_buf_printf(&text, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16, digits + 20);
    (void)cs_buf_cstr(&text);
}

static void wait_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        (void)nanosleep(&t, NULL);
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {{200, "OK"},
                {201, "Created"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {409, "Conflict"},
                {413, "Content Too Large"},
                {429, "Too Many Requests"},
                {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].text;
    return status >= 500 ? "Internal Server Error" : "Error";
}

static cs_err send_answer(cs_wire *w, cs_http_answer *a, bool close)
{
    cs_buf out = cs_buf_new_wiped(CS_HTTP_ANSWER_MAX + FIELDS_MAX);
    char date[64];
    struct tm tm;
    time_t now = time(NULL);
    if (gmtime_r(&now, &tm) == NULL || strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        date[0] = '\0';
    cs_buf_printf(&out, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", a->status,
                  reason(a->status), date, a->type, a->body.n);
    cs_buf_add(&out, cs_buf_slice(&a->fields));
    cs_buf_add_str(&out, close ? "Connection: close\r\n\r\n" : "\r\n");
    size_t head = out.n;
    cs_buf_add(&out, cs_buf_slice(&a->body));
    cs_slice bytes = cs_buf_slice(&out);
    cs_err err = out.err == CS_OK && a->body.err == CS_OK ? CS_OK : CS_TOO_LARGE;
    if (a->cut)
        bytes.n = head + a->body.n / 2;
    wait_ms(a->delay_ms);
    if (err == CS_OK)
        err = cs_wire_write(w, bytes);
    cs_buf_free(&out);
    return err == CS_OK && (close || a->cut) ? CS_FRAME_CLOSED : err;
}

static void refuse(cs_http_answer *a, cs_err err)
{
    a->status = cs_err_http_status(err);
    a->type = "text/plain";
    cs_buf_add_str(&a->body, cs_err_sentence(err));
}

/* Reads until the whole request is there; `in` keeps what came behind it. */
static cs_err read_request(cs_http_request *out, size_t *taken, cs_buf *in, cs_wire *w)
{
    size_t head = cs_head_end(cs_buf_slice(in));
    while (head == 0) {
        if (in->n > CS_MAX_HEAD)
            return CS_BAD_REQUEST;
        cs_err err = cs_wire_read(in, w);
        if (err != CS_OK)
            return err;
        head = cs_head_end(cs_buf_slice(in));
    }
    cs_err err = cs_head_parse(&out->head, cs_slice_sub(cs_buf_slice(in), 0, head));
    if (err != CS_OK)
        return err;
    *taken = head + out->head.content_length;
    while (in->n < *taken) {
        err = cs_wire_read(in, w);
        if (err != CS_OK)
            return err;
    }
    /* The memory may have moved since the head was read. */
    err = cs_head_parse(&out->head, cs_slice_sub(cs_buf_slice(in), 0, head));
    out->body = cs_slice_sub(cs_buf_slice(in), head, out->head.content_length);
    return err;
}

static cs_err serve_one(const cs_http *h, cs_wire *w, cs_buf *in)
{
    cs_http_request request = {0};
    size_t taken = 0;
    cs_http_answer answer = {.status = 500,
                             .type = "text/plain",
                             .fields = cs_buf_new(FIELDS_MAX),
                             .body = cs_buf_new_wiped(CS_HTTP_ANSWER_MAX)};
    make_id(answer.id);
    cs_err err = read_request(&request, &taken, in, w);
    bool refused = err == CS_BAD_REQUEST || err == CS_BODY_TOO_LARGE;
    if (err == CS_OK)
        h->handle(h->app, &answer, &request);
    if (refused)
        refuse(&answer, err);
    if (err == CS_OK || refused)
        err = send_answer(w, &answer, refused || request.head.close);
    cs_buf_free(&answer.fields);
    cs_buf_free(&answer.body);
    if (err != CS_OK)
        return err;
    cs_buf rest = cs_buf_new_wiped(in->max);
    cs_buf_add(&rest, cs_slice_sub(cs_buf_slice(in), taken, in->n));
    cs_buf_free(in);
    *in = rest;
    return rest.err;
}

void cs_http_converse(const cs_http *h, int fd)
{
    cs_wire w;
    cs_buf in = cs_buf_new_wiped(CS_MAX_HEAD + CS_MAX_BODY + CS_MAX_HEAD);
    cs_err err = cs_wire_open(&w, fd, h->tls);
    while (err == CS_OK)
        err = serve_one(h, &w, &in);
    cs_wire_close(&w);
    cs_buf_free(&in);
}
