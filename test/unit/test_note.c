/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: the public example, every signature type made and verified, one row for each way to be malformed, and
 * every bit of a checkpoint's signatures changed. */
#include "core/note.h"

#include "core/checkpoint.h"
#include "vectors.h"

#define ORIGIN "ledger.example/org/org_1"
#define WITNESS "witness.example/w1"
#define TEXT ORIGIN "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define DASH "\xe2\x80\x94 "
#define LINE DASH "a AAAAAAE=\n"
#define TIME 1768473000

enum { LOG_ED, LOG_ML, WITNESS_ED, WITNESS_ML, KEYS };
static const struct {
    const char *name;
    cs_note_type type;
    cs_prim prim;
    int64_t time;
} rows[KEYS] = {
    [LOG_ED] = {ORIGIN, CS_NOTE_ED25519, CS_ED25519, 0},
    [LOG_ML] = {ORIGIN, CS_NOTE_MLDSA44, CS_MLDSA44, 0},
    [WITNESS_ED] = {WITNESS, CS_NOTE_COSIG_ED25519, CS_ED25519, TIME},
    [WITNESS_ML] = {WITNESS, CS_NOTE_MLDSA44, CS_MLDSA44, TIME + 1},
};
static cs_key *keys[KEYS];
static cs_vkey vkeys[KEYS];

static void make_vkey(cs_vkey *out, const cs_key *key, const char *name, cs_note_type type)
{
    cs_buf public_key = cs_buf_new(CS_VKEY_PUBLIC_MAX);
    cs_key_public(&public_key, key);
    assert_int_equal(cs_vkey_make(out, cs_slice_str(name), type, cs_buf_slice(&public_key)), CS_OK);
    cs_buf_free(&public_key);
}

static int make_keys(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < KEYS; i++) {
        uint8_t seed[32] = {i};
        assert_int_equal(cs_key_open_private(&keys[i], rows[i].prim, CS_ARRAY(seed)), CS_OK);
        make_vkey(&vkeys[i], keys[i], rows[i].name, rows[i].type);
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        cs_key_free(keys[i]);
    return 0;
}

/* TEXT with the lines of all four. */
static cs_buf make_note(void)
{
    cs_buf out = cs_buf_new(CS_MAX_NOTE);
    assert_int_equal(cs_note_begin(&out, CS_LIT(TEXT)), CS_OK);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(
            cs_note_sign(&out, CS_LIT(TEXT), cs_slice_str(rows[i].name), rows[i].type, keys[i], rows[i].time), CS_OK);
    return out;
}

static cs_err verify(cs_note_signer *signers, cs_slice bytes, const cs_vkey *k, size_t n)
{
    cs_note note;
    cs_err err = cs_note_parse(&note, bytes);
    return err == CS_OK ? cs_note_verify(signers, &note, k, n) : err;
}

static void public_example(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("signed-note/example.json");
    yyjson_val *root = yyjson_doc_get_root(doc);
    cs_slice text = vectors_text(root, "note"), vkey_text = vectors_text(root, "vkey");
    cs_vkey k;
    cs_note note;
    cs_note_signer signer;
    cs_buf again = cs_buf_new(CS_MAX_VKEY);
    assert_int_equal(cs_vkey_parse(&k, vkey_text), CS_OK);
    assert_string_equal(k.name, "example.com/foo");
    assert_int_equal(k.type, CS_NOTE_ED25519);
    cs_vkey_write(&again, &k);
    assert_true(cs_slice_eq(cs_buf_slice(&again), vkey_text));
    assert_int_equal(cs_note_parse(&note, text), CS_OK);
    assert_true(cs_slice_is(note.text, "This is an example message.\n"));
    assert_int_equal(note.count, 1);
    assert_int_equal(cs_note_verify(&signer, &note, &k, 1), CS_OK);
    assert_true(signer.verified);
    assert_int_equal(signer.time, 0);
    uint8_t *changed = vectors_copy(text);
    changed[0] ^= 1;
    assert_int_equal(verify(&signer, cs_slice_of(changed, text.n), &k, 1), CS_NOTE_SIGNATURE);
    cs_buf_free(&again);
    vectors_release();
    yyjson_doc_free(doc);
}

