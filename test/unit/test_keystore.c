/* SPDX-License-Identifier: Apache-2.0 */
/* zone: devkms. Tests src/devkms/keystore.c: keys come back from their files as they were, and what is no key does not.
 */
#include "devkms/keystore.h"

#include <sys/stat.h>

#include "sys/file.h"
#include "vectors.h"

static char folder[64];

static char *path_of(const char *name)
{
    static char path[256];
    assert_true(snprintf(path, sizeof path, "%s/keys/%s", folder, name) < (int)sizeof path);
    return path;
}

static cs_stored_key *add(cs_keystore *s, cs_stored_cloud cloud, cs_pair_kind kind, const char *name, const char *alias,
                          int64_t at)
{
    cs_stored_key *k = NULL;
    assert_int_equal(cs_stored_key_new(&k, cloud, kind, at), CS_OK);
    assert_int_equal(cs_slice_to_cstr(k->name, sizeof k->name, cs_slice_str(name)), CS_OK);
    assert_int_equal(cs_slice_to_cstr(k->alias, sizeof k->alias, cs_slice_str(alias)), CS_OK);
    assert_int_equal(cs_slice_to_cstr(k->spec, sizeof k->spec, CS_LIT("spec \"x\"")), CS_OK);
    cs_buf_add_str(&k->policy, "{\"a\":\"\\n\"}");
    assert_int_equal(cs_keystore_add(s, k), CS_OK);
    return k;
}

static bool finds(cs_keystore *s, cs_stored_cloud cloud, cs_keystore_by by, const char *text)
{
    bool found = cs_keystore_find(s, cloud, by, cs_slice_str(text)) != NULL;
    cs_keystore_done(s);
    return found;
}

