/* SPDX-License-Identifier: Apache-2.0 */
/* long file: every frame is written and read in one place, and both directions of it stand beside each other. */
#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"

#define SMALL_REQUEST 4096

static const struct {
    const char *name;
    size_t limit;
} types[CS_MSG_COUNT] = {
    [CS_MSG_BOOT] = {"Boot", SMALL_REQUEST},
    [CS_MSG_GENERATE_KEY] = {"GenerateKey", SMALL_REQUEST},
    [CS_MSG_SIGN] = {"Sign", CS_MAX_FRAME},
    [CS_MSG_SIGN_GROUP] = {"SignGroup", CS_MAX_FRAME},
    [CS_MSG_FORGET] = {"Forget", SMALL_REQUEST},
    [CS_MSG_LEDGER_SIGN] = {"LedgerSign", CS_MAX_NOTE + (16u << 10)},
    [CS_MSG_CALLER_KEY] = {"CallerKey", SMALL_REQUEST},
    [CS_MSG_SEAL_SECRET] = {"SealSecret", SMALL_REQUEST},
};

const char *cs_message_type_name(cs_message_type t)
{
    return (unsigned)t < CS_MSG_COUNT ? types[t].name : "";
}

size_t cs_message_limit(cs_message_type t)
{
    return (unsigned)t < CS_MSG_COUNT ? types[t].limit : 0;
}

static bool type_by_name(cs_message_type *type, cs_slice name)
{
    for (unsigned t = 0; t < CS_MSG_COUNT; t++) {
        if (cs_slice_is(name, types[t].name)) {
            *type = (cs_message_type)t;
            return true;
        }
    }
    return false;
}

void cs_frame_in_free(cs_frame_in *in)
{
    cs_json_free(in->doc);
    cs_buf_free(&in->bytes);
    cs_secret_wipe(&in->secret);
    free(in->items);
    *in = (cs_frame_in){0};
}

/* Writing: the length is put in front once the JSON stands. */

static cs_jw frame_begin(cs_buf *out, size_t *start, const char *type)
{
    *start = out->n;
    cs_buf_add_u32(out, 0);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "type", type);
    cs_jw_int(&w, "version", CS_MESSAGE_VERSION);
    return w;
}

/* On error `out` is as long as it was before. */
static cs_err frame_end(cs_jw *w, size_t start)
{
    cs_buf *out = w->out;
    cs_jw_end(w);
    cs_err err = out->err;
    if (err == CS_OK && out->n - start - 4 > CS_MAX_FRAME)
        err = CS_TOO_LARGE;
    if (err != CS_OK) {
        out->n = start;
        return err;
    }
    cs_buf length = cs_buf_over(out->p + start, 4);
    cs_buf_add_u32(&length, (uint32_t)(out->n - start - 4));
    return length.err;
}

static void write_optional_base64(cs_jw *w, const char *name, cs_slice bytes)
{
    if (bytes.p != NULL)
        cs_jw_base64(w, name, bytes);
}

static void write_generate_key(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "keyId", r->key_id);
    cs_jw_cstr(w, "algorithm", r->alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(r->format));
    cs_jw_str(w, "purpose", r->purpose);
    write_optional_base64(w, "nonce", r->nonce);
}

static void write_sign(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "keyId", r->key_id);
    cs_jw_base64(w, "sealed", r->sealed);
    if (r->message.ph == CS_HASH_NONE) {
        cs_jw_base64(w, "payload", r->message.bytes);
    } else {
        cs_jw_begin(w, "preHash");
        cs_jw_cstr(w, "alg", cs_hash_name(r->message.ph));
        cs_jw_base64(w, "value", r->message.bytes);
        cs_jw_end(w);
    }
    if (r->policy_id.p != NULL)
        cs_jw_str(w, "policyId", r->policy_id);
    write_optional_base64(w, "nonce", r->nonce);
}

static void write_sign_group(cs_jw *w, const cs_request *r)
{
    cs_jw_begin_array(w, "items");
    for (size_t i = 0; i < r->item_count; i++) {
        cs_jw_begin(w, NULL);
        write_sign(w, &r->items[i]);
        cs_jw_end(w);
    }
    cs_jw_end_array(w);
}