static void every_type_verifies(void **state)
{
    (void)state;
    cs_buf note = make_note();
    cs_note_signer signers[KEYS];
    assert_int_equal(verify(signers, cs_buf_slice(&note), vkeys, KEYS), CS_OK);
    for (size_t i = 0; i < KEYS; i++) {
        assert_true(signers[i].verified);
        assert_int_equal(signers[i].time, rows[i].time);
    }
    cs_buf_free(&note);
}

static void verifier_keys_as_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        cs_buf text = cs_buf_new(CS_MAX_VKEY);
        cs_vkey back;
        cs_vkey_write(&text, &vkeys[i]);
        assert_int_equal(cs_vkey_parse(&back, cs_buf_slice(&text)), CS_OK);
        assert_memory_equal(&back, &vkeys[i], sizeof back);
        for (size_t cut = 0; cut < text.n; cut++)
            assert_int_equal(cs_vkey_parse(&back, cs_slice_of(text.p, cut)), CS_BAD_VKEY);
        cs_buf_free(&text);
    }
}

/* Of the public example: every part of it wrong once. */
static void malformed_verifier_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "+",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+AQ==",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903aa+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/ foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+A+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cs_vkey k;
        if (cs_vkey_parse(&k, cs_slice_str(bad[i])) != CS_BAD_VKEY)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(k.public_len, 0);
    }
}

static const struct {
    const char *why;
    cs_slice bytes;
} malformed[] = {
    {"empty", CS_LIT("")},
    {"text alone", CS_LIT("text\n")},
    {"no signature", CS_LIT("text\n\n")},
    {"no text", CS_LIT("\n" LINE)},
    {"no empty line", CS_LIT("text\n" LINE)},
    {"text without its newline", CS_LIT("text" LINE)},
    {"no last newline", CS_LIT("text\n\n" DASH "a AAAAAAE=")},
    {"something behind", CS_LIT("text\n\n" LINE "x\n")},
    {"an empty line behind", CS_LIT("text\n\n" LINE "\n")},
    {"a hyphen", CS_LIT("text\n\n- a AAAAAAE=\n")},
    {"no space behind the dash", CS_LIT("text\n\n\xe2\x80\x94"
                                        "a AAAAAAE=\n")},
    {"no name", CS_LIT("text\n\n" DASH " AAAAAAE=\n")},
    {"no signature behind the name", CS_LIT("text\n\n" DASH "a\n")},
    {"nothing in the signature", CS_LIT("text\n\n" DASH "a \n")},
    {"two spaces", CS_LIT("text\n\n" DASH "a  AAAAAAE=\n")},
    {"space at the end", CS_LIT("text\n\n" DASH "a AAAAAAE= \n")},
    {"name with plus", CS_LIT("text\n\n" DASH "a+b AAAAAAE=\n")},
    {"name with a no-break space", CS_LIT("text\n\n" DASH "a\xc2\xa0"
                                          "b AAAAAAE=\n")},
    {"name with an em space", CS_LIT("text\n\n" DASH "a\xe2\x80\x83"
                                     "b AAAAAAE=\n")},
    {"name with an ideographic space", CS_LIT("text\n\n" DASH "a\xe3\x80\x80"
                                              "b AAAAAAE=\n")},
    {"id alone", CS_LIT("text\n\n" DASH "a AAAAAA==\n")},
    {"three bytes", CS_LIT("text\n\n" DASH "a AAAA\n")},
    {"no padding", CS_LIT("text\n\n" DASH "a AAAAAAE\n")},
    {"unused bits", CS_LIT("text\n\n" DASH "a AAAAAAF=\n")},
    {"base64url", CS_LIT("text\n\n" DASH "a AAAAAA_-\n")},
    {"carriage return", CS_LIT("text\r\n\n" LINE)},
    {"tab", CS_LIT("te\txt\n\n" LINE)},
    {"NUL", CS_LIT("te\0xt\n\n" LINE)},
    {"escape", CS_LIT("te\x1bxt\n\n" LINE)},
    {"no UTF-8", CS_LIT("te\xffxt\n\n" LINE)},
    {"cut character", CS_LIT("te\xe2\x80\n\n" LINE)},
    {"longer form", CS_LIT("te\xc0\xaext\n\n" LINE)},
    {"surrogate", CS_LIT("te\xed\xa0\x80xt\n\n" LINE)},
    {"past U+10FFFF", CS_LIT("te\xf4\x90\x80\x80xt\n\n" LINE)},
};

