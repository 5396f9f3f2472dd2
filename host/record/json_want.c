/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_want.h"

#include <stdlib.h>

struct json_want *
json_want_name(const struct json_want *object, const char *name, uint32_t n)
{
    struct json_want *want = object->names;
    while (want != NULL && !json_want_is(want, name, n))
        want = want->next;
    return want;
}

struct json_want *
json_want_element(const struct json_want *array, uint32_t index)
{
    struct json_want *want = array->elements;
    while (want != NULL && want->step.index != index)
        want = want->next;
    return want;
}

static struct json_want *
add_step(struct json_want *parent, const struct path_step *step)
{
    struct json_want *want = calloc(1, sizeof(*want));
    if (want == NULL)
        return NULL;
    struct json_want **list = step->name != NULL ? &parent->names : &parent->elements;
    want->step = *step;
    want->column = JSON_NO_COLUMN;
    want->next = *list;
    *list = want;
    if (step->name != NULL)
        parent->kinds |= UINT64_C(1)
                         << json_want_kind(step->name_n + 2, step->name_n > 0 ? *step->name : '"');
    return want;
}

struct json_want *
json_want_add(struct json_want *root, const struct levada_path *path)
{
    struct json_want *want = root;
    for (uint32_t i = 0; i < path->n_steps && want != NULL; i++) {
        const struct path_step *step = &path->steps[i];
        struct json_want *child = step->name != NULL
                                      ? json_want_name(want, step->name, step->name_n)
                                      : json_want_element(want, step->index);
        want = child != NULL ? child : add_step(want, step);
    }
    return want;
}

static void
destroy_list(struct json_want *want)
{
    while (want != NULL) {
        struct json_want *next = want->next;
        json_want_finish(want);
        free(want);
        want = next;
    }
}

void
json_want_finish(struct json_want *root)
{
    destroy_list(root->names);
    destroy_list(root->elements);
}
