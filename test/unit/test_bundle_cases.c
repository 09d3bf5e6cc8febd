/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corpus of bundles: run from the file of the tree as another implementation would run it, and made by
 * `test_bundle_cases --write FILE`. Keys are fixed; signatures are hedged, so each writing gives others.
 */
#include "bundle_malformed.h"
#include "bundle_rows.h"
#include "sys/file.h"

#define CORPUS_FILE CS_VECTORS "/bundle-cases.json"
#define CORPUS_MAX (4u << 20)
#define OTHER_PAYLOAD_TEXT "another payload\n"

static const char about[] =
    "Bundles and what they are worth (protocol/bundle.md). The outermost `bundle`, `payload` (base64), `policy` (text "
    "of "
    "the pinned one), `ledgerKeys` and `witnessKeys` are good together. Each of `cases` changes something: `members` "
    "stand in place of the bundle's members of those names, and a member that is null there is left out; then, in the "
    "text of the file as JSON without white space and with its members in this order, the first `replace`.`from` "
    "becomes its `to`. `payload`, `policy`, `ledgerKeys` and `witnessKeys` stand in place of those above; `publicKey` "
    "(text), `keyId` and `nonce` (base64) are what was expected; `allowMock` is true where it is not there. `reason` "
    "is "
    "the verdict; with OK `datedBy` and `pinned` are of it, too.";

static const char *const members[] = {"mediaType", "version",   "signatureId", "payloadSha256", "payloadPreHash",
                                      "keyId",     "publicKey", "signature",   "docB64",        "policy",
                                      "entry",     "inclusion", "checkpoint"};

/* -- making -------------------------------------------------------------------------------------------------------- */

/* A member's own text; absent if the bundle has none. */
static cs_slice member_of(cs_json *json, cs_slice text, const char *name)
{
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    return cs_jobj_has(&o, name) ? cs_jobj_source(&o, name, text) : CS_ABSENT;
}

static void put_vkeys(cs_jw *w, const char *name, const cs_vkey *keys, size_t n)
{
    cs_jw_begin_array(w, name);
    for (size_t i = 0; i < n; i++) {
        cs_buf text = cs_buf_new(CS_MAX_VKEY);
        cs_vkey_write(&text, &keys[i]);
        cs_jw_str(w, NULL, cs_buf_slice(&text));
        cs_buf_free(&text);
    }
    cs_jw_end_array(w);
}

/* The members that are not those of the good one. */
static void put_members(cs_jw *w, cs_slice good_text, cs_slice text)
{
    cs_json *good, *json;
    assert_int_equal(cs_json_parse(&good, good_text, CS_MAX_BUNDLE), CS_OK);
    assert_int_equal(cs_json_parse(&json, text, CS_MAX_BUNDLE), CS_OK);
    cs_jw_begin(w, "members");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        cs_slice before = member_of(good, good_text, members[i]), now = member_of(json, text, members[i]);
        if (now.p == NULL && before.p != NULL)
            cs_jw_null(w, members[i]);
        else if (!cs_slice_eq(before, now))
            cs_jw_raw(w, members[i], now);
    }
    cs_jw_end(w);
    cs_json_free(good);
    cs_json_free(json);
}

static void put_expected_key(cs_jw *w, const cs_pair *key)
{
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_pair_public(&bytes, key);
    assert_int_equal(cs_public_key_json(&text, key->alg, key->format, cs_buf_slice(&bytes)), CS_OK);
    cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    cs_buf_free(&bytes);
    cs_buf_free(&text);
}

/* What the verifier has that is not what it has of the good one. */
static void put_pins(cs_jw *w, const struct setup *s, const struct setup *good, enum change change)
{
    const cs_bundle_expect *e = &s->pins.expect;
    if (change == OTHER_PAYLOAD || change == OTHER_PREHASH)
        cs_jw_base64(w, "payload", CS_LIT(OTHER_PAYLOAD_TEXT));
    if (!cs_slice_eq(cs_buf_slice(&s->policy), cs_buf_slice(&good->policy)))
        cs_jw_str(w, "policy", cs_buf_slice(&s->policy));
    put_vkeys(w, "ledgerKeys", e->ledger_keys, e->ledger_key_count);
    put_vkeys(w, "witnessKeys", e->witness_keys, e->witness_key_count);
    if (e->key != NULL)
        put_expected_key(w, e->key);
    if (e->key_id.p != NULL)
        cs_jw_str(w, "keyId", e->key_id);
    if (e->nonce.p != NULL)
        cs_jw_base64(w, "nonce", e->nonce);
    if (!e->allow_mock)
        cs_jw_bool(w, "allowMock", false);
}

