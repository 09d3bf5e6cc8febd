/* SPDX-License-Identifier: Apache-2.0 */
/* The public library's door to evidence of hardware vendors. */
#include "countersign/attest.h"

#include "core/birth_verify.h"
#include "core/countersign_result.h"
#include "core/evidence.h"
#include "core/key_record.h"

static cs_slice given(const uint8_t *p, size_t n)
{
    return p != NULL ? cs_slice_of(p, n) : CS_ABSENT;
}

static cs_err judge(cs_buf *verdict_json, const countersign_evidence *e)
{
    cs_policy policy = {.enforce = true};
    cs_verdict verdict;
    const cs_evidence_expect expect = {.allow_mock = e->allow_mock != 0,
                                       .clock = e->stored != 0 ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                                       .now = e->now,
                                       .entry_time = e->entry_time,
                                       .dated = e->dated != 0,
                                       .nonce = given(e->nonce, e->nonce_len),
                                       .binding = given(e->binding, e->binding_len),
                                       .public_key = given(e->public_key, e->public_key_len)};
    if (e->evidence == NULL || e->policy == NULL)
        return CS_MISSING_FIELD;
    /* A root for development is read in any case: that it is not accepted is a verdict on the evidence. */
    cs_err err = cs_policy_parse(&policy, NULL, cs_slice_of(e->policy, e->policy_len), true);
    if (err == CS_OK) {
        err = cs_evidence_verify(&verdict, cs_slice_of(e->evidence, e->evidence_len), &policy, &expect);
        cs_verdict_json(verdict_json, &verdict);
    }
    cs_policy_free(&policy);
    return err;
}

int countersign_verify_evidence(const char **reason, char *verdict, size_t verdict_size,
                                const countersign_evidence *evidence)
{
    char text[COUNTERSIGN_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    cs_err err = judge(&json, evidence);
    return cs_countersign_result(reason, cs_countersign_give(verdict, verdict_size, &json) ? err : CS_TOO_LARGE);
}

static cs_err judge_birth(cs_buf *verdict_json, cs_slice document, cs_slice manifest_json, cs_slice record_json,
                          bool allow_mock)
{
    cs_manifest manifest;
    cs_key_record record;
    cs_birth_verdict verdict;
    if (document.p == NULL || manifest_json.p == NULL || record_json.p == NULL)
        return CS_MISSING_FIELD;
    cs_err err = cs_manifest_parse(&manifest, NULL, manifest_json);
    if (err == CS_OK)
        err = cs_key_record_parse(&record, NULL, record_json);
    if (err != CS_OK)
        return err;
    err = cs_birth_verify(&verdict, document, &manifest, &record.birth, allow_mock);
    cs_birth_verdict_json(verdict_json, &verdict);
    return err;
}

int countersign_verify_birth(const char **reason, char *verdict, size_t verdict_size, const uint8_t *document,
                             size_t document_len, const char *manifest, size_t manifest_len, const char *key_record,
                             size_t key_record_len, int allow_mock)
{
    char text[COUNTERSIGN_VERDICT_MAX];
    cs_buf json = CS_BUF_OVER(text);
    cs_err err = judge_birth(&json, given(document, document_len), given((const uint8_t *)manifest, manifest_len),
                             given((const uint8_t *)key_record, key_record_len), allow_mock != 0);
    return cs_countersign_result(reason, cs_countersign_give(verdict, verdict_size, &json) ? err : CS_TOO_LARGE);
}

int countersign_describe_evidence(const char **reason, char *description, size_t description_size,
                                  const uint8_t *evidence, size_t evidence_len)
{
    cs_buf json = cs_buf_new(CS_MAX_DESCRIPTION_JSON);
    cs_err err =
        evidence != NULL ? cs_evidence_describe_any(&json, cs_slice_of(evidence, evidence_len)) : CS_MISSING_FIELD;
    if (err != CS_OK)
        cs_buf_clear(&json);
    if (!cs_countersign_give(description, description_size, &json))
        err = CS_TOO_LARGE;
    cs_buf_free(&json);
    return cs_countersign_result(reason, err);
}
