/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault_birth.h"

#include <string.h>

#include "core/encode.h"
#include "core/keyref.h"
#include "gateway/ids.h"
#include "gateway/rules.h"
#include "sys/clock.h"

#define NONCE_LEN 32

/* A key of an enclave's kind needs a policy of that vendor; others take any. */
static bool is_of_vendor(const char *pq_provider, cs_vendor vendor)
{
    static const struct {
        const char *provider;
        cs_vendor vendor;
    } rows[] = {{"enclave-mock", CS_VENDOR_MOCK},
                {"enclave-nitro", CS_VENDOR_AWS_NITRO},
                {"enclave-azure", CS_VENDOR_AZURE_CVM},
                {"enclave-gcp", CS_VENDOR_GCP_CS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(pq_provider, rows[i].provider) == 0)
            return vendor == rows[i].vendor;
    return true;
}

cs_err cs_vault_birth_policy(cs_policy *policy, cs_policy_row *row, cs_call *c, const cs_key_row *k)
{
    *policy = (cs_policy){.enforce = true};
    cs_err err = cs_store_policy(c->app->store, row, cs_call_org(c), cs_slice_str(k->policy_id));
    if (err == CS_OK)
        err = cs_policy_parse(policy, NULL, cs_buf_slice(&row->canonical), c->app->allow_mock);
    if (err == CS_OK && !is_of_vendor(k->pq_provider, policy->vendor))
        err = CS_POLICY_VENDOR;
    if (err != CS_OK)
        cs_policy_free(policy);
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
                        .public_key = a->reply.public_key,
                        .purpose = cs_judge_purpose(k)};
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

cs_err cs_vault_birth(cs_judgement *out, cs_key_row *k, cs_call *c, const cs_policy *policy,
                      const cs_vault_places *places)
{
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    *out = (cs_judgement){.reason = CS_INTERNAL, .verdict = "fail"};
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
        cs_vault_place_ask(&request, places, k);
        err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    }
    if (err == CS_OK)
        err = judge_birth(out, c, k, policy, &answer, CS_ARRAY(nonce));
    if (err == CS_OK)
        err = take_reply(k, &answer.reply);
    k->birth_verified = err == CS_OK && policy != NULL && out->reason == CS_OK;
    cs_signer_free_answer(&answer);
    return err;
}

/* Of a key of which something lies in a KMS. */
static void write_places(cs_jw *w, const cs_key_row *k)
{
    cs_keyrefs refs;
    if (!cs_rules_is_away(k) || cs_keyrefs_of_record(&refs, cs_buf_slice(&k->sealed)) != CS_OK)
        return;
    cs_jw_cstr(w, "keyRelease", k->key_release);
    cs_jw_cstr(w, "kekProvider", k->kek_provider);
    cs_jw_cstr(w, "keyProvider", k->key_provider);
    cs_jw_cstr(w, "pqProvider", k->pq_provider);
    if (refs.trad.resource.p != NULL)
        cs_jw_str(w, "classicalKey", refs.trad.resource);
    if (refs.pq.resource.p != NULL)
        cs_jw_str(w, "pqKey", refs.pq.resource);
}

void cs_vault_birth_members(cs_jw *w, const cs_key_row *k, const cs_judgement *j, const cs_policy_row *policy)
{
    cs_digest d;
    cs_jw_cstr(w, "algorithm", k->alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(k->format));
    cs_jw_cstr(w, "purpose", k->purpose);
    write_places(w, k);
    cs_jw_cstr(w, "verdict", j->verdict);
    if (j->reason != CS_OK)
        cs_jw_cstr(w, "reason", cs_err_name(j->reason));
    if (j->released) {
        if (cs_hash(&d, CS_SHA256, cs_buf_slice(&k->public_key)) == CS_OK)
            cs_jw_hex(w, "publicKeySha256", "sha256:", cs_digest_slice(&d));
        cs_jw_hex(w, "sealedSha256", "sha256:", CS_ARRAY(k->record_sha256));
    }
    if (cs_hash(&d, CS_SHA256, cs_buf_slice(&k->birth)) == CS_OK)
        cs_jw_hex(w, "documentSha256", "sha256:", cs_digest_slice(&d));
    if (k->policy_id[0] != '\0') {
        cs_jw_cstr(w, "policyId", k->policy_id);
        cs_jw_int(w, "policyVersion", policy->version);
        cs_jw_hex(w, "policyHash", "sha256:", CS_ARRAY(policy->hash));
    }
    cs_call_metadata_digest(w, &k->metadata);
}

cs_err cs_vault_birth_refuse(cs_call *c, const cs_key_row *k, const cs_judgement *j, const cs_policy_row *policy)
{
    cs_buf data = cs_buf_new(4096);
    cs_jw w = cs_jw_on(&data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_vault_birth_members(&w, k, j, policy);
    cs_jw_end(&w);
    cs_write write = {.event_type = "attestation.violation",
                      .subject_id = cs_slice_str(k->id),
                      .key_id = cs_slice_str(k->id),
                      .data = cs_buf_slice(&data)};
    cs_err err = cs_call_commit(c, NULL, &write, 1, NULL, NULL);
    cs_buf_free(&data);
    c->reason = j->reason;
    return err == CS_OK ? CS_ATTESTATION_REJECTED : err;
}
