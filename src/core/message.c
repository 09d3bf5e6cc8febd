/* SPDX-License-Identifier: Apache-2.0 */
/* long file: every frame is written and read in one place, and both directions of it stand beside each other. */
#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "core/framing.h"

#define SMALL_REQUEST 4096

static const struct {
    const char *name;
    size_t limit;
} types[CS_MSG_COUNT] = {
    [CS_MSG_BOOT] = {"Boot", SMALL_REQUEST},
    [CS_MSG_GENERATE_KEY] = {"GenerateKey", 4 * SMALL_REQUEST},
    [CS_MSG_SIGN] = {"Sign", CS_MAX_FRAME},
    [CS_MSG_SIGN_GROUP] = {"SignGroup", CS_MAX_FRAME},
    [CS_MSG_FORGET] = {"Forget", SMALL_REQUEST},
    [CS_MSG_LEDGER_SIGN] = {"LedgerSign", CS_MAX_NOTE + (16u << 10)},
    [CS_MSG_CALLER_KEY] = {"CallerKey", SMALL_REQUEST},
    [CS_MSG_SEAL_SECRET] = {"SealSecret", SMALL_REQUEST},
    [CS_MSG_PQ_GENERATE] = {"PqGenerateKey", SMALL_REQUEST},
    [CS_MSG_PQ_SIGN] = {"PqSign", 4 * SMALL_REQUEST},
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

static void write_place(cs_jw *w, const char *name, const cs_place *p)
{
    if (p->provider.p == NULL)
        return;
    cs_jw_begin(w, name);
    cs_jw_str(w, "provider", p->provider);
    cs_jw_str(w, p->key_id.p != NULL ? "keyId" : "region", p->key_id.p != NULL ? p->key_id : p->region);
    cs_jw_end(w);
}

static void write_generate_key(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "keyId", r->key_id);
    cs_jw_cstr(w, "algorithm", r->alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(r->format));
    cs_jw_str(w, "purpose", r->purpose);
    write_place(w, "kek", &r->kek);
    write_place(w, "classical", &r->trad);
    write_place(w, "pq", &r->pq);
    cs_framing_put_opt(w, "nonce", r->nonce);
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
    cs_framing_put_opt(w, "nonce", r->nonce);
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

static void write_pq(cs_jw *w, const cs_request *r)
{
    cs_jw_str(w, "org", r->org);
    cs_jw_str(w, "userId", r->user_id);
    cs_jw_cstr(w, "algorithm", r->alg->name);
    if (r->type == CS_MSG_PQ_GENERATE) {
        cs_jw_str(w, "kmsKeyArn", r->kms_key);
        return;
    }
    cs_jw_base64(w, "sealed", r->sealed);
    cs_jw_base64(w, "message", r->message.bytes);
    cs_jw_bool(w, "requestAttestation", r->request_attestation);
}

cs_err cs_request_write(cs_buf *out, const cs_request *r)
{
    size_t start;
    if (r->type == CS_MSG_SEAL_SECRET && cs_buf_reserve(out, SMALL_REQUEST) == NULL)
        return out->err; /* taken before the secret is written: the buffer never moves and leaves no copy behind */
    cs_jw w = cs_framing_begin(out, &start, cs_message_type_name(r->type));
    switch (r->type) {
    case CS_MSG_BOOT:
        cs_framing_put_opt(&w, "nonce", r->nonce);
        if (r->enclave > 0)
            cs_jw_int(&w, "enclave", r->enclave);
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
    case CS_MSG_PQ_GENERATE:
    case CS_MSG_PQ_SIGN:
        write_pq(&w, r);
        break;
    default:
        out->n = start;
        return CS_FRAME_TYPE;
    }
    return cs_framing_end(&w, start);
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

static void write_pq_born(cs_jw *w, const cs_reply *r)
{
    cs_jw_base64(w, "sealed", r->sealed);
    cs_jw_base64(w, "publicKey", r->public_key);
    cs_jw_base64(w, "birthAttestation", r->attestation);
    cs_jw_str(w, "enclaveVersion", r->enclave_version);
    cs_jw_base64(w, "wrappedDk", r->wrapped);
    cs_jw_int(w, "createdAtMs", r->created_at_ms);
    cs_jw_str(w, "keyRelease", r->key_release);
}

cs_err cs_reply_write(cs_buf *out, const cs_reply *r)
{
    size_t start;
    cs_jw w = cs_framing_begin(out, &start, cs_message_type_name(r->type));
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
    case CS_MSG_PQ_GENERATE:
        write_pq_born(&w, r);
        break;
    case CS_MSG_PQ_SIGN:
        cs_jw_base64(&w, "signature", r->signature);
        cs_jw_base64(&w, "publicKey", r->public_key);
        cs_framing_put_opt(&w, "attestation", r->attestation);
        break;
    default:
        out->n = start;
        return CS_FRAME_TYPE;
    }
    return cs_framing_end(&w, start);
}

/* Reading. */

static void read_key_name(cs_framing *f, cs_request *r)
{
    r->org = cs_framing_name(&f->o, "org", CS_MAX_ID);
    r->key_id = cs_framing_name(&f->o, "keyId", CS_MAX_ID);
}

static void read_place(cs_framing *f, cs_place *p, const char *name, bool may_be_new)
{
    cs_jval value = cs_jobj_object_opt(&f->o, name);
    if (value.v == NULL)
        return;
    cs_jobj o = cs_jobj_open(value);
    p->provider = cs_framing_name(&o, "provider", CS_MAX_ID);
    if (may_be_new && !cs_jobj_has(&o, "keyId"))
        p->region = cs_framing_name(&o, "region", CS_MAX_ID);
    else
        p->key_id = cs_framing_name(&o, "keyId", CS_MAX_KMS_KEY);
    cs_err err = cs_jobj_done(&o);
    if (err != CS_OK)
        cs_jobj_fail(&f->o, err, name);
}

static void read_generate_key(cs_framing *f, cs_request *r)
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
    read_place(f, &r->kek, "kek", false);
    read_place(f, &r->trad, "classical", true);
    read_place(f, &r->pq, "pq", true);
    if (r->trad.provider.p != NULL && r->alg != NULL && cs_alg_is_pure(r->alg))
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "classical");
}

