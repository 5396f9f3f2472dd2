/* SPDX-License-Identifier: Apache-2.0 */
#include "object_scan.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#include <string.h>

#define SCAN_NAME object_scan_sse2
#define SCAN_TARGET
#define SCAN_INLINE __attribute__((always_inline)) static inline

struct scan_masks {
    uint64_t quotes, backslashes, braces, newlines;
};

SCAN_INLINE uint64_t
scan_join(__m128i a, __m128i b, __m128i c, __m128i d)
{
    uint64_t low = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    uint64_t high = (uint32_t)_mm_movemask_epi8(c) | (uint32_t)_mm_movemask_epi8(d) << 16;
    return low | high << 32;
}

SCAN_INLINE uint64_t
scan_equal(const __m128i part[4], char c)
{
    __m128i wanted = _mm_set1_epi8(c);
    return scan_join(_mm_cmpeq_epi8(part[0], wanted), _mm_cmpeq_epi8(part[1], wanted),
                     _mm_cmpeq_epi8(part[2], wanted), _mm_cmpeq_epi8(part[3], wanted));
}

SCAN_INLINE struct scan_masks
scan_load(const char *block, bool lines)
{
    const __m128i *from = (const __m128i *)(const void *)block;
    __m128i part[4] = { _mm_loadu_si128(from), _mm_loadu_si128(from + 1), _mm_loadu_si128(from + 2),
                        _mm_loadu_si128(from + 3) };
    return (struct scan_masks){
        .quotes = scan_equal(part, '"'),
        .backslashes = scan_equal(part, '\\'),
        .braces = scan_equal(part, '{') | scan_equal(part, '}'),
        .newlines = lines ? scan_equal(part, '\n') : 0,
    };
}

/*
 * The bytes of @part that a block must not have to be skipped. { and } are two of the five ASCII
 * characters above z; the others are rare.
 */
SCAN_INLINE __m128i
scan_special(__m128i part, bool lines)
{
    __m128i special = _mm_or_si128(_mm_cmpgt_epi8(part, _mm_set1_epi8('z')),
                                   _mm_cmpeq_epi8(part, _mm_set1_epi8('\\')));
    return lines ? _mm_or_si128(special, _mm_cmpeq_epi8(part, _mm_set1_epi8('\n'))) : special;
}

SCAN_INLINE size_t
scan_skip(const char *text, size_t at, size_t n, bool lines, bool *in_string)
{
    const __m128i quote = _mm_set1_epi8('"');
    __m128i odd = _mm_setzero_si128(); /* per place in 16 bytes: an odd number of quotes so far */
    for (size_t room = n - at; room >= 64; room -= 64, at += 64) {
        __m128i special = _mm_setzero_si128(), quotes = _mm_setzero_si128();
        for (unsigned i = 0; i < 4; i++) {
            __m128i part = _mm_loadu_si128((const __m128i *)(const void *)(text + at) + i);
            special = _mm_or_si128(special, scan_special(part, lines));
            quotes = _mm_xor_si128(quotes, _mm_cmpeq_epi8(part, quote));
        }
        if (_mm_movemask_epi8(special) != 0)
            break;
        odd = _mm_xor_si128(odd, quotes);
    }
    *in_string ^= __builtin_parity((unsigned)_mm_movemask_epi8(odd));
    return at;
}

#include "object_scan_blocks.h"
#else
typedef int object_scan_sse2_unused;
#endif