static void again(void **state)
{
    (void)state;
    static cs_keystore one, two;
    assert_int_equal(cs_keystore_open(&one, folder), CS_OK);
    for (int kind = CS_PAIR_NONE; kind <= CS_PAIR_RSA2048; kind++)
        (void)add(&one, CS_STORED_AWS, (cs_pair_kind)kind, "", "", 1768473000123);
    assert_int_equal(cs_keystore_open(&two, folder), CS_OK);
    assert_int_equal(two.count, one.count);
    for (size_t i = 0; i < one.count; i++) {
        cs_stored_key *a = one.of[i], *b = cs_keystore_find(&two, CS_STORED_AWS, CS_BY_ID, cs_slice_str(a->id));
        struct stat st;
        char name[64];
        assert_non_null(b);
        assert_true(a->kind == b->kind && a->state == b->state && a->created_ms == b->created_ms);
        assert_true(strcmp(a->spec, b->spec) == 0 && cs_slice_eq(cs_buf_slice(&a->policy), cs_buf_slice(&b->policy)));
        assert_true(cs_secret_eq(cs_secret_slice(&a->symmetric), cs_secret_slice(&b->symmetric)));
        if (a->pair != NULL) {
            cs_buf x = cs_buf_new(8192), y = cs_buf_new(8192);
            assert_int_equal(cs_pair_public(&x, a->pair), CS_OK);
            assert_int_equal(cs_pair_public(&y, b->pair), CS_OK);
            assert_true(cs_slice_eq(cs_buf_slice(&x), cs_buf_slice(&y)));
            cs_buf_free(&x);
            cs_buf_free(&y);
        }
        cs_keystore_done(&two);
        assert_true(snprintf(name, sizeof name, "%s.json", a->id) > 0);
        assert_int_equal(stat(path_of(name), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    /* A key of another process is found; a change is kept. */
    cs_stored_key *late = add(&one, CS_STORED_AWS, CS_PAIR_NONE, "", "alias/late", 1);
    assert_true(finds(&two, CS_STORED_AWS, CS_BY_ALIAS, "alias/late"));
    assert_ptr_equal(cs_keystore_change(&one, CS_STORED_AWS, CS_BY_ID, cs_slice_str(late->id)), late);
    late->state = CS_STORED_DISABLED;
    assert_int_equal(cs_keystore_save(&one, late), CS_OK);
    cs_keystore_done(&one);
    cs_keystore_close(&two);
    assert_int_equal(cs_keystore_open(&two, folder), CS_OK);
    cs_stored_key *read = cs_keystore_find(&two, CS_STORED_AWS, CS_BY_ALIAS, CS_LIT("alias/late"));
    assert_true(read != NULL && read->state == CS_STORED_DISABLED);
    cs_keystore_done(&two);
    cs_keystore_close(&one);
    cs_keystore_close(&two);
}

static void names(void **state)
{
    (void)state;
    static cs_keystore s;
    cs_stored_key *k = NULL;
    assert_int_equal(cs_keystore_open(&s, folder), CS_OK);
    cs_stored_key *first = add(&s, CS_STORED_AZURE, CS_PAIR_NONE, "n/1", "", 5);
    cs_stored_key *second = add(&s, CS_STORED_AZURE, CS_PAIR_NONE, "n/2", "", 6);
    (void)add(&s, CS_STORED_AZURE, CS_PAIR_NONE, "nn/1", "", 7);
    (void)add(&s, CS_STORED_GCP, CS_PAIR_NONE, "n/1", "", 8); /* another cloud's */
    (void)add(&s, CS_STORED_AWS, CS_PAIR_NONE, "", "alias/a", 8);
    assert_ptr_equal(cs_keystore_latest(&s, CS_STORED_AZURE, CS_LIT("n/")), second);
    cs_keystore_done(&s);
    assert_ptr_equal(cs_keystore_find(&s, CS_STORED_AZURE, CS_BY_NAME, CS_LIT("n/1")), first);
    cs_keystore_done(&s);
    static const struct {
        cs_stored_cloud cloud;
        cs_keystore_by by;
        const char *text;
    } none[] = {{CS_STORED_AZURE, CS_BY_NAME, "n/"},     {CS_STORED_AZURE, CS_BY_NAME, "n/3"},
                {CS_STORED_AWS, CS_BY_NAME, "n/1"},      {CS_STORED_AWS, CS_BY_NAME, ""},
                {CS_STORED_AWS, CS_BY_ALIAS, ""},        {CS_STORED_AWS, CS_BY_ALIAS, "alias/b"},
                {CS_STORED_GCP, CS_BY_ALIAS, "alias/a"}, {CS_STORED_AWS, CS_BY_ID, ""},
                {CS_STORED_AWS, CS_BY_ID, "../x"}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(finds(&s, none[i].cloud, none[i].by, none[i].text));
    for (int i = 0; i < 2; i++) { /* taken */
        assert_int_equal(cs_stored_key_new(&k, i == 0 ? CS_STORED_AZURE : CS_STORED_AWS, CS_PAIR_NONE, 9), CS_OK);
        if (i == 0)
            assert_int_equal(cs_slice_to_cstr(k->name, sizeof k->name, CS_LIT("n/1")), CS_OK);
        else
            assert_int_equal(cs_slice_to_cstr(k->alias, sizeof k->alias, CS_LIT("alias/a")), CS_OK);
        assert_int_equal(cs_keystore_add(&s, k), CS_CONFLICT);
        cs_stored_key_free(k);
    }
    cs_keystore_close(&s);
}

#define FILE_NAME "00000000-0000-4000-8000-000000000000.json"
#define KEY(cloud, id, kind, at, state, material)                                                                      \
    "{\"cloud\":\"" cloud "\",\"id\":\"" id "\",\"name\":\"\",\"spec\":\"s\",\"kind\":\"" kind                         \
    "\",\"createdAtMs\":" at ",\"state\":\"" state                                                                     \
    "\",\"description\":\"\",\"alias\":\"\",\"policy\":\"\",\"material\":\"" material "\"}"
#define ID "00000000-0000-4000-8000-000000000000"
#define M32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void no_keys(void **state)
{
    (void)state;
    static cs_keystore s;
    assert_int_equal(cs_keystore_open(&s, folder), CS_OK);
    cs_keystore_close(&s);
    static const struct {
        cs_err err;
        const char *text;
        unsigned mode;
    } rows[] = {
        {CS_OK, KEY("aws", ID, "symmetric", "1", "enabled", M32), 0600},
        {CS_CONFIG, KEY("aws", ID, "symmetric", "1", "enabled", M32), 0640},
        {CS_CONFIG, KEY("aws", ID, "symmetric", "1", "enabled", M32), 0604},
        {CS_CONFIG, KEY("aws", "00000000-0000-4000-8000-000000000001", "symmetric", "1", "enabled", M32), 0600},
        {CS_BAD_FIELD, KEY("ibm", ID, "symmetric", "1", "enabled", M32), 0600},
        {CS_BAD_FIELD, KEY("aws", ID, "p521", "1", "enabled", M32), 0600},
        {CS_BAD_FIELD, KEY("aws", ID, "symmetric", "-1", "enabled", M32), 0600},
        {CS_BAD_FIELD, KEY("aws", ID, "symmetric", "1", "lost", M32), 0600},
        {CS_BAD_PRIVATE_KEY, KEY("aws", ID, "symmetric", "1", "enabled", "AAAA"), 0600},
        {CS_BAD_PRIVATE_KEY, KEY("aws", ID, "p256", "1", "enabled", M32), 0600},
        {CS_BAD_JSON, "", 0600},
        {CS_BAD_JSON, "{", 0600},
        {CS_MISSING_FIELD, "{\"cloud\":\"aws\",\"kind\":\"p256\",\"state\":\"enabled\"}", 0600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(cs_file_write(path_of(FILE_NAME), cs_slice_str(rows[i].text), rows[i].mode, true), CS_OK);
        cs_err err = cs_keystore_open(&s, folder);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        cs_keystore_close(&s);
    }
    assert_int_equal(unlink(path_of(FILE_NAME)), 0);
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_keystore-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    assert_true(snprintf(command, sizeof command, "rm -r -- '%s'", folder) > 0);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(again, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(names, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(no_keys, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("keystore", tests, NULL, NULL);
}
