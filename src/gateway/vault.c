/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault.h"

#include <stdio.h>
#include <string.h>

#include "core/encode.h"
#include "core/keytext.h"
#include "core/name.h"
#include "gateway/envelope.h"
#include "gateway/ids.h"
#include "gateway/judge.h"
#include "sys/clock.h"

#define ROUTE "hybrid-keys"
#define NONCE_LEN 32

/* -- answers ------------------------------------------------------------------------------------------------------- */

static void write_text(cs_jw *w, const char *name, const char *text)
{
    cs_jw_str(w, name, text[0] != '\0' ? cs_slice_str(text) : CS_ABSENT);
}

static void write_key_members(cs_jw *w, const cs_key_row *k)
{
    cs_jw_cstr(w, "id", k->id);
    cs_jw_cstr(w, "name", k->name);
    cs_jw_cstr(w, "status", cs_key_status_name(k->status));
    cs_jw_cstr(w, "algorithm", k->alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(k->format));
    cs_jw_begin(w, "providers");
    cs_jw_cstr(w, "kek", k->kek_provider);
    cs_jw_cstr(w, "classical", k->key_provider);
    cs_jw_cstr(w, "pq", k->pq_provider);
    cs_jw_end(w);
    cs_jw_int(w, "tier", 0); /* env KEK, both halves managed */
    cs_jw_cstr(w, "keyRelease", k->key_release);
    cs_jw_cstr(w, "purpose", k->purpose);
    cs_jw_cstr(w, "environment", k->environment);
    write_text(w, "attestationPolicyId", k->policy_id);
    cs_jw_raw(w, "metadata", k->metadata.n > 0 ? cs_buf_slice(&k->metadata) : CS_LIT("{}"));
    cs_envelope_time(w, "createdAt", k->created_ms);
    cs_envelope_time(w, "lastUsedAt", k->last_used_ms);
    cs_envelope_time(w, "revokedAt", k->revoked_ms);
}

/* What a birth attestation proved when the key was stored; the document can be judged again by anybody. */
static void write_birth(cs_jw *w, const cs_key_row *k)
{
    cs_jw_begin(w, "birthAttestation");
    cs_jw_cstr(w, "vendor", cs_vendor_name(CS_VENDOR_MOCK));
    cs_jw_base64(w, "docB64", cs_buf_slice(&k->birth));
    cs_jw_hex(w, "sealedSha256", "sha256:", CS_ARRAY(k->record_sha256));
    cs_jw_cstr(w, "verdict", k->policy_id[0] == '\0' ? "absent" : k->birth_verified ? "pass" : "fail");
    cs_jw_end(w);
}

static cs_err write_key(cs_jw *w, const cs_key_row *k)
{
    cs_buf text = cs_buf_new(2 * CS_MAX_PUBLIC_KEY_JSON);
    cs_jw_begin(w, "data");
    write_key_members(w, k);
    cs_err err = cs_public_key_json(&text, k->alg, k->format, cs_buf_slice(&k->public_key));
    cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    cs_buf_clear(&text);
    cs_err pem = cs_public_key_pem(&text, k->alg, k->format, cs_buf_slice(&k->public_key));
    cs_jw_str(w, "publicKeyPem", pem == CS_OK ? cs_buf_slice(&text) : CS_ABSENT); /* not every key has that form */
    cs_jw_begin_array(w, "lineage");
    cs_jw_end_array(w);
    write_birth(w, k);
    cs_jw_end(w);
    cs_buf_free(&text);
    return err;
}

cs_err cs_vault_get(cs_call *c, cs_jw *w)
{
    cs_key_row row;
    cs_err err = cs_store_key(c->app->store, &row, cs_call_org(c), c->id);
    if (err != CS_OK)
        return err;
    err = write_key(w, &row);
    cs_key_row_free(&row);
    return err;
}

static void write_item(void *context, const cs_key_row *k)
{
    cs_jw *w = context;
    cs_jw_begin(w, NULL);
    write_key_members(w, k);
    cs_jw_end(w);
}

