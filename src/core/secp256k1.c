/* SPDX-License-Identifier: Apache-2.0 */
#include "core/secp256k1.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>

#include "core/encode.h"
#include "core/keccak.h"

#define COORDINATES 64 /* x ‖ y */
#define COMPRESSED 33
#define RAW 64         /* r ‖ s */
#define RECOVERABLE 65 /* r ‖ s ‖ v */
#define LONGEST_DER 72
#define EVEN 0x02
#define ODD 0x03
#define UNCOMPRESSED 0x04

/* Verification needs nothing that a context would hold. */
static const secp256k1_context *context(void)
{
    return secp256k1_context_static;
}

static bool form_ok(cs_slice bytes)
{
    if (bytes.n == CS_SECP256K1_KEY)
        return bytes.p[0] == UNCOMPRESSED;
    return bytes.n == COMPRESSED ? bytes.p[0] == EVEN || bytes.p[0] == ODD : bytes.n == COORDINATES;
}

static void write_key(cs_secp256k1_key *out, const secp256k1_pubkey *key)
{
    size_t n = sizeof out->b;
    (void)secp256k1_ec_pubkey_serialize(context(), out->b, &n, key, SECP256K1_EC_UNCOMPRESSED); /* cannot fail */
}

cs_err cs_secp256k1_key_read(cs_secp256k1_key *out, cs_slice bytes)
{
    uint8_t memory[CS_SECP256K1_KEY];
    cs_buf whole = CS_BUF_OVER(memory);
    secp256k1_pubkey key;
    *out = (cs_secp256k1_key){0};
    if (!form_ok(bytes))
        return CS_BAD_PUBLIC_KEY;
    if (bytes.n == COORDINATES)
        cs_buf_add_u8(&whole, UNCOMPRESSED);
    cs_buf_add(&whole, bytes);
    if (secp256k1_ec_pubkey_parse(context(), &key, whole.p, whole.n) != 1)
        return CS_BAD_PUBLIC_KEY;
    write_key(out, &key);
    return CS_OK;
}

/* Strict DER: what is read is written again, and must come out as it came in. */
static bool read_der(secp256k1_ecdsa_signature *out, cs_slice der)
{
    uint8_t again[LONGEST_DER];
    size_t n = sizeof again;
    return secp256k1_ecdsa_signature_parse_der(context(), out, der.p, der.n) == 1 &&
           secp256k1_ecdsa_signature_serialize_der(context(), again, &n, out) == 1 &&
           cs_slice_eq(cs_slice_of(again, n), der);
}

static bool is_low(const secp256k1_ecdsa_signature *sig)
{
    return secp256k1_ecdsa_signature_normalize(context(), NULL, sig) == 0;
}

/* The recovery id, or -1. */
static int recovery_id(uint8_t v)
{
    if (v >= 27)
        v = (uint8_t)(v - 27);
    return v <= 1 ? v : -1;
}

/* Recovering the key is a verification under the key that comes out. */
static bool recovers(const cs_secp256k1_key *key, const uint8_t *digest, cs_slice sig)
{
    secp256k1_ecdsa_recoverable_signature recoverable;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey found;
    cs_secp256k1_key signer;
    int id = recovery_id(sig.p[RAW]);
    if (id < 0 || secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &recoverable, sig.p, id) != 1)
        return false;
    if (secp256k1_ecdsa_recoverable_signature_convert(context(), &plain, &recoverable) != 1 || !is_low(&plain))
        return false;
    if (secp256k1_ecdsa_recover(context(), &found, &recoverable, digest) != 1)
        return false;
    write_key(&signer, &found);
    return memcmp(signer.b, key->b, sizeof signer.b) == 0;
}

cs_err cs_secp256k1_verify(const cs_secp256k1_key *key, const uint8_t digest[CS_SECP256K1_DIGEST], cs_slice sig)
{
    secp256k1_ecdsa_signature parsed;
    secp256k1_pubkey opened;
    if (sig.p == NULL || key->b[0] != UNCOMPRESSED ||
        secp256k1_ec_pubkey_parse(context(), &opened, key->b, sizeof key->b) != 1)
        return CS_BAD_SIGNATURE;
    /* Very short numbers make DER as long as a raw signature, so what is not good as the one is tried as the other. */
    if (sig.n == RECOVERABLE && recovers(key, digest, sig))
        return CS_OK;
    if (sig.n == RAW && secp256k1_ecdsa_signature_parse_compact(context(), &parsed, sig.p) == 1 && is_low(&parsed) &&
        secp256k1_ecdsa_verify(context(), &parsed, digest, &opened) == 1)
        return CS_OK;
    bool good =
        read_der(&parsed, sig) && is_low(&parsed) && secp256k1_ecdsa_verify(context(), &parsed, digest, &opened) == 1;
    return good ? CS_OK : CS_BAD_SIGNATURE;
}

void cs_secp256k1_address(char out[CS_ETHEREUM_ADDRESS + 1], const cs_secp256k1_key *key)
{
    uint8_t hash[CS_KECCAK256_LEN];
    cs_buf text = cs_buf_over(out, CS_ETHEREUM_ADDRESS);
    cs_keccak256(hash, CS_ABSENT, cs_slice_of(key->b + 1, COORDINATES));
    cs_buf_add_str(&text, "0x");
    cs_hex_encode(&text, cs_slice_of(hash + 12, 20));
    /* A letter is upper-case where the hash of the lower-case text has a digit of 8 or more [EIP-55]. */
    cs_keccak256(hash, CS_ABSENT, cs_slice_sub(cs_buf_slice(&text), 2, 40));
    for (size_t i = 0; i < 40; i++) {
        uint8_t digit = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        char *c = &out[2 + i];
        if (digit >= 8 && *c >= 'a')
            *c = (char)(*c - 'a' + 'A');
    }
    out[CS_ETHEREUM_ADDRESS] = '\0';
}