size_t cs_request_weight(const cs_request *r)
{
    /* base64 and names */
    return (r->sealed.n + r->message.bytes.n + r->nonce.n) / 3 * 4 + 4 * CS_MAX_ID + 256;
}

static void write_ledger_sign(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "origin", r->origin);
    if (r->old_note.p != NULL)
        cs_jw_str(w, "oldNote", r->old_note);
    cs_jw_int(w, "newSize", (int64_t)r->new_size);
    cs_jw_base64(w, "newRoot", r->new_root);
    cs_jw_base64(w, "proof", r->proof);
}

static void write_caller_key(cs_jw *w, const cs_request *r)
{
    cs_jw_cstr(w, "algorithm", r->alg->name);
    cs_jw_cstr(w, "privateKeyFormat", r->expanded ? "expanded" : "seed");
}

static void write_seal_secret(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "name", r->name);
    cs_jw_base64(w, "secret", r->secret);
}

cs_err cs_request_write(cs_buf *out, const cs_request *r)
{
    size_t start;
    if (r->type == CS_MSG_SEAL_SECRET && cs_buf_reserve(out, SMALL_REQUEST) == NULL)
        return out->err; /* taken before the secret is written: the buffer never moves and leaves no copy behind */
    cs_jw w = frame_begin(out, &start, cs_message_type_name(r->type));
    switch (r->type) {
    case CS_MSG_BOOT:
        write_optional_base64(&w, "nonce", r->nonce);
        break;
    case CS_MSG_GENERATE_KEY:
        write_generate_key(&w, r);
        break;
    case CS_MSG_SIGN:
        write_sign(&w, r);
        break;
    case CS_MSG_SIGN_GROUP:
        write_sign_group(&w, r);
        break;
    case CS_MSG_FORGET:
        cs_jw_base64(&w, "recordSha256", r->record_sha256);
        break;
    case CS_MSG_LEDGER_SIGN:
        write_ledger_sign(&w, r);
        break;
    case CS_MSG_CALLER_KEY:
        write_caller_key(&w, r);
        break;
    case CS_MSG_SEAL_SECRET:
        write_seal_secret(&w, r);
        break;
    default:
        out->n = start;
        return CS_FRAME_TYPE;
    }
    return frame_end(&w, start);
}

static void write_signed(cs_jw *w, const cs_reply *r)
{
    cs_jw_base64(w, "signature", r->signature);
    cs_jw_int(w, "counter", r->counter);
    cs_jw_str(w, "document", r->document);
}

/* A reply that has no room left in the frame becomes an error of its own: the others can still go. */
static void write_signed_group(cs_jw *w, const cs_reply *r)
{
    const size_t room = CS_MAX_FRAME - 256 * CS_MAX_SIGN_GROUP;
    cs_jw_begin_array(w, "items");
    for (size_t i = 0; i < r->item_count; i++) {
        const cs_reply *item = &r->items[i];
        size_t needs = item->signature.n / 3 * 4 + item->document.n;
        cs_err err = item->err == CS_OK && (needs > room || w->out->n > room - needs) ? CS_TOO_LARGE : item->err;
        cs_jw_begin(w, NULL);
        if (err == CS_OK)
            write_signed(w, item);
        else
            cs_jw_cstr(w, "code", cs_err_name(err));
        cs_jw_end(w);
    }
    cs_jw_end_array(w);
}