static void read_prehash(cs_framing *f, cs_request *r)
{
    cs_jobj p = cs_jobj_open(cs_jobj_object(&f->o, "preHash"));
    r->message.ph = cs_hash_by_name(cs_jobj_str(&p, "alg", CS_MAX_ID));
    r->message.bytes = cs_framing_bytes(f, &p, "value", 1, CS_HASH_MAX);
    if (r->message.ph == CS_HASH_NONE || r->message.bytes.n != cs_hash_len(r->message.ph))
        cs_jobj_fail(&p, CS_PREHASH_ALGORITHM, "alg");
    cs_err err = cs_jobj_done(&p);
    if (err != CS_OK)
        cs_jobj_fail(&f->o, err, "preHash");
}

static void read_sign(cs_framing *f, cs_request *r)
{
    read_key_name(f, r);
    r->sealed = cs_framing_bytes(f, &f->o, "sealed", 1, CS_MAX_SEALED);
    bool payload = cs_jobj_has(&f->o, "payload"), prehash = cs_jobj_has(&f->o, "preHash");
    if (payload == prehash)
        cs_jobj_fail(&f->o, payload ? CS_BAD_FIELD : CS_MISSING_FIELD, "payload");
    else if (payload)
        r->message.bytes = cs_framing_bytes(f, &f->o, "payload", 0, CS_MAX_PAYLOAD);
    else
        read_prehash(f, r);
    if (cs_jobj_has(&f->o, "policyId"))
        r->policy_id = cs_framing_name(&f->o, "policyId", CS_MAX_ID);
    r->nonce = cs_framing_bytes_opt(f, &f->o, "nonce", CS_MIN_NONCE, CS_MAX_NONCE);
}

