/* SPDX-License-Identifier: Apache-2.0 */
#include "resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const framings[] = { "array", "concatenated", "lines" };

static const char *
word_of(const struct resume *resume)
{
    return resume->reverse ? "reverse" : resume->ended ? "end" : framings[resume->framing];
}

size_t
resume_format(const struct resume *resume, char text[RESUME_TEXT_SIZE])
{
    const struct input_identity *identity = &resume->identity;
    int n = snprintf(text, RESUME_TEXT_SIZE,
                     "%" PRIu64 ";%" PRIu64 ";%08" PRIx32 ";%" PRIu32 ";%" PRIu64 ";%" PRId64 ";%s",
                     identity->device, identity->inode, identity->fingerprint,
                     identity->fingerprint_bytes, identity->size, resume->place.number,
                     word_of(resume));
    return (size_t)n;
}

static bool
parse_word(struct resume *resume, const char *word)
{
    resume->reverse = strcmp(word, "reverse") == 0;
    resume->ended = strcmp(word, "end") == 0;
    for (unsigned i = 0; i < sizeof(framings) / sizeof(*framings); i++) {
        if (strcmp(word, framings[i]) != 0)
            continue;
        resume->framing = (enum split_framing)i;
        return true;
    }
    return resume->reverse || resume->ended;
}

bool
resume_parse(struct resume *resume, const struct levada_position *position)
{
    char text[RESUME_TEXT_SIZE], word[16];
    *resume = (struct resume){ .known = true };
    struct input_identity *identity = &resume->identity;
    if (position->detail.n >= sizeof(text) || position->next < 0)
        return false;
    memcpy(text, position->detail.p, position->detail.n);
    text[position->detail.n] = 0;
    int fields =
        sscanf(text, "%" SCNu64 ";%" SCNu64 ";%" SCNx32 ";%" SCNu32 ";%" SCNu64 ";%" SCNd64 ";%15s",
               &identity->device, &identity->inode, &identity->fingerprint,
               &identity->fingerprint_bytes, &identity->size, &resume->place.number, word);
    resume->place.offset = (uint64_t)position->next;
    return fields == 7 && resume->place.number >= 0 && parse_word(resume, word);
}

levada_status
resume_check(const struct resume *resume, struct levada_call *call, struct input *input,
             const char *path, char *why)
{
    struct input_identity now;
    const struct input_identity *then = &resume->identity;
    levada_status status = input_identify(input, call, then->fingerprint_bytes, &now);
    if (status != LEVADA_OK)
        return status;
    if (now.size < then->size) {
        snprintf(why, RESUME_WHY_SIZE,
                 "%s: was cut to %" PRIu64 " bytes since it was read up to byte %" PRIu64
                 " of %" PRIu64,
                 path, now.size, resume->place.offset, then->size);
        return LEVADA_REJECT;
    }
    if (now.fingerprint != then->fingerprint || (resume->reverse && now.size != then->size)) {
        snprintf(why, RESUME_WHY_SIZE,
                 "%s: is not the file that was read up to byte %" PRIu64 ": its contents changed",
                 path, resume->place.offset);
        return LEVADA_REJECT;
    }
    return LEVADA_OK;
}