cs_err cs_vault_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    page.filter = cs_query_text(&q, "algorithm", CS_MAX_ID);
    page.with_revoked = cs_query_flag(&q, "includeRevoked");
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && page.filter.p != NULL && cs_alg_find(page.filter) == NULL)
        err = cs_call_fail(c, CS_UNKNOWN_ALGORITHM, "algorithm");
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_keys(c->app->store, &page, write_item, w);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, &page, ROUTE);
    return err;
}

/* -- creation ------------------------------------------------------------------------------------------------------ */

/* Names that the API knows: what they mean here, or that this version does not offer them. */
static const struct provider {
    const char *member, *name;
    const char *stored; /* NULL: not available */
} providers[] = {
    {"kekProvider", "env", "env"},
    {"kekProvider", "aws-kms", NULL},
    {"kekProvider", "azure-kv", NULL},
    {"kekProvider", "gcp-kms", NULL},
    {"keyProvider", "managed", "managed"},
    {"keyProvider", "postq-managed", "managed"},
    {"keyProvider", "aws-kms", NULL},
    {"keyProvider", "azure-kv", NULL},
    {"keyProvider", "gcp-kms", NULL},
    {"pqProvider", "managed", "managed"},
    {"pqProvider", "postq-managed", "managed"},
    {"pqProvider", "enclave-mock", "enclave-mock"},
    {"pqProvider", "enclave-nitro", NULL},
    {"pqProvider", "enclave-azure", NULL},
    {"pqProvider", "enclave-gcp", NULL},
    {"pqProvider", "aws-kms", NULL},
    {"pqProvider", "gcp-kms", NULL},
    {"pqProvider", "pkcs11", NULL},
    {"pqProvider", "aws-cloudhsm", NULL},
    {"pqProvider", "azure-managed-hsm", NULL},
};

static void read_provider(char out[CS_MAX_WORD + 1], cs_jobj *o, const char *member, const char *standard)
{
    cs_slice name = cs_jobj_has(o, member) ? cs_jobj_str(o, member, CS_MAX_ID) : cs_slice_str(standard);
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        const struct provider *p = &providers[i];
        if (strcmp(p->member, member) != 0 || !cs_slice_is(name, p->name))
            continue;
        if (p->stored == NULL)
            cs_jobj_fail(o, CS_PROVIDER_NOT_AVAILABLE, member);
        else
            (void)snprintf(out, CS_MAX_WORD + 1, "%s", p->stored);
        return;
    }
    cs_jobj_fail(o, CS_BAD_FIELD, member);
}

/* A name, or a word that is shown like one. */
static void read_text(char *out, size_t size, cs_jobj *o, const char *member, const char *standard)
{
    cs_slice text =
        standard != NULL && !cs_jobj_has(o, member) ? cs_slice_str(standard) : cs_jobj_str(o, member, size - 1);
    if (cs_name_check(text) != CS_OK || cs_slice_to_cstr(out, size, text) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, member);
}

static void read_algorithm(cs_key_row *k, cs_jobj *o)
{
    cs_slice name = cs_jobj_str_opt(o, "algorithm", CS_MAX_ID);
    k->alg = cs_alg_find(name.p != NULL ? name : CS_LIT("mldsa65+ed25519"));
    if (k->alg == NULL) {
        cs_jobj_fail(o, CS_UNKNOWN_ALGORITHM, "algorithm");
        return;
    }
    k->format = cs_alg_default_format(k->alg);
    name = cs_jobj_str_opt(o, "signatureFormat", CS_MAX_ID);
    if (name.p != NULL && !cs_format_by_name(&k->format, name))
        cs_jobj_fail(o, CS_UNKNOWN_SIGNATURE_FORMAT, "signatureFormat");
    else if (!cs_alg_offers(k->alg, k->format))
        cs_jobj_fail(o, CS_FORMAT_NOT_OFFERED, "signatureFormat");
}