static void malformed_notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        cs_note note = {.count = 7};
        if (cs_note_parse(&note, malformed[i].bytes) != CS_NOTE_FORMAT || note.count != 0 || note.text.p != NULL)
            fail_msg("%s", malformed[i].why);
    }
}

static void well_formed_notes(void **state)
{
    (void)state;
    static const char *const good[] = {
        "text\n\n" LINE,
        "text\n\nmore\n\n\n" LINE LINE,
        "te\x7fxt\xc2\x85\n\n" DASH "w\x7fho AAAAAAE=\n", /* only what is below U+0020 is refused */
        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91\n\n" DASH "\xc3\xa9/\xe2\x82\xac AAAAAAE=\n",
    };
    cs_note note;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(cs_note_parse(&note, cs_slice_str(good[i])), CS_OK);
    assert_true(cs_slice_is(note.line[0].name, "\xc3\xa9/\xe2\x82\xac"));
    assert_int_equal(cs_note_parse(&note, CS_LIT("text\n\nmore\n\n\n" LINE LINE)), CS_OK);
    assert_true(cs_slice_is(note.text, "text\n\nmore\n\n"));
    assert_int_equal(note.count, 2);
    assert_int_equal(note.line[1].id, 0);
}

static void limits(void **state)
{
    (void)state;
    cs_note note;
    cs_buf many = cs_buf_new(1u << 20);
    cs_buf_add_str(&many, "text\n\n");
    for (size_t i = 0; i < CS_MAX_NOTE_SIGNATURES; i++)
        cs_buf_add_str(&many, LINE);
    assert_int_equal(cs_note_parse(&note, cs_buf_slice(&many)), CS_OK);
    assert_int_equal(note.count, CS_MAX_NOTE_SIGNATURES);
    cs_buf_add_str(&many, LINE);
    assert_int_equal(cs_note_parse(&note, cs_buf_slice(&many)), CS_NOTE_FORMAT);

    cs_buf_clear(&many);
    while (many.n < CS_MAX_NOTE - 6 - sizeof LINE + 1)
        cs_buf_add_u8(&many, 'x');
    cs_buf_add_str(&many, "text\n\n" LINE);
    assert_int_equal(many.n, CS_MAX_NOTE);
    assert_int_equal(cs_note_parse(&note, cs_buf_slice(&many)), CS_OK);
    cs_buf_clear(&many);
    while (many.n < CS_MAX_NOTE + 1 - 6 - sizeof LINE + 1)
        cs_buf_add_u8(&many, 'x');
    cs_buf_add_str(&many, "text\n\n" LINE);
    assert_int_equal(cs_note_parse(&note, cs_buf_slice(&many)), CS_NOTE_FORMAT);

    char name[CS_MAX_NOTE_NAME + 1];
    memset(name, 'n', sizeof name);
    assert_true(cs_note_name_ok(cs_slice_of(name, CS_MAX_NOTE_NAME)));
    assert_false(cs_note_name_ok(cs_slice_of(name, CS_MAX_NOTE_NAME + 1)));
    cs_buf_free(&many);
}