/* The list of a group, 1..CS_MAX_SIGN_GROUP long, and zeroed memory for what stands in it. */
static cs_jval read_items(cs_framing *f, cs_frame_in *in, size_t *count, size_t size)
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

static void read_sign_group(cs_framing *f, cs_frame_in *in, cs_request *r)
{
    cs_jval list = read_items(f, in, &r->item_count, sizeof *r);
    cs_request *items = in->items;
    for (size_t i = 0; i < r->item_count; i++) {
        cs_framing item = {.o = cs_jobj_open(cs_jarr_at(list, i)), .bytes = f->bytes};
        items[i].type = CS_MSG_SIGN;
        read_sign(&item, &items[i]);
        items[i].err = cs_jobj_done(&item.o);
    }
    r->items = items;
}

static void read_ledger_sign(cs_framing *f, cs_request *r)
{
    r->org = cs_framing_name(&f->o, "org", CS_MAX_ID);
    r->origin = cs_framing_name(&f->o, "origin", CS_MAX_NOTE_NAME);
    if (cs_jobj_has(&f->o, "oldNote"))
        r->old_note = cs_framing_name(&f->o, "oldNote", CS_MAX_NOTE);
    r->new_size = (uint64_t)cs_jobj_int(&f->o, "newSize", 1, CS_JSON_INT_MAX);
    r->new_root = cs_framing_bytes(f, &f->o, "newRoot", CS_SHA256_LEN, CS_SHA256_LEN);
    r->proof = cs_framing_bytes(f, &f->o, "proof", 0, CS_MAX_CONSISTENCY_PROOF);
}

static void read_pure_algorithm(cs_framing *f, cs_request *r)
{
    r->alg = cs_alg_find(cs_jobj_str(&f->o, "algorithm", CS_MAX_ID));
    if (r->alg == NULL || !cs_alg_is_pure(r->alg))
        cs_jobj_fail(&f->o, CS_UNKNOWN_ALGORITHM, "algorithm");
}

static void read_caller_key(cs_framing *f, cs_request *r)
{
    read_pure_algorithm(f, r);
    cs_slice format = cs_jobj_str(&f->o, "privateKeyFormat", CS_MAX_ID);
    r->expanded = cs_slice_is(format, "expanded");
    if (!r->expanded && !cs_slice_is(format, "seed"))
        cs_jobj_fail(&f->o, CS_BAD_FIELD, "privateKeyFormat");
}

static void read_seal_secret(cs_framing *f, cs_frame_in *in, cs_request *r)
{
    r->org = cs_framing_name(&f->o, "org", CS_MAX_ID);
    r->name = cs_framing_name(&f->o, "name", CS_MAX_ID);
    cs_slice text = cs_jobj_str(&f->o, "secret", SMALL_REQUEST);
    cs_err err = cs_base64_decode_secret(&in->secret, text);
    if (err != CS_OK || in->secret.n == 0)
        cs_jobj_fail(&f->o, err != CS_OK ? err : CS_BAD_FIELD, "secret");
    r->secret = cs_secret_slice(&in->secret);
}

static void read_pq(cs_framing *f, cs_request *r)
{
    r->org = cs_framing_name(&f->o, "org", CS_MAX_ID);
    r->user_id = cs_framing_name(&f->o, "userId", CS_MAX_USER_ID);
    read_pure_algorithm(f, r);
    if (r->type == CS_MSG_PQ_GENERATE) {
        r->kms_key = cs_framing_name(&f->o, "kmsKeyArn", CS_MAX_KMS_KEY);
        return;
    }
    r->sealed = cs_framing_bytes(f, &f->o, "sealed", 1, CS_MAX_SEALED);
    r->message.bytes = cs_framing_bytes(f, &f->o, "message", 0, CS_MAX_PQ_MESSAGE);
    if (!cs_jobj_has(&f->o, "requestAttestation"))
        cs_jobj_fail(&f->o, CS_MISSING_FIELD, "requestAttestation");
    r->request_attestation = cs_jobj_bool_or(&f->o, "requestAttestation", false);
}

