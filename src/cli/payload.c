/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256u << 10)

/* What one chunk goes through. */
struct sink {
    cs_hasher *sha256;
    cs_hasher *prehash; /* NULL: none */
};

static cs_err take(cs_payload *p, struct sink *sink, cs_slice chunk)
{
    cs_err err = cs_hasher_add(sink->sha256, chunk);
    if (err == CS_OK && sink->prehash != NULL)
        err = cs_hasher_add(sink->prehash, chunk);
    if (err != CS_OK)
        return err;
    p->size += chunk.n;
    p->is_inline = p->size <= CS_MAX_PAYLOAD;
    if (p->is_inline)
        cs_buf_add(&p->bytes, chunk);
    return p->bytes.err;
}

static cs_err read_all(cs_payload *p, struct sink *sink, int fd)
{
    uint8_t *chunk = malloc(CHUNK);
    cs_err err = chunk != NULL ? CS_OK : CS_NO_MEMORY;
    while (err == CS_OK) {
        ssize_t n = read(fd, chunk, CHUNK);
        if (n == 0)
            break;
        if (n > 0)
            err = take(p, sink, cs_slice_of(chunk, (size_t)n));
        else if (errno != EINTR)
            err = CS_IO;
    }
    free(chunk);
    return err;
}

static cs_err hash_all(cs_payload *p, int fd)
{
    struct sink sink = {0};
    cs_err err = cs_hasher_new(&sink.sha256, CS_SHA256);
    if (err == CS_OK && p->prehash_alg != CS_HASH_NONE)
        err = cs_hasher_new(&sink.prehash, p->prehash_alg);
    if (err == CS_OK)
        err = read_all(p, &sink, fd);
    if (err == CS_OK)
        err = cs_hasher_end(sink.sha256, &p->sha256);
    if (err == CS_OK && sink.prehash != NULL)
        err = cs_hasher_end(sink.prehash, &p->prehash);
    cs_hasher_free(sink.sha256);
    cs_hasher_free(sink.prehash);
    return err;
}

cs_err cs_payload_read(cs_payload *out, const char *path, cs_hash_id prehash_alg)
{
    *out = (cs_payload){.prehash_alg = prehash_alg, .is_inline = true, .bytes = cs_buf_new(CS_MAX_PAYLOAD)};
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return CS_IO;
    cs_err err = hash_all(out, fd);
    if (!is_stdin)
        (void)close(fd);
    if (err != CS_OK)
        cs_payload_free(out);
    return err;
}

void cs_payload_free(cs_payload *p)
{
    cs_buf_free(&p->bytes);
    *p = (cs_payload){0};
}

cs_hash_id cs_payload_prehash_of(const cs_alg *alg, cs_format format)
{
    return format == CS_FORMAT_COMPOSITE ? alg->ph : CS_HASH_NONE;
}

cs_err cs_payload_message(cs_message *out, const cs_payload *p, const cs_alg *alg, cs_format format)
{
    cs_hash_id ph = cs_payload_prehash_of(alg, format);
    if (ph != p->prehash_alg)
        return CS_INTERNAL;
    if (ph == CS_HASH_NONE && !p->is_inline)
        return CS_PAYLOAD_TOO_LARGE;
    cs_slice bytes = p->size == 0 ? CS_LIT("") : cs_buf_slice(&p->bytes);
    *out = ph != CS_HASH_NONE ? (cs_message){.bytes = cs_digest_slice(&p->prehash), .ph = ph}
                              : (cs_message){.bytes = bytes};
    return CS_OK;
}