static void put_row(cs_jw *w, const struct row *row, const struct setup *good, cs_slice good_text)
{
    struct setup s;
    struct bundle_options options = row->options;
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
    static const struct bundle_options none;
    options.signature = cs_buf_slice(&good->made.signature);
    if (memcmp(&row->options, &none, sizeof none) == 0)
        options.note = cs_buf_slice(&good->made.note);
    make_setup(&s, &options, row->change);
    assert_int_equal(cs_bundle_write(&text, &s.made.parts), CS_OK);
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "name", row->name);
    cs_jw_cstr(w, "reason", cs_err_name(row->want));
    if (row->want == CS_OK) {
        cs_jw_cstr(w, "datedBy", row->dated ? "witness" : "none");
        cs_jw_bool(w, "pinned", row->change != NO_LEDGER_KEY);
    }
    put_members(w, good_text, cs_buf_slice(&text));
    put_pins(w, &s, good, row->change);
    cs_jw_end(w);
    free_setup(&s);
    cs_buf_free(&text);
}

static void put_malformed(cs_jw *w, size_t i)
{
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "name", "malformed");
    cs_jw_cstr(w, "reason", cs_err_name(CS_BUNDLE_FORMAT));
    cs_jw_begin(w, "replace");
    cs_jw_cstr(w, "from", malformed[i].from);
    cs_jw_cstr(w, "to", malformed[i].to);
    cs_jw_end(w);
    cs_jw_end(w);
}

static cs_err write_corpus(const char *path)
{
    struct setup good;
    cs_buf out = cs_buf_new(CORPUS_MAX), text = cs_buf_new(CS_MAX_BUNDLE);
    cs_jw w = cs_jw_on(&out);
    make_setup(&good, &(struct bundle_options){.seq_off = 0}, NOTHING);
    assert_int_equal(cs_bundle_write(&text, &good.made.parts), CS_OK);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "about", about);
    cs_jw_raw(&w, "bundle", cs_buf_slice(&text));
    cs_jw_base64(&w, "payload", CS_LIT(PAYLOAD));
    cs_jw_str(&w, "policy", cs_buf_slice(&good.policy));
    put_vkeys(&w, "ledgerKeys", good.pins.ledger, 2);
    put_vkeys(&w, "witnessKeys", good.pins.witness, 2);
    cs_jw_begin_array(&w, "cases");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].change != OTHER_PREHASH || rows[i].options.prehashed) /* else no payload has both hashes */
            put_row(&w, &rows[i], &good, cs_buf_slice(&text));
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        put_malformed(&w, i);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_buf_add_u8(&out, '\n');
    cs_err err = out.err != CS_OK ? out.err : cs_file_write(path, cs_buf_slice(&out), 0644, true);
    free_setup(&good);
    cs_buf_free(&out);
    cs_buf_free(&text);
    return err;
}

/* -- running ------------------------------------------------------------------------------------------------------- */

/* A case with what it leaves to the good one. */
struct bundle_case {
    cs_slice name, reason, dated_by, key_id;
    cs_buf text, payload, nonce;
    cs_pin pin;
    cs_pair key;
    cs_vkey ledger[CS_MAX_VKEYS], witness[CS_MAX_VKEYS];
    cs_bundle_expect expect;
    bool pinned;
};

static void read_vkeys(cs_vkey *keys, size_t *count, cs_jobj *good, cs_jobj *o, const char *name)
{
    cs_jval list = cs_jobj_array(cs_jobj_has(o, name) ? o : good, name);
    *count = cs_jarr_len(list);
    assert_true(*count <= CS_MAX_VKEYS);
    for (size_t i = 0; i < *count; i++)
        assert_int_equal(cs_vkey_parse(&keys[i], cs_jval_str(cs_jarr_at(list, i))), CS_OK);
}

/* False if the case does not speak of this member. */
static bool put_changed(cs_jw *w, cs_jval changes, const char *name)
{
    cs_slice each;
    for (size_t i = 0; i < cs_jval_members(changes); i++) {
        cs_jval v = cs_jval_member(&each, changes, i);
        cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
        if (!cs_slice_is(each, name))
            continue;
        assert_int_equal(cs_json_canonical(&text, v), CS_OK);
        if (!cs_slice_is(cs_buf_slice(&text), "null"))
            cs_jw_raw(w, name, cs_buf_slice(&text));
        cs_buf_free(&text);
        return true;
    }
    return false;
}

static void read_text(struct bundle_case *c, cs_jobj *good, cs_jobj *o, cs_slice corpus)
{
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
    cs_jw w = cs_jw_on(&text);
    cs_slice good_text = cs_jobj_source(good, "bundle", corpus);
    cs_jobj bundle = cs_jobj_open(cs_jobj_object(good, "bundle"));
    cs_jval changes = cs_jobj_object_opt(o, "members"), edit = cs_jobj_object_opt(o, "replace");
    cs_jw_begin(&w, NULL);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!put_changed(&w, changes, members[i]) && cs_jobj_has(&bundle, members[i]))
            cs_jw_raw(&w, members[i], cs_jobj_source(&bundle, members[i], good_text));
    cs_jw_end(&w);
    assert_int_equal(text.err, CS_OK);
    if (edit.v != NULL) {
        cs_jobj e = cs_jobj_open(edit);
        cs_buf put = cs_buf_new(256), find = cs_buf_new(256);
        cs_buf_add(&find, cs_jobj_str(&e, "from", 256));
        cs_buf_add(&put, cs_jobj_str(&e, "to", 256));
        bundle_replace(&c->text, cs_buf_slice(&text), cs_buf_cstr(&find), cs_buf_cstr(&put));
        assert_int_equal(cs_jobj_done(&e), CS_OK);
        cs_buf_free(&put);
        cs_buf_free(&find);
    } else {
        cs_buf_add(&c->text, cs_buf_slice(&text));
    }
    cs_buf_free(&text);
}

