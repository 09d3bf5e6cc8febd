/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of ours around evidence of the Nitro fixture: what an honest enclave would make, then one thing changed.
 * Evidence per operation or of a session, as a row says.
 */
#ifndef CS_TEST_HARDWARE_FIXTURE_H
#define CS_TEST_HARDWARE_FIXTURE_H

#include <string.h>

#include "attest_fixture.h"
#include "nitro_fixture.h"

#define HARDWARE_IMAGE "sha384:" NITRO_PCR0
#define HARDWARE_EPOCH_2 "ffeeddccbbaa99887766554433221100"

struct text_edit {
    const char *find, *put; /* the first `find`, which must be there; NULL: nothing */
};

/* What is different from a good document. All zero: nothing. */
struct hardware_change {
    bool session;
    cs_attest_kind kind;
    struct text_edit claims[3];
    struct text_edit header;
    struct nitro_change evidence; /* its user_data is the commitment */
    /* what the evidence commits to instead */
    bool commits_to_other_input, commits_as_session, commits_as_operation, commits_to_other_key, commits_to_other_epoch;
    bool other_key;     /* another session key signs than the header names */
    bool proof_of_root; /* the mock root signs, as if the policy were about it */
    enum { PROOF_KEEP, PROOF_FLIP, PROOF_CUT, PROOF_LONGER, PROOF_JUNK } proof;
};

static inline void text_edit(cs_buf *text, const struct text_edit *e)
{
    if (e->find == NULL)
        return;
    cs_buf edited = cs_buf_new(text->max);
    const char *from = cs_buf_cstr(text), *at = strstr(from, e->find);
    if (at == NULL)
        fail_msg("nothing to edit: %s", e->find);
    cs_buf_add(&edited, cs_slice_of(from, (size_t)(at - from)));
    cs_buf_add_str(&edited, e->put);
    cs_buf_add_str(&edited, at + strlen(e->find));
    assert_int_equal(edited.err, CS_OK);
    cs_buf_free(text);
    *text = edited;
}

/* The claims as JSON text, edited. */
static inline cs_buf hardware_payload(const struct hardware_change *c)
{
    static const uint8_t nonce[32] = {1, 2, 3, 4, 5, 6, 7, 8};
    cs_digest payload, signature, public_key;
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), si = cs_buf_new(CS_MAX_ATTESTATION),
           doc = cs_buf_new(CS_MAX_ATTESTATION), text = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_public_key(&public_bytes);
    assert_int_equal(cs_hash(&payload, CS_SHA256, CS_LIT(PAYLOAD)), CS_OK);
    assert_int_equal(cs_hash(&signature, CS_SHA256, CS_LIT(SIGNATURE)), CS_OK);
    assert_int_equal(cs_hash(&public_key, CS_SHA256, cs_buf_slice(&public_bytes)), CS_OK);
    cs_claims claims = {.kind = c->kind,
                        .vendor = CS_VENDOR_AWS_NITRO,
                        .image_hash = CS_LIT(HARDWARE_IMAGE),
                        .epoch = CS_LIT(EPOCH),
                        .counter = 17,
                        .key_counter = c->kind == CS_ATTEST_BOOT ? 0 : 3,
                        .nonce = CS_ARRAY(nonce),
                        .iat = NOW,
                        .enclave_version = CS_LIT("0.1.0")};
    if (c->kind != CS_ATTEST_BOOT) {
        claims.key_id = CS_LIT(KEY_ID);
        claims.algorithm = CS_LIT("mldsa65+ed25519");
        claims.signature_format = CS_LIT("composite");
        claims.public_key_sha256 = cs_digest_slice(&public_key);
        claims.purpose = CS_LIT("sign");
    }
    if (c->kind == CS_ATTEST_SIGN) {
        claims.payload_sha256 = cs_digest_slice(&payload);
        claims.sig_sha256 = cs_digest_slice(&signature);
    }
    if (c->kind == CS_ATTEST_BIRTH) {
        claims.sealed_sha256 = cs_digest_slice(&payload);
        claims.key_release = CS_LIT("attested");
    }
    assert_int_equal(cs_attest_input(&si, &claims, CS_LIT("{}")), CS_OK);
    cs_buf_add(&doc, cs_buf_slice(&si));
    cs_buf_add_str(&doc, ".AAAA");
    assert_int_equal(cs_attest_payload_json(&text, cs_buf_slice(&doc)), CS_OK);
    for (size_t i = 0; i < sizeof c->claims / sizeof *c->claims; i++)
        text_edit(&text, &c->claims[i]);
    cs_buf_free(&si);
    cs_buf_free(&doc);
    cs_buf_free(&public_bytes);
    return text;
}

