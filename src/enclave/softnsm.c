/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/softnsm.h"

#include <errno.h>
#include <string.h>

#include "core/cbor.h"
#include "core/cose.h"
#include "core/encode.h"

#define BOOT_PCRS 16     /* locked from the start */
#define RANDOM_BYTES 256 /* of one answer */
#define MAX_PUBLIC_KEY 1024
#define MAX_DATA 512 /* user data, nonce, what a register is extended by */
#define LEAF (CS_SOFTCHAIN_LENGTH - 1)

cs_err cs_softnsm_open(cs_softnsm *out, const char *state_dir, const uint8_t pcr0[CS_NSM_PCR_LEN],
                       int64_t (*now_ms)(void))
{
    uint8_t id[16];
    *out = (cs_softnsm){.now_ms = now_ms};
    cs_err err = cs_random(id, sizeof id);
    if (err == CS_OK)
        err = cs_softchain_open(&out->chain, state_dir, now_ms() / 1000);
    if (err == CS_OK && pthread_rwlock_init(&out->lock, NULL) != 0) {
        cs_softchain_close(&out->chain);
        err = CS_NO_MEMORY;
    }
    if (err != CS_OK)
        return err;
    cs_buf text = CS_BUF_OVER(out->module_id);
    cs_buf_add_str(&text, "soft-");
    cs_hex_encode(&text, cs_slice_of(id, 8));
    cs_buf_add_str(&text, "-enc");
    cs_hex_encode(&text, cs_slice_of(id + 8, 8));
    (void)cs_buf_cstr(&text);
    memcpy(out->pcrs[0].value, pcr0, CS_NSM_PCR_LEN);
    for (unsigned i = 0; i < BOOT_PCRS; i++)
        out->pcrs[i].locked = true;
    return CS_OK;
}

void cs_softnsm_close(cs_softnsm *s)
{
    cs_softchain_close(&s->chain);
    (void)pthread_rwlock_destroy(&s->lock);
}

cs_slice cs_softnsm_root(const cs_softnsm *s)
{
    return cs_buf_slice(&s->chain.links[0].der);
}

/* -- requests ------------------------------------------------------------------------------------------------------
 * Each reads its arguments, which must be all that is there, and appends its whole answer, or gives the error's name.
 */

static const char *random_bytes(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    uint8_t bytes[RANDOM_BYTES];
    (void)s;
    (void)arguments;
    if (cs_random(bytes, sizeof bytes) != CS_OK)
        return "InternalError";
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "GetRandom");
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "random");
    cs_cborw_bytes(out, CS_ARRAY(bytes));
    cs_wipe(bytes, sizeof bytes);
    return NULL;
}

static size_t count_locked(const cs_softnsm *s)
{
    size_t n = 0;
    for (unsigned i = 0; i < CS_NSM_PCRS; i++)
        n += s->pcrs[i].locked;
    return n;
}

static const char *describe(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    (void)arguments;
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "DescribeNSM");
    cs_cborw_map(out, 7);
    cs_cborw_text(out, "version_major");
    cs_cborw_uint(out, 1);
    cs_cborw_text(out, "version_minor");
    cs_cborw_uint(out, 0);
    cs_cborw_text(out, "version_patch");
    cs_cborw_uint(out, 0);
    cs_cborw_text(out, "module_id");
    cs_cborw_text(out, s->module_id);
    cs_cborw_text(out, "max_pcrs");
    cs_cborw_uint(out, CS_NSM_PCRS);
    cs_cborw_text(out, "locked_pcrs");
    cs_cborw_array(out, count_locked(s));
    for (unsigned i = 0; i < CS_NSM_PCRS; i++)
        if (s->pcrs[i].locked)
            cs_cborw_uint(out, i);
    cs_cborw_text(out, "digest");
    cs_cborw_text(out, "SHA384");
    return NULL;
}

/* The register that the arguments name; CS_NSM_PCRS if there is none of that index. */
static unsigned index_of(cs_cmap *arguments)
{
    uint64_t index = CS_NSM_PCRS;
    cs_cval v = cs_cmap_find(arguments, "index");
    return cs_cval_uint(&index, v) && index < CS_NSM_PCRS ? (unsigned)index : CS_NSM_PCRS;
}

