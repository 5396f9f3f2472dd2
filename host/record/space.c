/* SPDX-License-Identifier: Apache-2.0 */
#include "record/batch_private.h"

#include <stdlib.h>
#include <string.h>

/*
 * A path whose values hardly repeat would let its dictionary grow with the input. Past this it is
 * begun anew: who remembered something by id sees another generation.
 */
#define DICT_MAX_ENTRIES (1u << 20)
#define DICT_MAX_BYTES ((size_t)64 << 20)

struct record_space *
record_space_create(void)
{
    struct record_space *space = calloc(1, sizeof(*space));
    if (space == NULL)
        return NULL;
    space->paths = path_set_create();
    space->pool = block_pool_create();
    if (space->paths == NULL || space->pool == NULL ||
        record_space_stream(space, "", "") == UINT32_MAX) {
        record_space_destroy(space);
        return NULL;
    }
    return space;
}

static void
stream_finish(struct stream *stream)
{
    free(stream->source);
    free(stream->name);
}

void
record_space_destroy(struct record_space *space)
{
    if (space == NULL)
        return;
    for (uint32_t i = 0; i < space->n_dicts; i++)
        dict_unref(space->dicts[i]);
    free(space->dicts);
    for (uint32_t i = 0; i < space->n_streams; i++)
        stream_finish(&space->streams[i]);
    free(space->streams);
    if (space->pool != NULL)
        block_pool_close(space->pool);
    path_set_destroy(space->paths);
    arena_finish(&space->scratch);
    free(space);
}

struct path_set *
record_space_paths(struct record_space *space)
{
    return space->paths;
}

uint32_t
record_space_stream(struct record_space *space, const char *source, const char *name)
{
    for (uint32_t i = 0; i < space->n_streams; i++) {
        const struct stream *stream = &space->streams[i];
        if (strcmp(stream->name, name) == 0 && strcmp(stream->source, source) == 0)
            return i;
    }
    struct stream *streams = realloc(space->streams, (space->n_streams + 1) * sizeof(*streams));
    if (streams == NULL)
        return UINT32_MAX;
    space->streams = streams;
    struct stream made = { strdup(source), strdup(name) };
    if (made.source == NULL || made.name == NULL) {
        stream_finish(&made);
        return UINT32_MAX;
    }
    streams[space->n_streams] = made;
    return space->n_streams++;
}

uint32_t
record_space_n_streams(const struct record_space *space)
{
    return space->n_streams;
}

const char *
record_space_stream_source(const struct record_space *space, uint32_t stream)
{
    return stream < space->n_streams ? space->streams[stream].source : "";
}

const char *
record_space_stream_name(const struct record_space *space, uint32_t stream)
{
    return stream < space->n_streams ? space->streams[stream].name : "";
}

static bool
make_room_for_dict(struct record_space *space, uint32_t number)
{
    if (number < space->n_dicts)
        return true;
    uint32_t n = path_set_count(space->paths);
    struct dict **dicts = realloc(space->dicts, n * sizeof(struct dict *));
    if (dicts == NULL)
        return false;
    memset(dicts + space->n_dicts, 0, (n - space->n_dicts) * sizeof(struct dict *));
    space->dicts = dicts;
    space->n_dicts = n;
    return true;
}

struct dict *
record_space_dict(struct record_space *space, const struct levada_path *path)
{
    if (!make_room_for_dict(space, path->number))
        return NULL;
    struct dict **dict = &space->dicts[path->number];
    if (*dict != NULL &&
        (dict_public(*dict)->n > DICT_MAX_ENTRIES || dict_bytes(*dict) > DICT_MAX_BYTES)) {
        dict_unref(*dict);
        *dict = NULL;
    }
    if (*dict == NULL)
        *dict = dict_create();
    return *dict;
}