/* Each byte of the text and of each signature, changed in one bit; the note is refused whoever is pinned. */
static void every_byte_counts(void **state)
{
    (void)state;
    cs_buf note = make_note();
    cs_note_signer signers[KEYS];
    for (size_t i = 0; i < note.n; i += i < sizeof TEXT + 200 ? 1 : 13) {
        note.p[i] ^= 1;
        cs_err err = verify(signers, cs_buf_slice(&note), vkeys, KEYS);
        bool all = err == CS_OK;
        for (size_t k = 0; err == CS_OK && k < KEYS; k++)
            all = all && signers[k].verified;
        if (all)
            fail_msg("byte %zu", i);
        note.p[i] ^= 1;
    }
    cs_buf_free(&note);
}

static void keys_that_are_not_pinned(void **state)
{
    (void)state;
    cs_buf note = make_note();
    cs_note_signer signer;
    cs_vkey other;
    const uint8_t seed[32] = {99};
    cs_key *key;
    assert_int_equal(verify(&signer, cs_buf_slice(&note), NULL, 0), CS_NOTE_UNSIGNED);
    assert_int_equal(cs_key_open_private(&key, CS_ED25519, CS_ARRAY(seed)), CS_OK);
    make_vkey(&other, key, ORIGIN, CS_NOTE_ED25519);
    assert_int_equal(verify(&signer, cs_buf_slice(&note), &other, 1), CS_NOTE_UNSIGNED);
    assert_false(signer.verified);
    /* The pinned key's name and id over another key: known, so it must verify, and cannot. */
    other.id = vkeys[LOG_ED].id;
    assert_int_equal(verify(&signer, cs_buf_slice(&note), &other, 1), CS_NOTE_SIGNATURE);
    /* A key of the same bytes is another key under another name or type. */
    make_vkey(&other, keys[LOG_ED], WITNESS, CS_NOTE_ED25519);
    assert_int_equal(verify(&signer, cs_buf_slice(&note), &other, 1), CS_NOTE_UNSIGNED);
    make_vkey(&other, keys[LOG_ED], ORIGIN, CS_NOTE_COSIG_ED25519);
    assert_int_equal(verify(&signer, cs_buf_slice(&note), &other, 1), CS_NOTE_UNSIGNED);
    cs_key_free(key);
    cs_buf_free(&note);
}

/* A line that claims a pinned key and is not by it spoils the note, also beside one that is. */
static void one_bad_line_refuses(void **state)
{
    (void)state;
    cs_note_signer signers[KEYS];
    for (size_t i = 0; i < KEYS; i++) {
        cs_buf note = make_note(), blob = cs_buf_new(4096);
        cs_buf_add_u32(&blob, vkeys[i].id);
        for (size_t n = 0; n < (i % 2 == 0 ? 64u : 2420u) + (i == LOG_ED ? 0 : 8); n++)
            cs_buf_add_u8(&blob, 1);
        cs_buf_printf(&note, DASH "%s ", rows[i].name);
        cs_base64_encode(&note, cs_buf_slice(&blob));
        cs_buf_add_u8(&note, '\n');
        assert_int_equal(verify(signers, cs_buf_slice(&note), vkeys, KEYS), CS_NOTE_SIGNATURE);
        for (size_t k = 0; k < KEYS; k++)
            assert_false(signers[k].verified);
        cs_buf_free(&blob);
        cs_buf_free(&note);
    }
}

static void earliest_time_counts(void **state)
{
    (void)state;
    cs_buf note = make_note();
    cs_note_signer signers[KEYS];
    static const int64_t times[] = {TIME - 50, TIME + 50};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            cs_note_sign(&note, CS_LIT(TEXT), CS_LIT(WITNESS), CS_NOTE_COSIG_ED25519, keys[WITNESS_ED], times[i]),
            CS_OK);
    assert_int_equal(verify(signers, cs_buf_slice(&note), vkeys, KEYS), CS_OK);
    assert_int_equal(signers[WITNESS_ED].time, TIME - 50);
    cs_buf_free(&note);
}

