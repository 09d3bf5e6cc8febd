/* SPDX-License-Identifier: Apache-2.0 */
/* A lane is a message: a word of the state is a vector, and a block is sixteen vectors of the messages' words. */
#include "core/sha512_lanes.h"

#include <immintrin.h>
#include <string.h>

#define LANES CS_SHA512_LANES
#define BLOCK 128
#define ROUNDS 80

/* The first 64 bits of the fractions of the cube roots of the first 80 primes. */
static const uint64_t k[ROUNDS] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/* … of the square roots of the first eight. */
static const uint64_t beginning[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

bool cs_sha512_lanes_run(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

#define ROTATE(a, by) _mm512_rol_epi64((a), 64 - (by))
#define XOR3(a, b, c) _mm512_ternarylogic_epi64((a), (b), (c), 0x96)
#define CHOOSE(a, b, c) _mm512_ternarylogic_epi64((a), (b), (c), 0xca)
#define MAJORITY(a, b, c) _mm512_ternarylogic_epi64((a), (b), (c), 0xe8)

static inline __m512i add(__m512i a, __m512i b)
{
    return _mm512_add_epi64(a, b);
}

/* One round [FIPS 180-4 §6.4.2 step 3]; instead of handing each word on, the next one takes them by other names. */
static inline void round_of(__m512i a, __m512i b, __m512i c, __m512i *d, __m512i e, __m512i f, __m512i g, __m512i *h,
                            uint64_t constant, __m512i w)
{
    const __m512i sum1 = XOR3(ROTATE(e, 14), ROTATE(e, 18), ROTATE(e, 41));
    const __m512i sum0 = XOR3(ROTATE(a, 28), ROTATE(a, 34), ROTATE(a, 39));
    const __m512i first = add(add(*h, sum1), add(CHOOSE(e, f, g), add(w, _mm512_set1_epi64((long long)constant))));
    *d = add(*d, first);
    *h = add(first, add(sum0, MAJORITY(a, b, c)));
}

#define ROUND(a, b, c, d, e, f, g, h, i) round_of(s[a], s[b], s[c], &s[d], s[e], s[f], s[g], &s[h], k[t + (i)], w[i])

static inline void eight_rounds(__m512i s[8], const __m512i w[8], size_t t)
{
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 0);
    ROUND(7, 0, 1, 2, 3, 4, 5, 6, 1);
    ROUND(6, 7, 0, 1, 2, 3, 4, 5, 2);
    ROUND(5, 6, 7, 0, 1, 2, 3, 4, 3);
    ROUND(4, 5, 6, 7, 0, 1, 2, 3, 4);
    ROUND(3, 4, 5, 6, 7, 0, 1, 2, 5);
    ROUND(2, 3, 4, 5, 6, 7, 0, 1, 6);
    ROUND(1, 2, 3, 4, 5, 6, 7, 0, 7);
}

/* The word of the schedule that is sixteen behind the one in its place. */
static inline __m512i next_word(const __m512i w[16], size_t t)
{
    const __m512i w2 = w[(t + 14) % 16], w15 = w[(t + 1) % 16];
    const __m512i small1 = XOR3(ROTATE(w2, 19), ROTATE(w2, 61), _mm512_srli_epi64(w2, 6));
    const __m512i small0 = XOR3(ROTATE(w15, 1), ROTATE(w15, 8), _mm512_srli_epi64(w15, 7));
    return add(add(small1, w[(t + 9) % 16]), add(small0, w[t % 16]));
}

#define NEXT(t) w[t] = next_word(w, (t))

static inline void next_words(__m512i w[16])
{
    NEXT(0), NEXT(1), NEXT(2), NEXT(3), NEXT(4), NEXT(5), NEXT(6), NEXT(7);
    NEXT(8), NEXT(9), NEXT(10), NEXT(11), NEXT(12), NEXT(13), NEXT(14), NEXT(15);
}

/* All lanes; those that are not of the mask keep their state. */
static void hash_blocks(__m512i state[8], const uint64_t words[16][LANES], __mmask8 lanes)
{
    __m512i w[16], s[8];
    for (size_t t = 0; t < 16; t++)
        w[t] = _mm512_loadu_si512(words[t]);
    memcpy(s, state, sizeof s);
    for (size_t t = 0; t < ROUNDS; t += 16) {
        if (t > 0)
            next_words(w);
        eight_rounds(s, w, t);
        eight_rounds(s, w + 8, t + 8);
    }
    for (size_t i = 0; i < 8; i++)
        state[i] = _mm512_mask_add_epi64(state[i], lanes, state[i], s[i]);
}

static size_t length_of(const cs_sha512_input *in)
{
    size_t n = 0;
    for (size_t i = 0; i < CS_SHA512_PARTS; i++)
        n += in->part[i].n;
    return n;
}

static size_t blocks_of(size_t length)
{
    return (length + 1 + 16 + BLOCK - 1) / BLOCK;
}

/* The words of the block that begins at `at` of the padded message [§5.1.2]. */
static void fill(uint64_t words[16][LANES], size_t lane, const cs_sha512_input *in, size_t length, size_t at)
{
    uint8_t block[BLOCK] = {0};
    size_t n = 0, from = at;
    for (size_t i = 0; i < CS_SHA512_PARTS && n < BLOCK; i++) {
        const cs_slice p = in->part[i];
        if (from >= p.n) {
            from -= p.n;
            continue;
        }
        const size_t more = p.n - from < BLOCK - n ? p.n - from : BLOCK - n;
        memcpy(block + n, p.p + from, more);
        n += more;
        from = 0;
    }
    if (length >= at && length - at < BLOCK)
        block[length - at] = 0x80;
    for (size_t t = 0; t < 16; t++) {
        uint64_t word;
        memcpy(&word, block + 8 * t, sizeof word);
        words[t][lane] = __builtin_bswap64(word);
    }
    if (at + BLOCK == blocks_of(length) * BLOCK)
        words[15][lane] = (uint64_t)length * 8;
}

void cs_sha512_lanes(uint8_t (*out)[CS_SHA512_BYTES], const cs_sha512_input *in, size_t n)
{
    uint64_t words[16][LANES] = {{0}};
    size_t lengths[LANES] = {0}, most = 0;
    __m512i state[8];
    for (size_t i = 0; i < n; i++) {
        lengths[i] = length_of(&in[i]);
        most = blocks_of(lengths[i]) > most ? blocks_of(lengths[i]) : most;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] = _mm512_set1_epi64((long long)beginning[i]);
    for (size_t b = 0; b < most; b++) {
        unsigned lanes = 0;
        for (size_t i = 0; i < n; i++) {
            if (b >= blocks_of(lengths[i]))
                continue;
            fill(words, i, &in[i], lengths[i], b * BLOCK);
            lanes |= 1u << i;
        }
        hash_blocks(state, words, (__mmask8)lanes);
    }
    for (size_t word = 0; word < 8; word++) {
        uint64_t of[LANES];
        _mm512_storeu_si512(of, state[word]);
        for (size_t i = 0; i < n; i++)
            for (size_t byte = 0; byte < 8; byte++)
                out[i][8 * word + byte] = (uint8_t)(of[i] >> (56 - 8 * byte));
    }
}
