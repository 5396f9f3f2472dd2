/* SPDX-License-Identifier: Apache-2.0 */
#include "object_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define SCAN_NAME object_scan_avx2
#define SCAN_TARGET __attribute__((target("avx2,popcnt")))
#define SCAN_INLINE SCAN_TARGET __attribute__((always_inline)) static inline

struct scan_masks {
    uint64_t quotes, backslashes, braces, newlines;
};

SCAN_INLINE uint64_t
scan_join(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

SCAN_INLINE uint64_t
scan_equal(__m256i a, __m256i b, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    return scan_join(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted));
}

SCAN_INLINE __m256i
scan_braces(__m256i part)
{
    return _mm256_or_si256(_mm256_cmpeq_epi8(part, _mm256_set1_epi8('{')),
                           _mm256_cmpeq_epi8(part, _mm256_set1_epi8('}')));
}

SCAN_INLINE struct scan_masks
scan_load(const char *block, bool lines)
{
    const __m256i *from = (const __m256i *)(const void *)block;
    __m256i a = _mm256_loadu_si256(from), b = _mm256_loadu_si256(from + 1);
    return (struct scan_masks){
        .quotes = scan_equal(a, b, '"'),
        .backslashes = scan_equal(a, b, '\\'),
        .braces = scan_join(scan_braces(a), scan_braces(b)),
        .newlines = lines ? scan_equal(a, b, '\n') : 0,
    };
}

/*
 * The bytes of @part that a block must not have to be skipped. { and } are two of the five ASCII
 * characters above z; the others are rare.
 */
SCAN_INLINE __m256i
scan_special(__m256i part, bool lines)
{
    __m256i special = _mm256_or_si256(_mm256_cmpgt_epi8(part, _mm256_set1_epi8('z')),
                                      _mm256_cmpeq_epi8(part, _mm256_set1_epi8('\\')));
    return lines ? _mm256_or_si256(special, _mm256_cmpeq_epi8(part, _mm256_set1_epi8('\n')))
                 : special;
}

SCAN_INLINE size_t
scan_skip(const char *text, size_t at, size_t n, bool lines, bool *in_string)
{
    const __m256i quote = _mm256_set1_epi8('"');
    __m256i odd =
        _mm256_setzero_si256(); /* per place in 32 bytes: an odd number of quotes so far */
    for (size_t room = n - at; room >= 64; room -= 64, at += 64) {
        const __m256i *from = (const __m256i *)(const void *)(text + at);
        __m256i a = _mm256_loadu_si256(from), b = _mm256_loadu_si256(from + 1);
        __m256i special = _mm256_or_si256(scan_special(a, lines), scan_special(b, lines));
        if (!_mm256_testz_si256(special, special))
            break;
        odd = _mm256_xor_si256(
            odd, _mm256_xor_si256(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote)));
    }
    *in_string ^= __builtin_parity((unsigned)_mm256_movemask_epi8(odd));
    return at;
}

#include "object_scan_blocks.h"
#else
typedef int object_scan_avx2_unused;
#endif
