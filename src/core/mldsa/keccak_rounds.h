/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keccak-f[1600] on as many states as a vector has lanes [FIPS 202 §3]. Included by each backend, which defines
 *
 *   V             a vector of 64-bit lanes, one lane for each state
 *   XOR3(a, b, c) a ^ b ^ c
 *   CHI(a, b, c)  a ^ (~b & c)
 *   ROL(a, n)     each lane rotated left by the constant n
 *   ALL(c)        the constant in each lane
 *
 * Words are named by their place x + 5y. The loops have constant bounds and are unrolled as a whole.
 */
static const uint64_t keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* π moves word x + 5y to place y + 5(2x + 3y); ρ rotates it on the way. */
#define MOVE(x, y, n)                                                                                                  \
    b[(y) + 5 * ((2 * (x) + 3 * (y)) % 5)] = ROL(XOR3(a[(x) + 5 * (y)], c[((x) + 4) % 5], d[((x) + 1) % 5]), n)

static inline __attribute__((always_inline)) void keccak_round(V a[25], uint64_t constant)
{
    V b[25], c[5], d[5];
    UNROLL
    for (int x = 0; x < 5; x++) {
        c[x] = XOR3(XOR3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
        d[x] = ROL(c[x], 1);
    }
    b[0] = XOR3(a[0], c[4], d[1]);
    MOVE(1, 0, 1), MOVE(2, 0, 62), MOVE(3, 0, 28), MOVE(4, 0, 27);
    MOVE(0, 1, 36), MOVE(1, 1, 44), MOVE(2, 1, 6), MOVE(3, 1, 55), MOVE(4, 1, 20);
    MOVE(0, 2, 3), MOVE(1, 2, 10), MOVE(2, 2, 43), MOVE(3, 2, 25), MOVE(4, 2, 39);
    MOVE(0, 3, 41), MOVE(1, 3, 45), MOVE(2, 3, 15), MOVE(3, 3, 21), MOVE(4, 3, 8);
    MOVE(0, 4, 18), MOVE(1, 4, 2), MOVE(2, 4, 61), MOVE(3, 4, 56), MOVE(4, 4, 14);
    UNROLL
    for (int y = 0; y < 25; y += 5)
        UNROLL
    for (int x = 0; x < 5; x++)
        a[y + x] = CHI(b[y + x], b[y + (x + 1) % 5], b[y + (x + 2) % 5]);
    a[0] = a[0] ^ ALL(constant);
}

static inline __attribute__((always_inline)) void keccak_rounds(V a[25])
{
    for (int i = 0; i < 24; i += 2) {
        keccak_round(a, keccak_constants[i]);
        keccak_round(a, keccak_constants[i + 1]);
    }
}
#undef MOVE
