/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/nsm.h"

#include <errno.h>
#include <string.h>

#include "core/cbor.h"
#include "sys/log.h"

#define MAX_RANDOM 256 /* bytes of one answer */

/* One exchange: memory for both sides, and the answer taken apart. */
struct exchange {
    const char *name; /* of the request, and of the one member of its answer */
    uint8_t request_bytes[CS_NSM_MAX_REQUEST], response_bytes[CS_NSM_MAX_RESPONSE];
    cs_buf request;
    cs_cbor *answer;
    cs_cmap fields; /* of the answer's value; without any where the answer is a bare text */
};

/* A request without arguments is a text. */
static void begin_bare(struct exchange *x, const char *name)
{
    x->name = name;
    x->answer = NULL;
    x->request = CS_BUF_OVER(x->request_bytes);
    cs_cborw_text(&x->request, name);
}

/* Others are a map of one member, whose value is a map of `arguments` members, which the caller writes. */
static void begin(struct exchange *x, const char *name, size_t arguments)
{
    x->name = name;
    x->answer = NULL;
    x->request = CS_BUF_OVER(x->request_bytes);
    cs_cborw_map(&x->request, 1);
    cs_cborw_text(&x->request, name);
    cs_cborw_map(&x->request, arguments);
}

static void end(struct exchange *x)
{
    cs_cbor_free(x->answer);
    x->answer = NULL;
    cs_wipe(x->response_bytes, sizeof x->response_bytes); /* it may have been randomness */
}

static cs_err refuse(const struct exchange *x, const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "NSM: %s: %s", x->name, why);
    return CS_ROOT_UNAVAILABLE;
}