/* The members of a request whose type is known. */
static void read_request_members(cs_framing *f, cs_frame_in *in, cs_request *r)
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
        r->record_sha256 = cs_framing_bytes(f, &f->o, "recordSha256", CS_SHA256_LEN, CS_SHA256_LEN);
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
    case CS_MSG_PQ_GENERATE:
    case CS_MSG_PQ_SIGN:
        read_pq(f, r);
        return;
    case CS_MSG_BOOT:
        if (cs_jobj_has(&f->o, "enclave"))
            r->enclave = cs_jobj_int(&f->o, "enclave", 1, CS_BALANCE_MAX);
        break;
    default:
        break;
    }
    r->nonce = cs_framing_bytes_opt(f, &f->o, "nonce", CS_MIN_NONCE, CS_MAX_NONCE);
}

cs_err cs_request_read(cs_request *r, cs_frame_in *in, cs_slice json)
{
    cs_framing f;
    *r = (cs_request){.type = CS_MSG_COUNT};
    cs_err err = cs_framing_open(&f, in, json);
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
    cs_slice s = cs_framing_name(o, "mldsaEngine", CS_MAX_ID);
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '/'))
            cs_jobj_fail(o, CS_BAD_FIELD, "mldsaEngine");
    return s;
}

static void read_signed(cs_framing *f, cs_reply *r)
{
    r->signature = cs_framing_bytes(f, &f->o, "signature", 1, CS_MAX_SIGNATURE);
    r->counter = cs_jobj_int(&f->o, "counter", 1, CS_JSON_INT_MAX);
    r->document = cs_framing_name(&f->o, "document", CS_MAX_ATTESTATION);
}