static void read_members(cs_key_row *k, cs_jobj *o)
{
    read_text(k->name, sizeof k->name, o, "name", NULL);
    if (cs_id_is(cs_slice_str(k->name), CS_ID_KEY))
        cs_jobj_fail(o, CS_BAD_FIELD, "name"); /* it would hide behind another key's id */
    read_algorithm(k, o);
    read_provider(k->kek_provider, o, "kekProvider", "env");
    read_provider(k->key_provider, o, "keyProvider", "managed");
    read_provider(k->pq_provider, o, "pqProvider", "managed");
    if (cs_jobj_has(o, "keyRef"))
        cs_jobj_fail(o, CS_PROVIDER_NOT_AVAILABLE, "keyRef");
    read_text(k->purpose, sizeof k->purpose, o, "purpose", "sign");
    if (strcmp(k->purpose, "sign") != 0 && strcmp(k->purpose, "hybrid") != 0)
        cs_jobj_fail(o, CS_BAD_FIELD, "purpose");
    read_text(k->environment, sizeof k->environment, o, "environment", "production");
    if (cs_jobj_has(o, "attestationPolicyId"))
        read_text(k->policy_id, sizeof k->policy_id, o, "attestationPolicyId", NULL);
    else if (strncmp(k->pq_provider, "enclave-", 8) == 0)
        cs_jobj_fail(o, CS_POLICY_REQUIRED, "attestationPolicyId");
    cs_call_metadata(o, &k->metadata);
}

static cs_err read_request(cs_key_row *k, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        read_members(k, &o);
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    (void)snprintf(k->org, sizeof k->org, "%s", c->caller.realm);
    return err;
}

/* The policy that the key shall be bound to; `row` is freed by the caller. */
static cs_err load_policy(cs_policy *policy, cs_policy_row *row, cs_call *c, const cs_key_row *k)
{
    cs_err err = cs_store_policy(c->app->store, row, cs_call_org(c), cs_slice_str(k->policy_id));
    if (err == CS_OK)
        err = cs_policy_parse(policy, NULL, cs_buf_slice(&row->canonical), c->app->allow_mock);
    if (err == CS_OK && strcmp(k->pq_provider, "enclave-mock") == 0 && policy->vendor != CS_VENDOR_MOCK)
        err = CS_POLICY_VENDOR;
    return err == CS_OK ? CS_OK : cs_call_fail(c, err, "attestationPolicyId");
}

/* The birth attestation names the sealed record and how its data key is released. `document` is proven already. */
static cs_err check_record(cs_slice document, const cs_reply *r, const cs_digest *record)
{
    char text[8 + 2 * CS_SHA256_LEN];
    cs_buf payload = cs_buf_new(CS_MAX_ATTESTATION), want = CS_BUF_OVER(text);
    cs_json *json = NULL;
    cs_err err = cs_attest_payload_json(&payload, document);
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_buf_slice(&payload), CS_MAX_ATTESTATION);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_buf_add_str(&want, "sha256:");
        cs_hex_encode(&want, cs_digest_slice(record));
        if (!cs_slice_eq(cs_jobj_str(&o, "sealedSha256", sizeof text), cs_buf_slice(&want)) ||
            !cs_slice_eq(cs_jobj_str(&o, "keyRelease", CS_MAX_WORD), r->key_release) || cs_jobj_done_open(&o) != CS_OK)
            err = CS_ATT_KEY_MISMATCH;
    }
    cs_json_free(json);
    cs_buf_free(&payload);
    return err;
}

static cs_err judge_birth(cs_judgement *j, cs_call *c, const cs_key_row *k, const cs_policy *policy, const cs_answer *a,
                          cs_slice nonce)
{
    cs_digest record;
    cs_pair pair = {0};
    cs_expect expect = {.kind = CS_ATTEST_BIRTH,
                        .nonce = nonce,
                        .key_id = cs_slice_str(k->id),
                        .alg = k->alg,
                        .format = &k->format,
                        .public_key = a->reply.public_key};
    cs_err err = cs_pair_open_public(&pair, k->alg, k->format, a->reply.public_key);
    cs_pair_close(&pair);
    if (err != CS_OK)
        return CS_INTERNAL; /* no public key of this algorithm */
    err = cs_judge(j, c, policy, CS_OK, a, &expect);
    if (err == CS_OK)
        err = cs_hash(&record, CS_SHA256, a->reply.sealed);
    if (err == CS_OK && j->reason == CS_OK && check_record(a->reply.document, &a->reply, &record) != CS_OK) {
        j->reason = CS_ATT_KEY_MISMATCH;
        j->verdict = "fail";
        j->released = false;
    }
    return err;
}