static const char *describe_pcr(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    unsigned i = index_of(arguments);
    if (cs_cmap_done(arguments) != CS_OK)
        return "InvalidArgument";
    if (i == CS_NSM_PCRS)
        return "InvalidIndex";
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "DescribePCR");
    cs_cborw_map(out, 2);
    cs_cborw_text(out, "lock");
    cs_cborw_bool(out, s->pcrs[i].locked);
    cs_cborw_text(out, "data");
    cs_cborw_bytes(out, CS_ARRAY(s->pcrs[i].value));
    return NULL;
}

static const char *extend_pcr(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    uint8_t bytes[CS_NSM_PCR_LEN + MAX_DATA];
    cs_buf both = CS_BUF_OVER(bytes);
    cs_digest value;
    unsigned i = index_of(arguments);
    cs_slice data = cs_cmap_bytes(arguments, "data", 1, MAX_DATA);
    if (cs_cmap_done(arguments) != CS_OK)
        return "InvalidArgument";
    if (i == CS_NSM_PCRS)
        return "InvalidIndex";
    if (s->pcrs[i].locked)
        return "ReadOnlyIndex";
    cs_buf_add(&both, CS_ARRAY(s->pcrs[i].value));
    cs_buf_add(&both, data);
    if (both.err != CS_OK || cs_hash(&value, CS_SHA384, cs_buf_slice(&both)) != CS_OK)
        return "InternalError";
    memcpy(s->pcrs[i].value, value.b, CS_NSM_PCR_LEN);
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "ExtendPCR");
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "data");
    cs_cborw_bytes(out, CS_ARRAY(s->pcrs[i].value));
    return NULL;
}

static const char *lock_pcr(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    unsigned i = index_of(arguments);
    if (cs_cmap_done(arguments) != CS_OK)
        return "InvalidArgument";
    if (i == CS_NSM_PCRS)
        return "InvalidIndex";
    if (s->pcrs[i].locked)
        return "ReadOnlyIndex";
    s->pcrs[i].locked = true;
    cs_cborw_text(out, "LockPCR");
    return NULL;
}

static const char *lock_pcrs(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    uint64_t range = cs_cmap_uint(arguments, "range", 0, UINT16_MAX);
    if (cs_cmap_done(arguments) != CS_OK)
        return "InvalidArgument";
    if (range > CS_NSM_PCRS)
        return "InvalidIndex";
    for (unsigned i = 0; i < range; i++)
        s->pcrs[i].locked = true;
    cs_cborw_text(out, "LockPCRs");
    return NULL;
}

static void write_payload(cs_buf *out, const cs_softnsm *s, cs_slice user_data, cs_slice nonce, cs_slice public_key)
{
    cs_cborw_map(out, 9);
    cs_cborw_text(out, "module_id");
    cs_cborw_text(out, s->module_id);
    cs_cborw_text(out, "digest");
    cs_cborw_text(out, "SHA384");
    cs_cborw_text(out, "timestamp");
    cs_cborw_uint(out, (uint64_t)s->now_ms());
    cs_cborw_text(out, "pcrs");
    cs_cborw_map(out, count_locked(s));
    for (unsigned i = 0; i < CS_NSM_PCRS; i++) {
        if (!s->pcrs[i].locked)
            continue;
        cs_cborw_uint(out, i);
        cs_cborw_bytes(out, CS_ARRAY(s->pcrs[i].value));
    }
    cs_cborw_text(out, "certificate");
    cs_cborw_bytes(out, cs_buf_slice(&s->chain.links[LEAF].der));
    cs_cborw_text(out, "cabundle");
    cs_cborw_array(out, LEAF);
    for (size_t i = 0; i < LEAF; i++)
        cs_cborw_bytes(out, cs_buf_slice(&s->chain.links[i].der));
    cs_cborw_text(out, "public_key");
    cs_cborw_bytes(out, public_key);
    cs_cborw_text(out, "user_data");
    cs_cborw_bytes(out, user_data);
    cs_cborw_text(out, "nonce");
    cs_cborw_bytes(out, nonce);
}

