/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign: public keys, signatures, verification. */
#include <string.h>

#include "devkms/aws.h"

#define MAX_KEY_ID 2048
#define MAX_SIGNATURE 6144

/* Message type and algorithm to what is done, and the length that a message of that type has (0: any). */
static const struct way {
    const char *algorithm, *type;
    cs_pair_scheme scheme;
    size_t length;
} ways[] = {
    {"ECDSA_SHA_256", "RAW", CS_PAIR_ECDSA_SHA256, 0}, {"ECDSA_SHA_256", "DIGEST", CS_PAIR_ECDSA_DIGEST, 32},
    {"ED25519_SHA_512", "RAW", CS_PAIR_EDDSA, 0},      {"ED25519_PH_SHA_512", "DIGEST", CS_PAIR_EDDSA_PREHASH, 64},
    {"ML_DSA_SHAKE_256", "RAW", CS_PAIR_MLDSA, 0},     {"ML_DSA_SHAKE_256", "EXTERNAL_MU", CS_PAIR_MLDSA_MU, 64},
};

struct sign_call {
    cs_slice key_id, algorithm, type;
    cs_buf message, signature;
    const struct way *way;
};

static void begin(struct sign_call *s)
{
    memset(s, 0, sizeof *s);
    s->message = cs_buf_new(CS_AWS_MESSAGE);
    s->signature = cs_buf_new(MAX_SIGNATURE);
}

static void end(struct sign_call *s)
{
    cs_buf_free(&s->message);
    cs_buf_free(&s->signature);
}

static void read_call(cs_aws_call *c, struct sign_call *s)
{
    s->key_id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    s->algorithm = cs_jobj_str(&c->in, "SigningAlgorithm", 64);
    s->type = cs_jobj_str_opt(&c->in, "MessageType", 32);
    if (s->type.p == NULL)
        s->type = CS_LIT("RAW");
    (void)cs_jobj_base64(&c->in, "Message", CS_AWS_MESSAGE, &s->message);
}

static cs_slice message_of(const struct sign_call *s)
{
    return s->message.n > 0 ? cs_buf_slice(&s->message) : CS_LIT("");
}

/* The way, once everything is read. */
static cs_aws_error find_way(cs_aws_call *c, struct sign_call *s)
{
    bool known = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        bool named = cs_slice_is(s->algorithm, ways[i].algorithm);
        known = known || named;
        if (named && cs_slice_is(s->type, ways[i].type))
            s->way = &ways[i];
    }
    if (s->way == NULL)
        return cs_aws_say(c, CS_AWS_VALIDATION,
                          known ? "The MessageType does not go with the SigningAlgorithm."
                                : "The SigningAlgorithm is not known.");
    if (s->way->length != 0 && s->message.n != s->way->length)
        return cs_aws_say(c, CS_AWS_VALIDATION, "Digest is invalid length for algorithm %s.", s->way->algorithm);
    return CS_AWS_OK;
}

static bool signs_with(const cs_stored_key *k, const char *algorithm)
{
    const cs_aws_spec *spec = cs_aws_spec_find(cs_slice_str(k->spec));
    for (size_t i = 0; spec != NULL && i < 2 && spec->algorithms[i] != NULL; i++)
        if (strcmp(spec->algorithms[i], algorithm) == 0)
            return true;
    return false;
}

static cs_aws_error find_key(cs_aws_call *c, cs_stored_key **k, const struct sign_call *s)
{
    cs_aws_error e = cs_aws_use_key(c, k, &(cs_aws_use){.key_id = s->key_id});
    if (e == CS_AWS_OK && !signs_with(*k, s->way->algorithm)) {
        cs_keystore_done(&c->service->keys);
        return cs_aws_say(c, CS_AWS_INVALID_KEY_USAGE, "%s key usage does not support algorithm %s.", (*k)->spec,
                          s->way->algorithm);
    }
    return e;
}

cs_aws_error cs_aws_sign(cs_aws_call *c)
{
    struct sign_call s;
    cs_stored_key *k;
    begin(&s);
    read_call(c, &s);
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = find_way(c, &s);
    if (e == CS_AWS_OK)
        e = find_key(c, &k, &s);
    if (e == CS_AWS_OK) {
        cs_err err = cs_pair_sign(&s.signature, k->pair, s.way->scheme, message_of(&s));
        if (err == CS_OK && cs_aws_hit(c, CS_INJECT_BAD_SIGNATURE))
            s.signature.p[s.signature.n / 2] ^= 1;
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_aws_write_key_id(c, &w, k);
        cs_jw_base64(&w, "Signature", cs_buf_slice(&s.signature));
        cs_jw_cstr(&w, "SigningAlgorithm", s.way->algorithm);
        cs_jw_end(&w);
        e = err == CS_OK ? CS_AWS_OK : CS_AWS_INTERNAL;
        cs_keystore_done(&c->service->keys);
    }
    end(&s);
    return e;
}

cs_aws_error cs_aws_verify(cs_aws_call *c)
{
    struct sign_call s;
    cs_stored_key *k;
    begin(&s);
    read_call(c, &s);
    (void)cs_jobj_base64(&c->in, "Signature", MAX_SIGNATURE, &s.signature);
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = find_way(c, &s);
    if (e == CS_AWS_OK)
        e = find_key(c, &k, &s);
    if (e == CS_AWS_OK) {
        cs_err err = cs_pair_verify(k->pair, s.way->scheme, message_of(&s), cs_buf_slice(&s.signature));
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_aws_write_key_id(c, &w, k);
        cs_jw_bool(&w, "SignatureValid", true);
        cs_jw_cstr(&w, "SigningAlgorithm", s.way->algorithm);
        cs_jw_end(&w);
        e = err == CS_OK ? CS_AWS_OK : err == CS_BAD_SIGNATURE ? CS_AWS_BAD_SIGNATURE : CS_AWS_INTERNAL;
        cs_keystore_done(&c->service->keys);
    }
    end(&s);
    return e;
}

cs_aws_error cs_aws_get_public_key(cs_aws_call *c)
{
    cs_stored_key *k;
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = cs_aws_use_key(c, &k, &(cs_aws_use){.key_id = id});
    if (e != CS_AWS_OK)
        return e;
    cs_buf spki = cs_buf_new(4096);
    const cs_aws_spec *spec = cs_aws_spec_find(cs_slice_str(k->spec));
    if (k->pair == NULL || spec == NULL)
        e = cs_aws_say(c, CS_AWS_UNSUPPORTED, "%s has no public key.", k->spec);
    else if (cs_pair_public(&spki, k->pair) != CS_OK)
        e = CS_AWS_INTERNAL;
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "CustomerMasterKeySpec", k->spec);
    cs_aws_write_key_id(c, &w, k);
    cs_jw_cstr(&w, "KeySpec", k->spec);
    cs_jw_cstr(&w, "KeyUsage", "SIGN_VERIFY");
    cs_jw_base64(&w, "PublicKey", cs_buf_slice(&spki));
    cs_jw_begin_array(&w, "SigningAlgorithms");
    for (size_t i = 0; spec != NULL && i < 2 && spec->algorithms[i] != NULL; i++)
        cs_jw_cstr(&w, NULL, spec->algorithms[i]);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_keystore_done(&c->service->keys);
    cs_buf_free(&spki);
    return e;
}
