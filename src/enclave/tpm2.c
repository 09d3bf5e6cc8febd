/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/tpm2.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

#define MAX_ANSWER 4096
#define MAX_COMMAND 512
#define HEADER 10
#define TAG_PLAIN 0x8001
#define TAG_SESSIONS 0x8002
#define RH_OWNER 0x40000001u
#define RS_PASSWORD 0x40000009u
#define ALG_SHA256 0x000b
#define ALG_NULL 0x0010
#define ALG_RSASSA 0x0014
#define CONNECT_US 10000000
#define NV_CHUNK 512 /* of one read: no TPM takes less */
#define MAX_RANDOM 32

enum command { NV_READ = 0x14e, QUOTE = 0x158, NV_READ_PUBLIC = 0x169, GET_RANDOM = 0x17b, PCR_READ = 0x17e };

cs_err cs_tpm2_over(cs_tpm2 *out, int fd)
{
    *out = (cs_tpm2){.fd = fd};
    return pthread_mutex_init(&out->lock, NULL) == 0 ? CS_OK : CS_NO_MEMORY;
}

cs_err cs_tpm2_open(cs_tpm2 *out, const char *path)
{
    char address[128];
    struct stat st;
    int fd = -1;
    *out = (cs_tpm2){.fd = -1};
    if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        int n = snprintf(address, sizeof address, "unix:%s", path);
        if (n > 0 && (size_t)n < sizeof address)
            errno = cs_stream_connect(&fd, address, cs_tick_us() + CONNECT_US) == CS_OK ? 0 : ECONNREFUSED;
    } else {
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    }
    if (fd < 0) {
        cs_log(CS_LOG_ERROR, NULL, "TPM: %s: %s", path, strerror(errno));
        return CS_ROOT_UNAVAILABLE;
    }
    return cs_tpm2_over(out, fd);
}

void cs_tpm2_close(cs_tpm2 *t)
{
    if (t->fd < 0)
        return;
    (void)close(t->fd);
    (void)pthread_mutex_destroy(&t->lock);
    t->fd = -1;
}

/* -- one command --------------------------------------------------------------------------------------------------- */

struct exchange {
    enum command command;
    uint8_t command_bytes[MAX_COMMAND], answer_bytes[MAX_ANSWER];
    cs_buf out;
    cs_reader answer; /* behind the header, and without the session's part */
};

static cs_err refuse(const struct exchange *x, const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "TPM: command 0x%x: %s", (unsigned)x->command, why);
    return CS_ROOT_UNAVAILABLE;
}

static void begin(struct exchange *x, enum command command, bool session)
{
    x->command = command;
    x->out = CS_BUF_OVER(x->command_bytes);
    cs_buf_add_u16(&x->out, session ? TAG_SESSIONS : TAG_PLAIN);
    cs_buf_add_u32(&x->out, 0); /* the length, once it is known */
    cs_buf_add_u32(&x->out, command);
}

/* The authorisation area: one session, the empty password. */
static void add_password(struct exchange *x)
{
    cs_buf_add_u32(&x->out, 9);
    cs_buf_add_u32(&x->out, RS_PASSWORD);
    cs_buf_add_u16(&x->out, 0);
    cs_buf_add_u8(&x->out, 0);
    cs_buf_add_u16(&x->out, 0);
}

static void add_selection(struct exchange *x, uint32_t pcrs)
{
    cs_buf_add_u32(&x->out, 1);
    cs_buf_add_u16(&x->out, ALG_SHA256);
    cs_buf_add_u8(&x->out, 3);
    for (int i = 0; i < 3; i++)
        cs_buf_add_u8(&x->out, (uint8_t)(pcrs >> (8 * i)));
}

/* The registers of a selection in an answer; false unless it is one of the bank. */
static bool read_selection(uint32_t *pcrs, cs_reader *r)
{
    uint32_t count = cs_read_u32(r);
    bool bank = cs_read_u16(r) == ALG_SHA256;
    cs_slice bits = cs_read_bytes(r, cs_read_u8(r));
    *pcrs = 0;
    for (size_t i = 0; i < bits.n && i < 3; i++)
        *pcrs |= (uint32_t)bits.p[i] << (8 * i);
    return r->err == CS_OK && count == 1 && bank && bits.n == 3;
}