static const char *attest(cs_softnsm *s, cs_buf *out, cs_cmap *arguments)
{
    cs_slice user_data = cs_cmap_bytes_or_null(arguments, "user_data", 0, CS_NSM_MAX_RESPONSE);
    cs_slice nonce = cs_cmap_bytes_or_null(arguments, "nonce", 0, CS_NSM_MAX_RESPONSE);
    cs_slice public_key = cs_cmap_bytes_or_null(arguments, "public_key", 0, CS_NSM_MAX_RESPONSE);
    if (cs_cmap_done(arguments) != CS_OK)
        return "InvalidArgument";
    if (user_data.n > MAX_DATA || nonce.n > MAX_DATA || public_key.n > MAX_PUBLIC_KEY)
        return "InputTooLarge";
    uint8_t payload_bytes[CS_NSM_MAX_DOCUMENT], document_bytes[CS_NSM_MAX_DOCUMENT];
    cs_buf payload = CS_BUF_OVER(payload_bytes), document = CS_BUF_OVER(document_bytes);
    write_payload(&payload, s, user_data, nonce, public_key);
    if (payload.err != CS_OK || cs_cose_sign1(&document, cs_buf_slice(&payload), s->chain.links[LEAF].key) != CS_OK)
        return "InternalError";
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "Attestation");
    cs_cborw_map(out, 1);
    cs_cborw_text(out, "document");
    cs_cborw_bytes(out, cs_buf_slice(&document));
    return NULL;
}

static const struct operation {
    const char *name;
    bool bare;    /* the request is its name alone */
    bool changes; /* registers */
    const char *(*answer)(cs_softnsm *s, cs_buf *out, cs_cmap *arguments);
} operations[] = {
    {"GetRandom", true, false, random_bytes},    {"DescribeNSM", true, false, describe},
    {"DescribePCR", false, false, describe_pcr}, {"ExtendPCR", false, true, extend_pcr},
    {"LockPCR", false, true, lock_pcr},          {"LockPCRs", false, true, lock_pcrs},
    {"Attestation", false, false, attest},
};

/* The operation that a request names, and its arguments. */
static const struct operation *find(cs_cmap *arguments, cs_cval request)
{
    cs_slice bare = cs_cval_text(request);
    cs_cmap root = {0};
    if (bare.p == NULL)
        root = cs_cmap_open(request);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        const struct operation *o = &operations[i];
        if (o->bare && cs_slice_is(bare, o->name))
            return o;
        cs_cval value = o->bare || bare.p != NULL ? (cs_cval){0} : cs_cmap_find(&root, o->name);
        if (cs_cval_type(value) != CS_CBOR_ABSENT) {
            *arguments = cs_cmap_open(value);
            return cs_cmap_done(&root) == CS_OK ? o : NULL;
        }
    }
    return NULL;
}

/* Makes the links of the chain that are due anew; nobody reads them meanwhile. */
static const char *renew(cs_softnsm *s)
{
    cs_err err = CS_OK;
    (void)pthread_rwlock_wrlock(&s->lock);
    int64_t now = s->now_ms() / 1000;
    if (cs_softchain_is_due(&s->chain, now))
        err = cs_softchain_renew(&s->chain, now);
    (void)pthread_rwlock_unlock(&s->lock);
    return err == CS_OK ? NULL : "InternalError";
}

static bool is_due(cs_softnsm *s)
{
    (void)pthread_rwlock_rdlock(&s->lock);
    bool due = cs_softchain_is_due(&s->chain, s->now_ms() / 1000);
    (void)pthread_rwlock_unlock(&s->lock);
    return due;
}

static const char *perform(cs_softnsm *s, const struct operation *o, cs_buf *out, cs_cmap *arguments)
{
    const char *error = is_due(s) ? renew(s) : NULL;
    if (error != NULL)
        return error;
    (void)(o->changes ? pthread_rwlock_wrlock(&s->lock) : pthread_rwlock_rdlock(&s->lock));
    error = o->answer(s, out, arguments);
    (void)pthread_rwlock_unlock(&s->lock);
    return error;
}

int cs_softnsm_ioctl(void *softnsm, cs_nsm_message *m)
{
    cs_buf out = cs_buf_over(m->response.iov_base, m->response.iov_len);
    cs_cmap arguments = {0};
    cs_cbor *request = NULL;
    const char *error = "InvalidOperation";
    if (m->request.iov_len > CS_NSM_MAX_REQUEST) {
        errno = EMSGSIZE;
        return -1;
    }
    if (cs_cbor_parse(&request, cs_slice_of(m->request.iov_base, m->request.iov_len), CS_NSM_MAX_REQUEST) == CS_OK) {
        const struct operation *o = find(&arguments, cs_cbor_root(request));
        if (o != NULL)
            error = perform(softnsm, o, &out, &arguments);
    }
    cs_cbor_free(request);
    if (error != NULL) {
        cs_buf_clear(&out);
        cs_cborw_map(&out, 1);
        cs_cborw_text(&out, "Error");
        cs_cborw_text(&out, error);
    }
    if (out.err != CS_OK) {
        errno = EINVAL;
        return -1;
    }
    m->response.iov_len = out.n;
    return 0;
}