static cs_err take_reply(cs_key_row *k, const cs_reply *r)
{
    cs_digest record;
    cs_err err = cs_hash(&record, CS_SHA256, r->sealed);
    if (err == CS_OK)
        err = cs_slice_to_cstr(k->key_release, sizeof k->key_release, r->key_release);
    if (err != CS_OK)
        return err;
    memcpy(k->record_sha256, record.b, sizeof k->record_sha256);
    cs_buf_add(&k->public_key, r->public_key);
    cs_buf_add(&k->sealed, r->sealed);
    cs_buf_add(&k->birth, r->document);
    err = k->public_key.err != CS_OK ? k->public_key.err : k->sealed.err;
    k->status = CS_KEY_ACTIVE;
    return err != CS_OK ? err : k->birth.err;
}

/* The key and its entry; or, if its birth is refused, the entry that says so. */
static cs_err record_birth(cs_call *c, const cs_key_row *k, const cs_judgement *j, const cs_policy_row *policy)
{
    cs_buf data = cs_buf_new(4096);
    cs_digest d;
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "algorithm", k->alg->name);
    cs_jw_cstr(&w, "signatureFormat", cs_format_name(k->format));
    cs_jw_cstr(&w, "purpose", k->purpose);
    cs_jw_cstr(&w, "verdict", j->verdict);
    if (j->reason != CS_OK)
        cs_jw_cstr(&w, "reason", cs_err_name(j->reason));
    if (j->released) {
        if (cs_hash(&d, CS_SHA256, cs_buf_slice(&k->public_key)) == CS_OK)
            cs_jw_hex(&w, "publicKeySha256", "sha256:", cs_digest_slice(&d));
        cs_jw_hex(&w, "sealedSha256", "sha256:", CS_ARRAY(k->record_sha256));
    }
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(&k->birth)) == CS_OK)
        cs_jw_hex(&w, "documentSha256", "sha256:", cs_digest_slice(&d));
    if (k->policy_id[0] != '\0') {
        cs_jw_cstr(&w, "policyId", k->policy_id);
        cs_jw_int(&w, "policyVersion", policy->version);
        cs_jw_hex(&w, "policyHash", "sha256:", CS_ARRAY(policy->hash));
    }
    cs_call_metadata_digest(&w, &k->metadata);
    cs_jw_end(&w);
    cs_write write = {.event_type = j->released ? "key.created" : "attestation.violation",
                      .subject_id = cs_slice_str(k->id),
                      .data = cs_buf_slice(&data),
                      .key = j->released ? k : NULL};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_buf_free(&data);
    if (err == CS_NAME_TAKEN)
        return cs_call_fail(c, err, "name");
    if (err == CS_OK && !j->released) {
        c->reason = j->reason;
        return CS_ATTESTATION_REJECTED;
    }
    return err;
}

/* Nothing is asked of the enclave for a name that is taken already; the store decides when the key is recorded. */
static cs_err check_name(cs_call *c, const cs_key_row *k)
{
    cs_key_row other;
    cs_err err = cs_store_key_by_name(c->app->store, &other, cs_call_org(c), cs_slice_str(k->name));
    if (err == CS_OK) {
        cs_key_row_free(&other);
        return cs_call_fail(c, CS_NAME_TAKEN, "name");
    }
    return err == CS_NOT_FOUND ? CS_OK : err;
}

