/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <stdlib.h>
#include <string.h>

void
answers_finish(struct answers *answers)
{
    free(answers->items);
    free(answers->pieces);
    free(answers->text);
    *answers = (struct answers){ 0 };
}

void
answers_clear(struct answers *answers)
{
    answers->n = answers->n_pieces = 0;
    answers->text_n = 0;
}

static bool
make_room(void *items, uint32_t n, uint32_t *room, size_t size)
{
    void **place = items;
    if (n < *room)
        return true;
    void *grown = realloc(*place, (size_t)(n + 16) * 2 * size);
    if (grown == NULL)
        return false;
    *place = grown;
    *room = (n + 16) * 2;
    return true;
}

static bool
keep_text(struct answers *answers, const char *text, size_t n, size_t *at)
{
    if (answers->text_room - answers->text_n < n) {
        size_t room = (answers->text_n + n) * 2;
        char *grown = realloc(answers->text, room);
        if (grown == NULL)
            return false;
        answers->text = grown;
        answers->text_room = room;
    }
    memcpy(answers->text + answers->text_n, text, n);
    *at = answers->text_n;
    answers->text_n += n;
    return true;
}

static bool
add_piece(struct answers *answers, const char *text, size_t n)
{
    if (!make_room(&answers->pieces, answers->n_pieces, &answers->room_pieces,
                   sizeof(*answers->pieces)))
        return false;
    struct piece *piece = &answers->pieces[answers->n_pieces];
    if (!keep_text(answers, text, n, &piece->at))
        return false;
    piece->n = n;
    answers->n_pieces++;
    return true;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the object that begins at @p; @end where it has none. Whether it is JSON, the host
 * tells. */
static const char *
object_end(const char *p, const char *end)
{
    int depth = 0;
    bool in_text = false;
    for (; p < end; p++) {
        if (in_text && *p == '\\')
            p++;
        else if (*p == '"')
            in_text = !in_text;
        else if (!in_text && *p == '{')
            depth++;
        else if (!in_text && *p == '}' && --depth == 0)
            return p + 1;
    }
    return end;
}

/* "[ {..}, {..} ]", and nothing but objects in it. */
static enum answers_added
add_list(struct answers *answers, const char *p, const char *end)
{
    bool first = true;
    for (p++;; first = false) {
        while (p < end && is_space(*p))
            p++;
        if (p < end && *p == ']' && end - p == 1)
            return ANSWERS_FINE;
        if (!first) {
            if (p >= end || *p++ != ',')
                return ANSWERS_NO_ANSWER;
            while (p < end && is_space(*p))
                p++;
        }
        if (p >= end || *p != '{')
            return ANSWERS_NO_ANSWER;
        const char *start = p;
        p = object_end(p, end);
        if (p == end)
            return ANSWERS_NO_ANSWER;
        if (!add_piece(answers, start, (size_t)(p - start)))
            return ANSWERS_NO_MEMORY;
    }
}

static enum answers_added
add(struct answers *answers, struct answer *answer, const char *text, size_t n)
{
    if (n == 4 && memcmp(text, "null", 4) == 0)
        return ANSWERS_FINE;
    if (n >= 2 && text[0] == '{' && text[n - 1] == '}')
        return add_piece(answers, text, n) ? ANSWERS_FINE : ANSWERS_NO_MEMORY;
    if (n >= 2 && text[0] == '[')
        return add_list(answers, text, text + n);
    if (n < 2 || text[0] != '"' || text[n - 1] != '"')
        return ANSWERS_NO_ANSWER;
    answer->kind = ANSWER_REJECTED;
    answer->n = n - 1; /* with a NUL in place of the second quote */
    if (!keep_text(answers, text + 1, n - 1, &answer->at))
        return ANSWERS_NO_MEMORY;
    answers->text[answer->at + n - 2] = '\0';
    return ANSWERS_FINE;
}

enum answers_added
answers_add(struct answers *answers, const char *text, size_t n)
{
    if (!make_room(&answers->items, answers->n, &answers->room, sizeof(*answers->items)))
        return ANSWERS_NO_MEMORY;
    while (n > 0 && is_space(text[n - 1]))
        n--;
    while (n > 0 && is_space(text[0])) {
        text++;
        n--;
    }
    struct answer answer = { .kind = ANSWER_RECORDS, .first = answers->n_pieces };
    enum answers_added added = add(answers, &answer, text, n);
    answer.n_records = answers->n_pieces - answer.first;
    answers->items[answers->n++] = answer;
    return added;
}

enum answers_added
answers_skip(struct answers *answers)
{
    if (!make_room(&answers->items, answers->n, &answers->room, sizeof(*answers->items)))
        return ANSWERS_NO_MEMORY;
    answers->items[answers->n++] = (struct answer){ .kind = ANSWER_NOT_ASKED };
    return ANSWERS_FINE;
}