static cs_err transfer(struct exchange *x, size_t *got, cs_tpm2 *t)
{
    size_t n = 0, size = HEADER;
    if (write(t->fd, x->out.p, x->out.n) != (ssize_t)x->out.n)
        return refuse(x, strerror(errno));
    while (n < size) { /* a device gives all at once, a socket may not */
        ssize_t more = read(t->fd, x->answer_bytes + n, sizeof x->answer_bytes - n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return refuse(x, more < 0 ? strerror(errno) : "the TPM closed the connection");
        n += (size_t)more;
        cs_reader head = cs_reader_of(cs_slice_of(x->answer_bytes, n < HEADER ? 0 : HEADER));
        (void)cs_read_u16(&head);
        if (n >= HEADER)
            size = cs_read_u32(&head);
        if (size < HEADER || size > sizeof x->answer_bytes)
            return refuse(x, "the answer has an impossible length");
    }
    *got = n;
    return n == size ? CS_OK : refuse(x, "bytes behind the answer");
}

/* Leaves the parameters alone in `answer`. What follows them is the session's: without a nonce and a MAC where the
 * password is empty. */
static cs_err take_parameters(struct exchange *x)
{
    uint32_t n = cs_read_u32(&x->answer);
    cs_slice parameters = cs_read_bytes(&x->answer, n);
    bool nonce = cs_read_lp16(&x->answer).n > 0;
    (void)cs_read_u8(&x->answer);
    bool mac = cs_read_lp16(&x->answer).n > 0;
    if (cs_read_end(&x->answer) != CS_OK || nonce || mac)
        return refuse(x, "the answer has not the documented form");
    x->answer = cs_reader_of(parameters);
    return CS_OK;
}

static cs_err perform(struct exchange *x, cs_tpm2 *t, bool session)
{
    char code[32];
    size_t n = 0;
    if (x->out.err != CS_OK)
        return CS_BAD_FIELD;
    cs_buf length = cs_buf_over(x->out.p + 2, 4);
    cs_buf_add_u32(&length, (uint32_t)x->out.n);
    (void)pthread_mutex_lock(&t->lock);
    cs_err err = transfer(x, &n, t);
    (void)pthread_mutex_unlock(&t->lock);
    if (err != CS_OK)
        return err;
    x->answer = cs_reader_of(cs_slice_of(x->answer_bytes, n));
    uint16_t tag = cs_read_u16(&x->answer);
    (void)cs_read_u32(&x->answer);
    uint32_t said = cs_read_u32(&x->answer);
    if (said != 0) {
        (void)snprintf(code, sizeof code, "response code 0x%x", (unsigned)said);
        return refuse(x, code);
    }
    if (tag != (session ? TAG_SESSIONS : TAG_PLAIN))
        return refuse(x, "the answer has another tag");
    return session ? take_parameters(x) : CS_OK;
}

static cs_err done(struct exchange *x)
{
    return cs_read_end(&x->answer) == CS_OK ? CS_OK : refuse(x, "the answer has not the documented form");
}

/* -- the commands -------------------------------------------------------------------------------------------------- */

cs_err cs_tpm2_random(cs_secret *out, cs_tpm2 *t, size_t n)
{
    cs_err err = out->n + n <= CS_SECRET_CAP ? CS_OK : CS_TOO_LARGE;
    while (err == CS_OK && n > 0) {
        struct exchange x;
        begin(&x, GET_RANDOM, false);
        cs_buf_add_u16(&x.out, (uint16_t)(n < MAX_RANDOM ? n : MAX_RANDOM));
        err = perform(&x, t, false);
        if (err == CS_OK) {
            cs_slice bytes = cs_read_lp16(&x.answer);
            err = done(&x);
            if (err == CS_OK && (bytes.n == 0 || bytes.n > n))
                err = refuse(&x, "the answer has another length");
            if (err == CS_OK)
                err = cs_secret_add(out, bytes);
            n -= err == CS_OK ? bytes.n : 0;
        }
        cs_wipe(x.answer_bytes, sizeof x.answer_bytes);
    }
    return err;
}

/* Takes the values of an answer; `left` loses those that came. */
static cs_err take_values(uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN], struct exchange *x, uint32_t *left)
{
    uint32_t given = 0;
    (void)cs_read_u32(&x->answer); /* how often registers were changed */
    if (!read_selection(&given, &x->answer) || given == 0 || (given & ~*left) != 0)
        return refuse(x, "the answer is about other registers");
    uint32_t count = cs_read_u32(&x->answer);
    for (unsigned i = 0; i < CS_TPM_PCRS; i++) {
        if ((given >> i & 1) == 0)
            continue;
        cs_slice value = cs_read_lp16(&x->answer);
        if (value.n != CS_TPM_PCR_LEN)
            return refuse(x, "a register has another length");
        memcpy(values[i], value.p, CS_TPM_PCR_LEN);
        count--;
    }
    *left &= ~given;
    return count == 0 ? done(x) : refuse(x, "the answer is about other registers");
}