cs_err cs_reply_write(cs_buf *out, const cs_reply *r)
{
    size_t start;
    cs_jw w = frame_begin(out, &start, cs_message_type_name(r->type));
    switch (r->type) {
    case CS_MSG_BOOT:
        cs_jw_str(&w, "vendor", r->vendor);
        cs_jw_str(&w, "imageHash", r->image_hash);
        cs_jw_str(&w, "enclaveVersion", r->enclave_version);
        cs_jw_str(&w, "epoch", r->epoch);
        cs_jw_str(&w, "evidence", r->evidence);
        cs_jw_str(&w, "matchRules", r->match_rules);
        cs_jw_base64(&w, "ledgerEd25519", r->ledger_ed25519);
        cs_jw_base64(&w, "ledgerMldsa44", r->ledger_mldsa44);
        cs_jw_str(&w, "mldsaEngine", r->mldsa_engine);
        cs_jw_int(&w, "mldsaDisagreements", r->disagreements);
        cs_jw_str(&w, "document", r->document);
        break;
    case CS_MSG_GENERATE_KEY:
        cs_jw_base64(&w, "sealed", r->sealed);
        cs_jw_base64(&w, "publicKey", r->public_key);
        cs_jw_str(&w, "keyRelease", r->key_release);
        cs_jw_str(&w, "document", r->document);
        break;
    case CS_MSG_SIGN:
        write_signed(&w, r);
        break;
    case CS_MSG_SIGN_GROUP:
        write_signed_group(&w, r);
        break;
    case CS_MSG_FORGET:
        break;
    case CS_MSG_LEDGER_SIGN:
        cs_jw_str(&w, "note", r->note);
        cs_jw_int(&w, "size", (int64_t)r->size);
        cs_jw_bool(&w, "stale", r->stale);
        break;
    case CS_MSG_CALLER_KEY:
        cs_jw_base64(&w, "publicKey", r->public_key);
        cs_jw_base64(&w, "privateKey", r->private_key);
        break;
    case CS_MSG_SEAL_SECRET:
        cs_jw_base64(&w, "sealed", r->sealed);
        break;
    default:
        out->n = start;
        return CS_FRAME_TYPE;
    }
    return frame_end(&w, start);
}

cs_err cs_error_write(cs_buf *out, cs_err err)
{
    size_t start;
    cs_jw w = frame_begin(out, &start, "Error");
    cs_jw_cstr(&w, "code", cs_err_name(err == CS_OK ? CS_INTERNAL : err));
    return frame_end(&w, start);
}

/* Reading. */

/* A frame being read: its object, and where decoded bytes go. */
struct frame {
    cs_jobj o;
    cs_buf *bytes;
    cs_slice type;
};

/* Opens the JSON object of a frame and reads `type` and `version`. */
static cs_err frame_open(struct frame *f, cs_frame_in *in, cs_slice json)
{
    *in = (cs_frame_in){.bytes = cs_buf_new(json.n)};
    cs_err err = cs_json_parse(&in->doc, json, CS_MAX_FRAME);
    if (err != CS_OK)
        return err;
    *f = (struct frame){.o = cs_jobj_open(cs_json_root(in->doc)), .bytes = &in->bytes};
    f->type = cs_jobj_str(&f->o, "type", CS_MAX_ID);
    if (cs_jobj_int(&f->o, "version", 1, CS_JSON_INT_MAX) != CS_MESSAGE_VERSION)
        cs_jobj_fail(&f->o, CS_FRAME_TYPE, "version");
    return f->o.err == CS_OK ? CS_OK : CS_FRAME_TYPE;
}

/* Decoded bytes are fewer than their text, so with room for the whole text, taken before the first of them, the
 * buffer never moves and the slices into it stay good. */