static void read_case(struct bundle_case *c, cs_jval corpus, cs_jval v, cs_slice corpus_text)
{
    cs_jobj good = cs_jobj_open(corpus), o = cs_jobj_open(v);
    *c = (struct bundle_case){.text = cs_buf_new(CS_MAX_BUNDLE), .payload = cs_buf_new(4096), .nonce = cs_buf_new(64)};
    c->name = cs_jobj_str(&o, "name", 256);
    c->reason = cs_jobj_str(&o, "reason", 64);
    c->dated_by = cs_jobj_str_opt(&o, "datedBy", 16);
    c->pinned = cs_jobj_bool_or(&o, "pinned", false);
    read_text(c, &good, &o, corpus_text);
    assert_true(cs_jobj_base64(cs_jobj_has(&o, "payload") ? &o : &good, "payload", 4096, &c->payload));
    cs_slice policy = cs_jobj_str(cs_jobj_has(&o, "policy") ? &o : &good, "policy", CS_MAX_POLICY);
    assert_int_equal(cs_pin_parse(&c->pin, NULL, policy, true), CS_OK);
    read_vkeys(c->ledger, &c->expect.ledger_key_count, &good, &o, "ledgerKeys");
    read_vkeys(c->witness, &c->expect.witness_key_count, &good, &o, "witnessKeys");
    cs_slice key = cs_jobj_str_opt(&o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
    if (key.p != NULL)
        assert_int_equal(cs_public_key_parse(&c->key, NULL, key), CS_OK);
    c->expect.key_id = cs_jobj_str_opt(&o, "keyId", CS_MAX_ID);
    if (cs_jobj_base64_opt(&o, "nonce", 64, &c->nonce))
        c->expect.nonce = cs_buf_slice(&c->nonce);
    c->expect.allow_mock = cs_jobj_bool_or(&o, "allowMock", true);
    c->expect.pin = &c->pin;
    c->expect.key = key.p != NULL ? &c->key : NULL;
    c->expect.ledger_keys = c->ledger;
    c->expect.witness_keys = c->witness;
    assert_int_equal(cs_jobj_done(&o), CS_OK);
}

static void free_case(struct bundle_case *c)
{
    cs_pin_free(&c->pin);
    cs_pair_close(&c->key);
    cs_buf_free(&c->text);
    cs_buf_free(&c->payload);
    cs_buf_free(&c->nonce);
}

static cs_err judge(cs_bundle_report *report, struct bundle_case *c)
{
    cs_bundle b;
    cs_digest digest, prehash;
    cs_bundle_expect *e = &c->expect;
    cs_err err = cs_bundle_parse(&b, NULL, cs_buf_slice(&c->text));
    if (err == CS_OK) {
        assert_int_equal(cs_hash(&digest, CS_SHA256, cs_buf_slice(&c->payload)), CS_OK);
        assert_int_equal(cs_hash(&prehash, b.key.alg->ph, cs_buf_slice(&c->payload)), CS_OK);
        e->payload_sha256 = cs_digest_slice(&digest);
        e->message = (cs_message){.bytes = cs_digest_slice(&prehash), .ph = b.key.alg->ph};
        err = cs_bundle_verify(report, &b, e);
    }
    cs_bundle_free(&b);
    return err;
}

static void every_case(void **state)
{
    (void)state;
    static struct bundle_case c;
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(CORPUS_MAX);
    assert_int_equal(cs_file_read(&text, CORPUS_FILE), CS_OK);
    assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), CORPUS_MAX), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_jval cases = cs_jobj_array(&o, "cases");
    size_t n = cs_jarr_len(cases), good = 0;
    for (size_t i = 0; i < n; i++) {
        cs_bundle_report r = {.reason = CS_INTERNAL};
        read_case(&c, cs_json_root(json), cs_jarr_at(cases, i), cs_buf_slice(&text));
        cs_err err = judge(&r, &c);
        if (!cs_slice_is(c.reason, cs_err_name(err)))
            fail_msg("case %zu, %.*s: %s", i, (int)c.name.n, (const char *)c.name.p, cs_err_name(err));
        if (err == CS_OK) {
            good++;
            assert_true(cs_slice_is(c.dated_by, r.attestation.witnessed ? "witness" : "none"));
            assert_int_equal(r.ledger_pinned, c.pinned);
        }
        free_case(&c);
    }
    assert_true(good >= 20 && n - good > 2 * good);
    cs_json_free(json);
    cs_buf_free(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case)};
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_corpus(argv[2]) == CS_OK ? 0 : 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