static void signing_refuses(void **state)
{
    (void)state;
    cs_buf note = cs_buf_new(CS_MAX_NOTE);
    const struct {
        cs_slice text, name;
        cs_note_type type;
        int key;
        int64_t time;
        cs_err err;
    } bad[] = {
        {CS_LIT(TEXT), CS_LIT("a b"), CS_NOTE_ED25519, LOG_ED, 0, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(""), CS_NOTE_ED25519, LOG_ED, 0, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(ORIGIN), CS_NOTE_ED25519, LOG_ML, 0, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(ORIGIN), CS_NOTE_ED25519, LOG_ED, 1, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(ORIGIN), CS_NOTE_MLDSA44, LOG_ED, 0, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(ORIGIN), CS_NOTE_MLDSA44, LOG_ML, -1, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(WITNESS), CS_NOTE_COSIG_ED25519, WITNESS_ED, 0, CS_BAD_FIELD},
        {CS_LIT(TEXT), CS_LIT(WITNESS), (cs_note_type)2, WITNESS_ED, 0, CS_BAD_FIELD},
        {CS_LIT("text\n"), CS_LIT(WITNESS), CS_NOTE_COSIG_ED25519, WITNESS_ED, TIME, CS_NOTE_FORMAT},
        {CS_LIT(TEXT "more\n"), CS_LIT(WITNESS), CS_NOTE_MLDSA44, WITNESS_ML, TIME, CS_NOTE_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cs_note_sign(&note, bad[i].text, bad[i].name, bad[i].type, keys[bad[i].key], bad[i].time),
                         bad[i].err);
    assert_int_equal(cs_note_begin(&note, CS_LIT("")), CS_BAD_FIELD);
    assert_int_equal(cs_note_begin(&note, CS_LIT("no newline")), CS_BAD_FIELD);
    assert_int_equal(cs_note_begin(&note, CS_LIT("a\tb\n")), CS_BAD_FIELD);
    assert_int_equal(note.n, 0);
    cs_buf_free(&note);
}

/* Types that sign checkpoints sign nothing else, whatever the line says. */
static void cosignature_of_another_text(void **state)
{
    (void)state;
    cs_buf note = make_note(), other = cs_buf_new(CS_MAX_NOTE);
    cs_note parsed;
    cs_note_signer signer;
    assert_int_equal(cs_note_parse(&parsed, cs_buf_slice(&note)), CS_OK);
    cs_buf_add_str(&other, "text\n\n");
    cs_buf_add(&other, cs_slice_sub(cs_buf_slice(&note), parsed.text.n + 1, note.n));
    assert_int_equal(verify(&signer, cs_buf_slice(&other), &vkeys[WITNESS_ED], 1), CS_NOTE_FORMAT);
    assert_int_equal(verify(&signer, cs_buf_slice(&other), &vkeys[WITNESS_ML], 1), CS_NOTE_FORMAT);
    assert_int_equal(verify(&signer, cs_buf_slice(&other), &vkeys[LOG_ED], 1), CS_NOTE_SIGNATURE);
    cs_buf_free(&other);
    cs_buf_free(&note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_example),
        cmocka_unit_test(every_type_verifies),
        cmocka_unit_test(verifier_keys_as_text),
        cmocka_unit_test(malformed_verifier_keys),
        cmocka_unit_test(malformed_notes),
        cmocka_unit_test(well_formed_notes),
        cmocka_unit_test(limits),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(keys_that_are_not_pinned),
        cmocka_unit_test(one_bad_line_refuses),
        cmocka_unit_test(earliest_time_counts),
        cmocka_unit_test(signing_refuses),
        cmocka_unit_test(cosignature_of_another_text),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