static cs_slice read_bytes(struct frame *f, cs_jobj *o, const char *name, size_t min, size_t max)
{
    size_t start = f->bytes->n;
    if (start == 0 && cs_buf_reserve(f->bytes, f->bytes->max) == NULL)
        cs_jobj_fail(o, f->bytes->err, name);
    if (!cs_jobj_base64(o, name, max, f->bytes))
        return CS_ABSENT;
    cs_slice s = cs_slice_sub(cs_buf_slice(f->bytes), start, f->bytes->n);
    if (s.n < min)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

static cs_slice read_bytes_opt(struct frame *f, cs_jobj *o, const char *name, size_t min, size_t max)
{
    return cs_jobj_has(o, name) ? read_bytes(f, o, name, min, max) : CS_ABSENT;
}

/* A string that may not be empty. */
static cs_slice read_name(cs_jobj *o, const char *name, size_t max)
{
    cs_slice s = cs_jobj_str(o, name, max);
    if (s.p != NULL && s.n == 0)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

static void read_key_name(struct frame *f, cs_request *r)
{
    r->org = read_name(&f->o, "org", CS_MAX_ID);
    r->key_id = read_name(&f->o, "keyId", CS_MAX_ID);
}

static void read_generate_key(struct frame *f, cs_request *r)
{
    read_key_name(f, r);
    r->alg = cs_alg_find(cs_jobj_str(&f->o, "algorithm", CS_MAX_ID));
    if (r->alg == NULL)
        cs_jobj_fail(&f->o, CS_UNKNOWN_ALGORITHM, "algorithm");
    if (!cs_format_by_name(&r->format, cs_jobj_str(&f->o, "signatureFormat", CS_MAX_ID)))
        cs_jobj_fail(&f->o, CS_UNKNOWN_SIGNATURE_FORMAT, "signatureFormat");
    else if (r->alg != NULL && !cs_alg_offers(r->alg, r->format))
        cs_jobj_fail(&f->o, CS_FORMAT_NOT_OFFERED, "signatureFormat");
    r->purpose = cs_jobj_str(&f->o, "purpose", CS_MAX_ID);
    if (!cs_slice_is(r->purpose, "sign") && !cs_slice_is(r->purpose, "hybrid")) /* ledger keys are the enclave's own */
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "purpose");
}

static void read_prehash(struct frame *f, cs_request *r)
{
    cs_jobj p = cs_jobj_open(cs_jobj_object(&f->o, "preHash"));
    r->message.ph = cs_hash_by_name(cs_jobj_str(&p, "alg", CS_MAX_ID));
    r->message.bytes = read_bytes(f, &p, "value", 1, CS_HASH_MAX);
    if (r->message.ph == CS_HASH_NONE || r->message.bytes.n != cs_hash_len(r->message.ph))
        cs_jobj_fail(&p, CS_PREHASH_ALGORITHM, "alg");
    cs_err err = cs_jobj_done(&p);
    if (err != CS_OK)
        cs_jobj_fail(&f->o, err, "preHash");
}

static void read_sign(struct frame *f, cs_request *r)
{
    read_key_name(f, r);
    r->sealed = read_bytes(f, &f->o, "sealed", 1, CS_MAX_SEALED);
    bool payload = cs_jobj_has(&f->o, "payload"), prehash = cs_jobj_has(&f->o, "preHash");
    if (payload == prehash)
        cs_jobj_fail(&f->o, payload ? CS_BAD_FIELD : CS_MISSING_FIELD, "payload");
    else if (payload)
        r->message.bytes = read_bytes(f, &f->o, "payload", 0, CS_MAX_PAYLOAD);
    else
        read_prehash(f, r);
    if (cs_jobj_has(&f->o, "policyId"))
        r->policy_id = read_name(&f->o, "policyId", CS_MAX_ID);
    r->nonce = read_bytes_opt(f, &f->o, "nonce", CS_MIN_NONCE, CS_MAX_NONCE);
}

/* The list of a group, 1..CS_MAX_SIGN_GROUP long, and zeroed memory for what stands in it. */
static cs_jval read_items(struct frame *f, cs_frame_in *in, size_t *count, size_t size)
{
    cs_jval list = cs_jobj_array(&f->o, "items");
    *count = cs_jarr_len(list);
    if (*count < 1 || *count > CS_MAX_SIGN_GROUP)
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "items");
    else
        in->items = calloc(*count, size);
    if (f->o.err == CS_OK && in->items == NULL)
        cs_jobj_fail(&f->o, CS_NO_MEMORY, "items");
    if (f->o.err != CS_OK)
        *count = 0;
    return list;
}

static void read_sign_group(struct frame *f, cs_frame_in *in, cs_request *r)
{
    cs_jval list = read_items(f, in, &r->item_count, sizeof *r);
    cs_request *items = in->items;
    for (size_t i = 0; i < r->item_count; i++) {
        struct frame item = {.o = cs_jobj_open(cs_jarr_at(list, i)), .bytes = f->bytes};
        items[i].type = CS_MSG_SIGN;
        read_sign(&item, &items[i]);
        items[i].err = cs_jobj_done(&item.o);
    }
    r->items = items;
}

static void read_ledger_sign(struct frame *f, cs_request *r)
{
    r->org = read_name(&f->o, "org", CS_MAX_ID);
    r->origin = read_name(&f->o, "origin", CS_MAX_NOTE_NAME);
    if (cs_jobj_has(&f->o, "oldNote"))
        r->old_note = read_name(&f->o, "oldNote", CS_MAX_NOTE);
    r->new_size = (uint64_t)cs_jobj_int(&f->o, "newSize", 1, CS_JSON_INT_MAX);
    r->new_root = read_bytes(f, &f->o, "newRoot", CS_SHA256_LEN, CS_SHA256_LEN);
    r->proof = read_bytes(f, &f->o, "proof", 0, CS_MAX_CONSISTENCY_PROOF);
}

