/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keccak.h"

#include "vectors.h"

static void check(cs_slice head, cs_slice bytes, const char *hex)
{
    uint8_t hash[CS_KECCAK256_LEN];
    cs_buf text = cs_buf_new(2 * sizeof hash);
    cs_keccak256(hash, head, bytes);
    cs_hex_encode(&text, CS_ARRAY(hash));
    assert_string_equal(cs_buf_cstr(&text), hex);
    cs_buf_free(&text);
}

/* Known values: of the empty string, and of texts that contracts on Ethereum are full of. */
static void test_known_hashes(void **state)
{
    (void)state;
    check(CS_ABSENT, CS_ABSENT, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    check(CS_LIT(""), CS_LIT("abc"), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    check(CS_LIT("Transfer(address,"), CS_LIT("address,uint256)"),
          "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

/* Around the length of a block, one piece and two give the same hash, and no two lengths do. */
static void test_pieces_and_blocks(void **state)
{
    (void)state;
    uint8_t bytes[300] = {0}, before[CS_KECCAK256_LEN] = {0};
    for (size_t n = 130; n < sizeof bytes; n++) {
        uint8_t whole[CS_KECCAK256_LEN], parts[CS_KECCAK256_LEN];
        cs_keccak256(whole, CS_ABSENT, cs_slice_of(bytes, n));
        cs_keccak256(parts, cs_slice_of(bytes, 7), cs_slice_of(bytes + 7, n - 7));
        assert_memory_equal(whole, parts, sizeof whole);
        assert_memory_not_equal(whole, before, sizeof whole);
        memcpy(before, whole, sizeof before);
    }
}

/* One member of a domain: its place in the type, and its 32 bytes. */
static void add_domain_member(cs_buf *type, cs_buf *data, yyjson_val *domain, const char *name, const char *kind)
{
    uint8_t word[32] = {0};
    yyjson_val *v = yyjson_obj_get(domain, name);
    if (v == NULL)
        return;
    cs_buf_printf(type, "%s%s %s", type->p[type->n - 1] == '(' ? "" : ",", kind, name);
    cs_slice text = cs_slice_of(yyjson_get_str(v), yyjson_is_str(v) ? yyjson_get_len(v) : 0);
    if (strcmp(kind, "string") == 0) {
        cs_keccak256(word, CS_ABSENT, text);
    } else if (strcmp(kind, "uint256") == 0) {
        for (int i = 0; i < 8; i++)
            word[31 - i] = (uint8_t)(yyjson_get_uint(v) >> 8 * i);
    } else {
        cs_slice bytes = vectors_from_hex(cs_slice_sub(text, 2, text.n));
        memcpy(word + 32 - bytes.n, bytes.p, bytes.n);
    }
    cs_buf_add(data, CS_ARRAY(word));
}

static void hash_domain(uint8_t out[CS_KECCAK256_LEN], yyjson_val *domain)
{
    uint8_t type_hash[CS_KECCAK256_LEN];
    cs_buf type = cs_buf_new(256), data = cs_buf_new(256);
    cs_buf_add_str(&type, "EIP712Domain(");
    add_domain_member(&type, &data, domain, "name", "string");
    add_domain_member(&type, &data, domain, "version", "string");
    add_domain_member(&type, &data, domain, "chainId", "uint256");
    add_domain_member(&type, &data, domain, "verifyingContract", "address");
    add_domain_member(&type, &data, domain, "salt", "bytes32");
    cs_buf_add_u8(&type, ')');
    cs_keccak256(type_hash, CS_ABSENT, cs_buf_slice(&type));
    cs_keccak256(out, CS_ARRAY(type_hash), cs_buf_slice(&data));
    cs_buf_free(&type);
    cs_buf_free(&data);
}

/* EIP-712 digests of the public collection: four hashes each, of very different lengths. */
static void test_typed_data(void **state)
{
    (void)state;
    yyjson_doc *doc = vectors_public_json("ethereum/typed-data.json");
    size_t i, max, checked = 0;
    yyjson_val *test;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, test)
    {
        uint8_t hashes[2 + 2 * CS_KECCAK256_LEN] = {0x19, 0x01}, digest[CS_KECCAK256_LEN];
        cs_slice encoded = vectors_text(test, "encoded"), expected = vectors_text(test, "digest");
        hash_domain(hashes + 2, yyjson_obj_get(test, "domain"));
        cs_keccak256(hashes + 2 + CS_KECCAK256_LEN, CS_ABSENT, vectors_from_hex(cs_slice_sub(encoded, 2, encoded.n)));
        cs_keccak256(digest, CS_ABSENT, CS_ARRAY(hashes));
        assert_true(cs_slice_eq(CS_ARRAY(digest), vectors_from_hex(cs_slice_sub(expected, 2, expected.n))));
        vectors_release();
        checked++;
    }
    assert_int_equal(checked, 87);
    yyjson_doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_hashes),
        cmocka_unit_test(test_pieces_and_blocks),
        cmocka_unit_test(test_typed_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