/* A group of which one reply is malformed is no reply. */
static void read_signed_group(cs_framing *f, cs_frame_in *in, cs_reply *r)
{
    cs_jval list = read_items(f, in, &r->item_count, sizeof *r);
    cs_reply *items = in->items;
    for (size_t i = 0; i < r->item_count; i++) {
        cs_framing item = {.o = cs_jobj_open(cs_jarr_at(list, i)), .bytes = f->bytes};
        items[i].type = CS_MSG_SIGN;
        if (cs_jobj_has(&item.o, "code")) {
            items[i].err = cs_framing_code(&item.o);
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

static void read_pq_born(cs_framing *f, cs_reply *r)
{
    r->sealed = cs_framing_bytes(f, &f->o, "sealed", 1, CS_MAX_SEALED);
    r->public_key = cs_framing_bytes(f, &f->o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
    r->attestation = cs_framing_bytes(f, &f->o, "birthAttestation", 1, CS_MAX_COSE);
    r->enclave_version = cs_framing_name(&f->o, "enclaveVersion", CS_MAX_ID);
    r->wrapped = cs_framing_bytes(f, &f->o, "wrappedDk", 1, CS_MAX_WRAPPED_DK);
    r->created_at_ms = cs_jobj_int(&f->o, "createdAtMs", 1, CS_JSON_INT_MAX);
    r->key_release = cs_framing_name(&f->o, "keyRelease", CS_MAX_ID);
}

static void read_reply_members(cs_framing *f, cs_frame_in *in, cs_reply *r)
{
    cs_jobj *o = &f->o;
    switch (r->type) {
    case CS_MSG_BOOT:
        r->vendor = cs_framing_name(o, "vendor", CS_MAX_ID);
        r->image_hash = cs_framing_name(o, "imageHash", CS_MAX_NAME);
        r->enclave_version = cs_framing_name(o, "enclaveVersion", CS_MAX_ID);
        r->epoch = cs_framing_name(o, "epoch", CS_MAX_ID);
        r->evidence = cs_framing_name(o, "evidence", CS_MAX_ID);
        r->match_rules = cs_framing_name(o, "matchRules", CS_MAX_POLICY);
        r->ledger_ed25519 = cs_framing_bytes(f, o, "ledgerEd25519", CS_ED25519_PUBLIC, CS_ED25519_PUBLIC);
        r->ledger_mldsa44 = cs_framing_bytes(f, o, "ledgerMldsa44", CS_MLDSA44_PUBLIC, CS_MLDSA44_PUBLIC);
        r->mldsa_engine = read_engine(o);
        r->disagreements = cs_jobj_int(o, "mldsaDisagreements", 0, CS_JSON_INT_MAX);
        break;
    case CS_MSG_GENERATE_KEY:
        r->sealed = cs_framing_bytes(f, o, "sealed", 1, CS_MAX_SEALED);
        r->public_key = cs_framing_bytes(f, o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
        r->key_release = cs_framing_name(o, "keyRelease", CS_MAX_ID);
        break;
    case CS_MSG_SIGN:
        read_signed(f, r);
        return;
    case CS_MSG_SIGN_GROUP:
        read_signed_group(f, in, r);
        return;
    case CS_MSG_LEDGER_SIGN:
        r->note = cs_framing_name(o, "note", CS_MAX_NOTE);
        r->size = (uint64_t)cs_jobj_int(o, "size", 1, CS_JSON_INT_MAX);
        r->stale = cs_jobj_bool_or(o, "stale", false);
        if (!cs_jobj_has(o, "stale"))
            cs_jobj_fail(o, CS_MISSING_FIELD, "stale");
        return;
    case CS_MSG_CALLER_KEY:
        r->public_key = cs_framing_bytes(f, o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
        r->private_key = cs_framing_bytes(f, o, "privateKey", CS_MIN_CALLER_KEY, CS_MAX_CALLER_KEY);
        return;
    case CS_MSG_SEAL_SECRET:
        r->sealed = cs_framing_bytes(f, o, "sealed", 1, CS_MAX_SEALED);
        return;
    case CS_MSG_PQ_GENERATE:
        read_pq_born(f, r);
        return;
    case CS_MSG_PQ_SIGN:
        r->signature = cs_framing_bytes(f, o, "signature", 1, CS_MAX_SIGNATURE);
        r->public_key = cs_framing_bytes(f, o, "publicKey", 1, CS_MAX_PUBLIC_KEY);
        r->attestation = cs_framing_bytes_opt(f, o, "attestation", 1, CS_MAX_COSE);
        return;
    default:
        break;
    }
    if (r->type != CS_MSG_FORGET)
        r->document = cs_framing_name(o, "document", CS_MAX_ATTESTATION);
}

cs_err cs_reply_read(cs_reply *r, cs_frame_in *in, cs_slice json, cs_message_type expected)
{
    cs_framing f;
    *r = (cs_reply){.type = CS_MSG_COUNT};
    cs_err err = cs_framing_open(&f, in, json);
    if (err != CS_OK)
        return err;
    if (cs_slice_is(f.type, "Error"))
        return cs_framing_code(&f.o);
    if (!type_by_name(&r->type, f.type) || r->type != expected)
        return CS_FRAME_TYPE;
    in->bytes.wiped = r->type == CS_MSG_CALLER_KEY;
    read_reply_members(&f, in, r);
    return cs_jobj_done(&f.o);
}

cs_err cs_request_type(cs_message_type *type, cs_slice json)
{
    cs_framing f;
    cs_frame_in in;
    *type = CS_MSG_COUNT;
    cs_err err = cs_framing_open(&f, &in, json);
    if (err == CS_OK && !type_by_name(type, f.type))
        err = CS_FRAME_TYPE;
    cs_frame_in_free(&in);
    return err == CS_BAD_JSON ? CS_FRAME_TYPE : err;
}