static void read_caller_key(struct frame *f, cs_request *r)
{
    r->alg = cs_alg_find(cs_jobj_str(&f->o, "algorithm", CS_MAX_ID));
    if (r->alg == NULL || !cs_alg_is_pure(r->alg))
        cs_jobj_fail(&f->o, CS_UNKNOWN_ALGORITHM, "algorithm");
    cs_slice format = cs_jobj_str(&f->o, "privateKeyFormat", CS_MAX_ID);
    r->expanded = cs_slice_is(format, "expanded");
    if (!r->expanded && !cs_slice_is(format, "seed"))
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "privateKeyFormat");
}

static void read_seal_secret(struct frame *f, cs_frame_in *in, cs_request *r)
{
    r->org = read_name(&f->o, "org", CS_MAX_ID);
    r->name = read_name(&f->o, "name", CS_MAX_ID);
    cs_slice text = cs_jobj_str(&f->o, "secret", SMALL_REQUEST);
    cs_err err = cs_base64_decode_secret(&in->secret, text);
    if (err != CS_OK || in->secret.n == 0)
        cs_jobj_fail(&f->o, err != CS_OK ? err : CS_BAD_FIELD, "secret");
    r->secret = cs_secret_slice(&in->secret);
}

/* The members of a request whose type is known. */
static void read_request_members(struct frame *f, cs_frame_in *in, cs_request *r)
{
    switch (r->type) {
    case CS_MSG_GENERATE_KEY:
        read_generate_key(f, r);
        break;
    case CS_MSG_SIGN:
        read_sign(f, r);
        return;
    case CS_MSG_SIGN_GROUP:
        read_sign_group(f, in, r);
        return;
    case CS_MSG_FORGET:
        r->record_sha256 = read_bytes(f, &f->o, "recordSha256", CS_SHA256_LEN, CS_SHA256_LEN);
        return;
    case CS_MSG_LEDGER_SIGN:
        read_ledger_sign(f, r);
        return;
    case CS_MSG_CALLER_KEY:
        read_caller_key(f, r);
        return;
    case CS_MSG_SEAL_SECRET:
        read_seal_secret(f, in, r);
        return;
    default:
        break;
    }
    r->nonce = read_bytes_opt(f, &f->o, "nonce", CS_MIN_NONCE, CS_MAX_NONCE);
}

cs_err cs_request_read(cs_request *r, cs_frame_in *in, cs_slice json)
{
    struct frame f;
    *r = (cs_request){.type = CS_MSG_COUNT};
    cs_err err = frame_open(&f, in, json);
    if (err != CS_OK)
        return err;
    if (!type_by_name(&r->type, f.type))
        return CS_FRAME_TYPE;
    read_request_members(&f, in, r);
    return cs_jobj_done(&f.o);
}

/* A label: it is shown as it is, in metrics too. */
static cs_slice read_engine(cs_jobj *o)
{
    cs_slice s = read_name(o, "mldsaEngine", CS_MAX_ID);
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '/'))
            cs_jobj_fail(o, CS_BAD_FIELD, "mldsaEngine");
    return s;
}

static void read_signed(struct frame *f, cs_reply *r)
{
    r->signature = read_bytes(f, &f->o, "signature", 1, CS_MAX_SIGNATURE);
    r->counter = cs_jobj_int(&f->o, "counter", 1, CS_JSON_INT_MAX);
    r->document = read_name(&f->o, "document", CS_MAX_ATTESTATION);
}

/* What an error says. A code that this version does not know is an internal error of the peer. */
static cs_err read_code(cs_jobj *o)
{
    char name[CS_MAX_ID + 1];
    cs_slice code = cs_jobj_str(o, "code", CS_MAX_ID);
    if (cs_jobj_done(o) != CS_OK || cs_slice_to_cstr(name, sizeof name, code) != CS_OK)
        return CS_FRAME_TYPE;
    return cs_err_by_name(name);
}

