/* SPDX-License-Identifier: Apache-2.0 */
#include "backward.h"

#include "fail_with.h"

#include <stdlib.h>
#include <string.h>

/* Windows are needed with their places. */
static const struct reader_limits no_batches = { .wait_ms = 0 };

/* A window that must wait until those behind it were given out. */
struct held {
    struct held *below;
    struct reader_window window;
    char excerpt[READER_EXCERPT_BYTES];
    struct span spans[];
};

struct backward {
    struct reader *reader;
    uint64_t end;
    struct reader_place
        *places; /* [0] is the start, [i] is behind the i-th window of the first pass */
    size_t n_places, room_places;
    bool indexed;
    enum split_framing framing;
    size_t stretch;     /* the one being read; those above it are done */
    int64_t missing;    /* its records that were not read yet */
    struct held *held;  /* its windows, the last one on top */
    struct held *given; /* what the last backward_next() gave out */
};

static bool
add_place(struct backward *backward, struct reader_place place)
{
    if (backward->n_places == backward->room_places) {
        size_t room = backward->room_places == 0 ? 64 : 2 * backward->room_places;
        struct reader_place *places = realloc(backward->places, room * sizeof(*places));
        if (places == NULL)
            return false;
        backward->places = places;
        backward->room_places = room;
    }
    backward->places[backward->n_places++] = place;
    return true;
}

struct backward *
backward_create(struct reader *reader, uint64_t end)
{
    struct backward *backward = calloc(1, sizeof(*backward));
    if (backward == NULL)
        return NULL;
    backward->reader = reader;
    backward->end = end;
    if (add_place(backward, (struct reader_place){ 0, 0 }))
        return backward;
    backward_destroy(backward);
    return NULL;
}

static void
drop_held(struct held *held)
{
    while (held != NULL) {
        struct held *below = held->below;
        chunk_unref(held->window.chunk);
        free(held);
        held = below;
    }
}

void
backward_destroy(struct backward *backward)
{
    if (backward == NULL)
        return;
    drop_held(backward->held);
    drop_held(backward->given);
    free(backward->places);
    free(backward);
}

/* The first pass. END: all places are known. */
static enum reader_result
index_file(struct backward *backward, struct levada_call *call)
{
    struct reader_window window;
    for (unsigned i = 0; i < 256; i++) { /* some tens of milliseconds */
        enum reader_result result = reader_next(backward->reader, call, &no_batches, &window);
        if (result == READER_END) {
            backward->indexed = true;
            backward->stretch = backward->n_places - 1;
            reader_framing(backward->reader, &backward->framing);
        }
        if (result != READER_RECORDS)
            return result;
        if (!add_place(backward, reader_place_after(&window, window.n - 1))) {
            fail_memory(call);
            return READER_FAILED;
        }
    }
    return READER_WAITS;
}

/* Goes to the beginning of the stretch below. */
static levada_status
begin_stretch(struct backward *backward, struct levada_call *call)
{
    const struct reader_place *from = &backward->places[--backward->stretch];
    backward->missing = from[1].number - from->number;
    return backward->stretch == 0 ? reader_rewind(backward->reader, call)
                                  : reader_resume(backward->reader, call, backward->framing, *from);
}

/* Keeps what of @window belongs to the stretch and was not done already. */
static levada_status
hold(struct backward *backward, struct levada_call *call, const struct reader_window *window)
{
    size_t n = window->n;
    if ((int64_t)n > backward->missing)
        n = (size_t)backward->missing;
    backward->missing -= (int64_t)n;
    while (n > 0 && reader_offset(window, n - 1) >= backward->end)
        n--;
    if (n == 0)
        return LEVADA_OK;
    struct held *held = malloc(sizeof(*held) + n * sizeof(*held->spans));
    if (held == NULL)
        return fail_memory(call);
    held->below = backward->held;
    held->window = *window;
    held->window.n = n;
    chunk_ref(held->window.chunk);
    memcpy(held->spans, window->spans, n * sizeof(*held->spans));
    held->window.spans = held->spans;
    memcpy(held->excerpt, window->excerpt, window->excerpt_n);
    held->window.excerpt = held->excerpt;
    backward->held = held;
    return LEVADA_OK;
}

/* Reads the rest of the stretch. END: it is all there. */
static enum reader_result
read_stretch(struct backward *backward, struct levada_call *call)
{
    struct reader_window window;
    while (backward->missing > 0) {
        enum reader_result result = reader_next(backward->reader, call, &no_batches, &window);
        if (result == READER_END) {
            levada->fail(call, LEVADA_IO, "the file became shorter while it was read backwards");
            return READER_FAILED;
        }
        if (result != READER_RECORDS)
            return result;
        if (hold(backward, call, &window) != LEVADA_OK)
            return READER_FAILED;
    }
    return READER_END;
}

enum reader_result
backward_next(struct backward *backward, struct levada_call *call, struct reader_window *window)
{
    drop_held(backward->given);
    backward->given = NULL;
    while (!backward->indexed) {
        enum reader_result result = index_file(backward, call);
        if (result != READER_END)
            return result;
    }
    while (backward->missing > 0 || backward->held == NULL) {
        if (backward->missing == 0 && backward->stretch == 0)
            return READER_END;
        if (backward->missing == 0 && begin_stretch(backward, call) != LEVADA_OK)
            return READER_FAILED;
        enum reader_result result = read_stretch(backward, call);
        if (result != READER_END)
            return result;
    }
    struct held *top = backward->held;
    backward->held = top->below;
    top->below = NULL;
    backward->given = top;
    *window = top->window;
    return READER_RECORDS;
}