cs_err cs_tpm2_pcr_read(uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN], cs_tpm2 *t, uint32_t pcrs)
{
    cs_err err = CS_OK;
    while (err == CS_OK && pcrs != 0) { /* a TPM gives eight at a time */
        struct exchange x;
        begin(&x, PCR_READ, false);
        add_selection(&x, pcrs);
        err = perform(&x, t, false);
        if (err == CS_OK)
            err = take_values(values, &x, &pcrs);
    }
    return err;
}

static cs_err nv_size(size_t *out, cs_tpm2 *t, uint32_t index)
{
    struct exchange x;
    begin(&x, NV_READ_PUBLIC, false);
    cs_buf_add_u32(&x.out, index);
    cs_err err = perform(&x, t, false);
    if (err != CS_OK)
        return err;
    cs_reader area = cs_reader_of(cs_read_lp16(&x.answer));
    (void)cs_read_lp16(&x.answer); /* its name */
    bool same = cs_read_u32(&area) == index;
    (void)cs_read_u16(&area);
    (void)cs_read_u32(&area);
    (void)cs_read_lp16(&area);
    *out = cs_read_u16(&area);
    err = done(&x);
    return err == CS_OK && (cs_read_end(&area) != CS_OK || !same) ? refuse(&x, "the answer is about something else")
                                                                  : err;
}

cs_err cs_tpm2_nv_read(cs_buf *out, cs_tpm2 *t, uint32_t index)
{
    size_t size = 0, before = out->n;
    cs_err err = nv_size(&size, t, index);
    for (size_t at = 0; err == CS_OK && at < size;) {
        struct exchange x;
        size_t n = size - at < NV_CHUNK ? size - at : NV_CHUNK;
        begin(&x, NV_READ, true);
        cs_buf_add_u32(&x.out, RH_OWNER);
        cs_buf_add_u32(&x.out, index);
        add_password(&x);
        cs_buf_add_u16(&x.out, (uint16_t)n);
        cs_buf_add_u16(&x.out, (uint16_t)at);
        err = perform(&x, t, true);
        if (err == CS_OK) {
            cs_slice bytes = cs_read_lp16(&x.answer);
            err = done(&x);
            if (err == CS_OK && bytes.n != n)
                err = refuse(&x, "the answer has another length");
            if (err == CS_OK)
                cs_buf_add(out, bytes);
            at += n;
        }
        if (err == CS_OK)
            err = out->err;
    }
    if (err != CS_OK)
        out->n = before;
    return err;
}

cs_err cs_tpm2_quote(cs_buf *attest, cs_buf *signature, cs_tpm2 *t, uint32_t key, cs_slice extra_data, uint32_t pcrs)
{
    struct exchange x;
    begin(&x, QUOTE, true);
    cs_buf_add_u32(&x.out, key);
    add_password(&x);
    cs_buf_add_lp16(&x.out, extra_data);
    cs_buf_add_u16(&x.out, ALG_NULL); /* the key's own scheme */
    add_selection(&x, pcrs);
    cs_err err = perform(&x, t, true);
    if (err != CS_OK)
        return err;
    cs_slice quoted = cs_read_lp16(&x.answer);
    uint16_t algorithm = cs_read_u16(&x.answer), hash = cs_read_u16(&x.answer);
    cs_slice bytes = cs_read_lp16(&x.answer);
    err = done(&x);
    if (err == CS_OK && (algorithm != ALG_RSASSA || hash != ALG_SHA256))
        err = refuse(&x, "the key signs in another way");
    if (err != CS_OK)
        return err;
    cs_buf_add(attest, quoted);
    cs_buf_add(signature, bytes);
    return attest->err != CS_OK ? attest->err : signature->err;
}