/* A group of which one reply is malformed is no reply. */
static void read_signed_group(struct frame *f, cs_frame_in *in, cs_reply *r)
{
    cs_jval list = read_items(f, in, &r->item_count, sizeof *r);
    cs_reply *items = in->items;
    for (size_t i = 0; i < r->item_count; i++) {
        struct frame item = {.o = cs_jobj_open(cs_jarr_at(list, i)), .bytes = f->bytes};
        items[i].type = CS_MSG_SIGN;
        if (cs_jobj_has(&item.o, "code")) {
            items[i].err = read_code(&item.o);
        } else {
            read_signed(&item, &items[i]);
            items[i].err = cs_jobj_done(&item.o);
            if (items[i].err != CS_OK)
                cs_jobj_fail(&f->o, items[i].err, "items");
        }
        if (items[i].err == CS_FRAME_TYPE)
            cs_jobj_fail(&f->o, CS_FRAME_TYPE, "items");
    }
    r->items = items;
}

static void read_reply_members(struct frame *f, cs_frame_in *in, cs_reply *r)
{
    cs_jobj *o = &f->o;
    switch (r->type) {
    case CS_MSG_BOOT:
        r->vendor = read_name(o, "vendor", CS_MAX_ID);
        r->image_hash = read_name(o, "imageHash", CS_MAX_NAME);
        r->enclave_version = read_name(o, "enclaveVersion", CS_MAX_ID);
        r->epoch = read_name(o, "epoch", CS_MAX_ID);
        r->evidence = read_name(o, "evidence", CS_MAX_ID);
        r->match_rules = read_name(o, "matchRules", CS_MAX_POLICY);
        r->ledger_ed25519 = read_bytes(f, o, "ledgerEd25519", CS_ED25519_PUBLIC, CS_ED25519_PUBLIC);
        r->ledger_mldsa44 = read_bytes(f, o, "ledgerMldsa44", CS_MLDSA44_PUBLIC, CS_MLDSA44_PUBLIC);
        r->mldsa_engine = read_engine(o);
        r->disagreements = cs_jobj_int(o, "mldsaDisagreements", 0, CS_JSON_INT_MAX);
        break;
    case CS_MSG_GENERATE_KEY:
        r->sealed = read_bytes(f, o, "sealed", 1, CS_MAX_SEALED);
        r->public_key = read_bytes(f, o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
        r->key_release = read_name(o, "keyRelease", CS_MAX_ID);
        break;
    case CS_MSG_SIGN:
        read_signed(f, r);
        return;
    case CS_MSG_SIGN_GROUP:
        read_signed_group(f, in, r);
        return;
    case CS_MSG_LEDGER_SIGN:
        r->note = read_name(o, "note", CS_MAX_NOTE);
        r->size = (uint64_t)cs_jobj_int(o, "size", 1, CS_JSON_INT_MAX);
        r->stale = cs_jobj_bool_or(o, "stale", false);
        if (!cs_jobj_has(o, "stale"))
            cs_jobj_fail(o, CS_MISSING_FIELD, "stale");
        return;
    case CS_MSG_CALLER_KEY:
        r->public_key = read_bytes(f, o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
        r->private_key = read_bytes(f, o, "privateKey", CS_MIN_CALLER_KEY, CS_MAX_CALLER_KEY);
        return;
    case CS_MSG_SEAL_SECRET:
        r->sealed = read_bytes(f, o, "sealed", 1, CS_MAX_SEALED);
        return;
    default:
        break;
    }
    if (r->type != CS_MSG_FORGET)
        r->document = read_name(o, "document", CS_MAX_ATTESTATION);
}

cs_err cs_reply_read(cs_reply *r, cs_frame_in *in, cs_slice json, cs_message_type expected)
{
    struct frame f;
    *r = (cs_reply){.type = CS_MSG_COUNT};
    cs_err err = frame_open(&f, in, json);
    if (err != CS_OK)
        return err;
    if (cs_slice_is(f.type, "Error"))
        return read_code(&f.o);
    if (!type_by_name(&r->type, f.type) || r->type != expected)
        return CS_FRAME_TYPE;
    in->bytes.wiped = r->type == CS_MSG_CALLER_KEY;
    read_reply_members(&f, in, r);
    return cs_jobj_done(&f.o);
}

cs_err cs_request_type(cs_message_type *type, cs_slice json)
{
    struct frame f;
    cs_frame_in in;
    *type = CS_MSG_COUNT;
    cs_err err = frame_open(&f, &in, json);
    if (err == CS_OK && !type_by_name(type, f.type))
        err = CS_FRAME_TYPE;
    cs_frame_in_free(&in);
    return err == CS_BAD_JSON ? CS_FRAME_TYPE : err;
}