/* Key 0 is the session's; root 7 of the mock fixture signs for it, so the seed is nobody else's. */
static inline void hardware_spki(cs_buf *out, bool other)
{
    uint8_t bytes[32];
    cs_buf raw = CS_BUF_OVER(bytes);
    cs_key *key = fixture_root(other ? 6 : 7);
    cs_key_public(&raw, key);
    cs_policy_root_spki(out, cs_buf_slice(&raw));
    cs_key_free(key);
}

static inline void hardware_evidence(cs_buf *out, const struct hardware_change *c, cs_slice si, cs_slice epoch)
{
    uint8_t bytes[CS_COMMITMENT_LEN], spki_bytes[CS_ROOT_SPKI_LEN];
    cs_buf commitment = CS_BUF_OVER(bytes), spki = CS_BUF_OVER(spki_bytes);
    struct nitro_change evidence = c->evidence;
    bool session = (c->session && !c->commits_as_operation) || c->commits_as_session;
    hardware_spki(&spki, c->commits_to_other_key);
    if (c->commits_to_other_input)
        si = CS_LIT("e30.e30");
    if (c->commits_to_other_epoch)
        epoch = CS_LIT(HARDWARE_EPOCH_2);
    assert_int_equal(session ? cs_attest_session_commitment(&commitment, cs_buf_slice(&spki), epoch)
                             : cs_attest_commitment(&commitment, si),
                     CS_OK);
    if (evidence.user_data.p == NULL)
        evidence.user_data = cs_buf_slice(&commitment);
    nitro_document(out, &evidence);
}

static inline void hardware_header(cs_buf *out, const struct hardware_change *c, cs_slice epoch)
{
    uint8_t spki_bytes[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(spki_bytes), evidence = cs_buf_new(CS_MAX_ATTESTATION);
    if (c->session) {
        hardware_evidence(&evidence, c, CS_LIT("e30.e30"), epoch);
        hardware_spki(&spki, false);
        cs_attest_session_header(out, cs_buf_slice(&evidence), cs_buf_slice(&spki), epoch);
    } else {
        cs_attest_operation_header(out, "nitro-cose");
    }
    text_edit(out, &c->header);
    cs_buf_free(&evidence);
}

static inline void hardware_damage(cs_buf *proof, const struct hardware_change *c)
{
    if (c->proof == PROOF_FLIP)
        proof->p[proof->n - 1] ^= 1;
    if (c->proof == PROOF_CUT)
        proof->n--;
    if (c->proof == PROOF_LONGER)
        cs_buf_add_u8(proof, 0);
    if (c->proof == PROOF_JUNK) {
        cs_buf_clear(proof);
        cs_buf_add_str(proof, "junk");
    }
}

/* Appends the document. What was held for it goes with vectors_release. `epoch` is that of the header; the claims have
 * EPOCH. */
static inline void hardware_document(cs_buf *out, const struct hardware_change *c, const char *epoch)
{
    cs_buf payload = hardware_payload(c), header = cs_buf_new(CS_MAX_ATTESTATION),
           proof = cs_buf_new(CS_MAX_ATTESTATION);
    hardware_header(&header, c, cs_slice_str(epoch));
    cs_base64url_encode(out, cs_buf_slice(&header));
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&payload));
    if (c->session || c->proof_of_root) {
        cs_key *key = fixture_root(c->proof_of_root ? 0 : c->other_key ? 6 : 7);
        assert_int_equal(cs_key_sign(&proof, key, cs_buf_slice(out), NULL), CS_OK);
        cs_key_free(key);
    } else {
        hardware_evidence(&proof, c, cs_buf_slice(out), cs_slice_str(epoch));
    }
    hardware_damage(&proof, c);
    cs_buf_add_u8(out, '.');
    cs_base64url_encode(out, cs_buf_slice(&proof));
    assert_int_equal(out->err, CS_OK);
    cs_buf_free(&proof);
    cs_buf_free(&header);
    cs_buf_free(&payload);
}

#endif