/* The module's own errors, by name, so that nothing else of its answer reaches the log. */
static cs_err refuse_with(const struct exchange *x, cs_slice said)
{
    static const char *const known[] = {"InvalidArgument",  "InvalidIndex",   "InvalidResponse", "ReadOnlyIndex",
                                        "InvalidOperation", "BufferTooSmall", "InputTooLarge",   "InternalError"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (cs_slice_is(said, known[i]))
            return refuse(x, known[i]);
    return refuse(x, "an error without a known name");
}

static cs_err exchange(struct exchange *x, const cs_nsm *nsm)
{
    if (x->request.err != CS_OK)
        return CS_BAD_FIELD;
    cs_nsm_message m = {.request = {x->request.p, x->request.n}, .response = {x->response_bytes, CS_NSM_MAX_RESPONSE}};
    if (nsm->ioctl(nsm->device, &m) != 0)
        return refuse(x, errno == EMSGSIZE ? "the request is too large" : strerror(errno));
    if (m.response.iov_base != x->response_bytes || m.response.iov_len > CS_NSM_MAX_RESPONSE)
        return refuse(x, "the answer has an impossible length");
    cs_err err = cs_cbor_parse(&x->answer, cs_slice_of(x->response_bytes, m.response.iov_len), CS_NSM_MAX_RESPONSE);
    if (err == CS_NO_MEMORY)
        return err;
    return err == CS_OK ? CS_OK : refuse(x, "the answer is not strict CBOR");
}

/* Sends and opens an answer that has fields. */
static cs_err ask(struct exchange *x, const cs_nsm *nsm)
{
    cs_err err = exchange(x, nsm);
    if (err != CS_OK)
        return err;
    cs_cmap root = cs_cmap_open(cs_cbor_root(x->answer));
    cs_slice error = cs_cval_text(cs_cmap_find(&root, "Error"));
    if (error.p != NULL)
        return refuse_with(x, error);
    x->fields = cs_cmap_open(cs_cmap_map(&root, x->name));
    return cs_cmap_done(&root) == CS_OK ? CS_OK : refuse(x, "the answer is to another request");
}

/* Sends and expects the bare name. */
static cs_err tell(struct exchange *x, const cs_nsm *nsm)
{
    cs_err err = exchange(x, nsm);
    if (err != CS_OK)
        return err;
    if (cs_slice_is(cs_cval_text(cs_cbor_root(x->answer)), x->name))
        return CS_OK;
    cs_cmap root = cs_cmap_open(cs_cbor_root(x->answer));
    cs_slice error = cs_cval_text(cs_cmap_find(&root, "Error"));
    return error.p != NULL ? refuse_with(x, error) : refuse(x, "the answer is to another request");
}

static cs_err done(struct exchange *x)
{
    return cs_cmap_done(&x->fields) == CS_OK ? CS_OK : refuse(x, "the answer has not the documented members");
}

static void read_locked(struct exchange *x, cs_nsm_description *out)
{
    cs_cval list = cs_cmap_array(&x->fields, "locked_pcrs");
    for (cs_cval v = cs_cval_first(list); cs_cval_type(v) != CS_CBOR_ABSENT; v = cs_cval_next(v)) {
        uint64_t index = CS_NSM_PCRS;
        if (!cs_cval_uint(&index, v) || index >= CS_NSM_PCRS)
            cs_cmap_fail(&x->fields, CS_BAD_FIELD, "locked_pcrs");
        else
            out->locked |= 1u << index;
    }
}

cs_err cs_nsm_describe(cs_nsm_description *out, const cs_nsm *nsm)
{
    struct exchange x;
    *out = (cs_nsm_description){0};
    begin_bare(&x, "DescribeNSM");
    cs_err err = ask(&x, nsm);
    if (err == CS_OK) {
        out->major = cs_cmap_uint(&x.fields, "version_major", 0, UINT16_MAX);
        out->minor = cs_cmap_uint(&x.fields, "version_minor", 0, UINT16_MAX);
        out->patch = cs_cmap_uint(&x.fields, "version_patch", 0, UINT16_MAX);
        out->max_pcrs = cs_cmap_uint(&x.fields, "max_pcrs", 1, CS_NSM_PCRS);
        cs_slice id = cs_cmap_text(&x.fields, "module_id", 1, sizeof out->module_id - 1);
        cs_slice digest = cs_cmap_text(&x.fields, "digest", 1, 16);
        if (id.p != NULL && cs_slice_to_cstr(out->module_id, sizeof out->module_id, id) != CS_OK)
            cs_cmap_fail(&x.fields, CS_BAD_FIELD, "module_id");
        if (!cs_slice_is(digest, "SHA384"))
            cs_cmap_fail(&x.fields, CS_BAD_FIELD, "digest");
        read_locked(&x, out);
        err = done(&x);
    }
    end(&x);
    if (err != CS_OK)
        *out = (cs_nsm_description){0};
    return err;
}

cs_err cs_nsm_random(cs_secret *out, const cs_nsm *nsm, size_t n)
{
    cs_err err = out->n + n <= CS_SECRET_CAP ? CS_OK : CS_TOO_LARGE;
    while (err == CS_OK && n > 0) {
        struct exchange x;
        begin_bare(&x, "GetRandom");
        err = ask(&x, nsm);
        if (err == CS_OK) {
            cs_slice bytes = cs_cmap_bytes(&x.fields, "random", 1, MAX_RANDOM);
            err = done(&x);
            bytes = cs_slice_sub(bytes, 0, n);
            if (err == CS_OK)
                err = cs_secret_add(out, bytes);
            n -= bytes.n;
        }
        end(&x);
    }
    return err;
}

cs_err cs_nsm_pcr_read(cs_nsm_pcr *out, const cs_nsm *nsm, unsigned index)
{
    struct exchange x;
    *out = (cs_nsm_pcr){0};
    begin(&x, "DescribePCR", 1);
    cs_cborw_text(&x.request, "index");
    cs_cborw_uint(&x.request, index);
    cs_err err = ask(&x, nsm);
    if (err == CS_OK) {
        bool locked = cs_cmap_bool(&x.fields, "lock");
        cs_slice value = cs_cmap_bytes(&x.fields, "data", CS_NSM_PCR_LEN, CS_NSM_PCR_LEN);
        err = done(&x);
        if (err == CS_OK) {
            out->locked = locked;
            memcpy(out->value, value.p, CS_NSM_PCR_LEN);
        }
    }
    end(&x);
    return err;
}

cs_err cs_nsm_pcr_extend(uint8_t value[CS_NSM_PCR_LEN], const cs_nsm *nsm, unsigned index, cs_slice data)
{
    struct exchange x;
    begin(&x, "ExtendPCR", 2);
    cs_cborw_text(&x.request, "index");
    cs_cborw_uint(&x.request, index);
    cs_cborw_text(&x.request, "data");
    cs_cborw_bytes(&x.request, data);
    cs_err err = ask(&x, nsm);
    if (err == CS_OK) {
        cs_slice now = cs_cmap_bytes(&x.fields, "data", CS_NSM_PCR_LEN, CS_NSM_PCR_LEN);
        err = done(&x);
        if (err == CS_OK && value != NULL)
            memcpy(value, now.p, CS_NSM_PCR_LEN);
    }
    end(&x);
    return err;
}

static cs_err lock(const cs_nsm *nsm, const char *name, const char *argument, unsigned value)
{
    struct exchange x;
    begin(&x, name, 1);
    cs_cborw_text(&x.request, argument);
    cs_cborw_uint(&x.request, value);
    cs_err err = tell(&x, nsm);
    end(&x);
    return err;
}

cs_err cs_nsm_pcr_lock(const cs_nsm *nsm, unsigned index)
{
    return lock(nsm, "LockPCR", "index", index);
}

cs_err cs_nsm_pcr_lock_range(const cs_nsm *nsm, unsigned range)
{
    return lock(nsm, "LockPCRs", "range", range);
}

cs_err cs_nsm_attest(cs_buf *document, const cs_nsm *nsm, cs_slice user_data, cs_slice nonce, cs_slice public_key)
{
    struct exchange x;
    begin(&x, "Attestation", 3);
    cs_cborw_text(&x.request, "user_data");
    cs_cborw_bytes(&x.request, user_data);
    cs_cborw_text(&x.request, "nonce");
    cs_cborw_bytes(&x.request, nonce);
    cs_cborw_text(&x.request, "public_key");
    cs_cborw_bytes(&x.request, public_key);
    cs_err err = ask(&x, nsm);
    if (err == CS_OK) {
        cs_slice bytes = cs_cmap_bytes(&x.fields, "document", 1, CS_NSM_MAX_DOCUMENT);
        err = done(&x);
        if (err == CS_OK) {
            cs_buf_add(document, bytes);
            err = document->err;
        }
    }
    end(&x);
    return err;
}