static cs_err generate(cs_key_row *k, cs_call *c, const cs_policy *policy, const cs_policy_row *policy_row)
{
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    cs_judgement judgement;
    k->created_ms = cs_now_ms();
    cs_err err = cs_id_new(k->id, CS_ID_KEY, k->created_ms);
    if (err == CS_OK)
        err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK) {
        cs_request request = {.type = CS_MSG_GENERATE_KEY,
                              .org = cs_call_org(c),
                              .key_id = cs_slice_str(k->id),
                              .alg = k->alg,
                              .format = k->format,
                              .purpose = cs_slice_str(k->purpose),
                              .nonce = CS_ARRAY(nonce)};
        err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    }
    if (err == CS_OK)
        err = judge_birth(&judgement, c, k, policy, &answer, CS_ARRAY(nonce));
    if (err == CS_OK)
        err = take_reply(k, &answer.reply);
    if (err == CS_OK) {
        k->birth_verified = policy != NULL && judgement.reason == CS_OK;
        err = record_birth(c, k, &judgement, policy_row);
    }
    cs_signer_free_answer(&answer);
    return err;
}

cs_err cs_vault_create(cs_call *c, cs_jw *w)
{
    cs_key_row key = cs_key_row_new();
    cs_policy_row policy_row = cs_policy_row_new();
    cs_policy policy;
    cs_err err = read_request(&key, c);
    bool bound = key.policy_id[0] != '\0';
    if (err == CS_OK && bound)
        err = load_policy(&policy, &policy_row, c, &key);
    if (err == CS_OK)
        err = check_name(c, &key);
    if (err == CS_OK)
        err = generate(&key, c, bound ? &policy : NULL, &policy_row);
    if (err == CS_OK)
        err = write_key(w, &key);
    cs_policy_row_free(&policy_row);
    cs_key_row_free(&key);
    return err;
}

/* -- revocation ---------------------------------------------------------------------------------------------------- */

struct revoking {
    cs_call *call;
    cs_live_key *key;
};

static cs_err commit_revocation(void *context)
{
    const struct revoking *r = context;
    cs_call *c = r->call;
    const cs_live_key *k = r->key;
    cs_buf data = cs_buf_new(1024);
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_hex(&w, "sealedSha256", "sha256:", CS_ARRAY(k->row.record_sha256));
    cs_jw_end(&w);
    cs_write write = {.event_type = "key.revoked",
                      .subject_id = cs_slice_str(k->row.id),
                      .data = cs_buf_slice(&data),
                      .revoke = k->row.id};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_buf_free(&data);
    return err == CS_KEY_NOT_ACTIVE ? CS_OK : err; /* somebody was faster */
}

static cs_err forget(cs_call *c, const cs_live_key *k)
{
    cs_answer answer = {0};
    cs_request request = {.type = CS_MSG_FORGET, .record_sha256 = CS_ARRAY(k->row.record_sha256)};
    cs_err err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    cs_signer_free_answer(&answer);
    return err;
}

static cs_err write_revocation(cs_call *c, cs_jw *w)
{
    cs_key_row row;
    cs_err err = cs_store_key(c->app->store, &row, cs_call_org(c), c->id);
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "id", row.id);
    cs_envelope_time(w, "revokedAt", row.revoked_ms);
    cs_jw_end(w);
    cs_key_row_free(&row);
    return CS_OK;
}

/* The order matters. Once the revocation is durable no signature of the key can be recorded any more, so none can
 * leave. Then no new one is begun and those under way are waited for. Only then may the enclave forget the key: nothing
 * is left that could open it again. */
cs_err cs_vault_revoke(cs_call *c, cs_jw *w)
{
    cs_live_key *k = NULL;
    cs_err err =
        cs_id_is(c->id, CS_ID_KEY) ? cs_keyring_hold(&k, c->app->keyring, cs_call_org(c), c->id) : CS_NOT_FOUND;
    struct revoking r = {.call = c, .key = k};
    if (err == CS_OK && cs_keyring_status(c->app->keyring, k) != CS_KEY_REVOKED)
        err = cs_keyring_change(c->app->keyring, k, CS_KEY_REVOKED, commit_revocation, &r);
    if (err == CS_OK)
        err = cs_keyring_drain(c->app->keyring, k, c->deadline_us);
    if (err == CS_OK)
        err = forget(c, k);
    if (err == CS_OK)
        err = write_revocation(c, w);
    cs_keyring_release(c->app->keyring, k);
    return err;
}
