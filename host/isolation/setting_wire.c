/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/setting_wire.h"

void
setting_put(const struct setting *setting, struct wire_out *out)
{
    wire_put(out, setting->type);
    wire_put_text(out, setting->name);
    wire_put_text(out, setting->text);
    wire_put_text(out, setting->folder);
    wire_put(out, setting->secret);
    wire_put(out, (uint64_t)setting->i);
    wire_put_bytes(out, &setting->f, sizeof(setting->f));
    wire_put(out, setting->n_children);
    for (size_t i = 0; i < setting->n_children; i++)
        setting_put(&setting->children[i], out);
}

static char *
copy_text(struct wire_in *in, struct arena *arena)
{
    const char *text = wire_get_text(in);
    return text != NULL ? arena_copy(arena, text, strlen(text)) : NULL;
}

bool
setting_get(struct setting *setting, struct wire_in *in, struct arena *arena)
{
    uint64_t n;
    *setting = (struct setting){ .type = (enum setting_type)wire_get(in) };
    setting->name = copy_text(in, arena);
    setting->text = copy_text(in, arena);
    setting->folder = copy_text(in, arena);
    setting->secret = wire_get(in) != 0;
    setting->i = (int64_t)wire_get(in);
    const void *number = wire_get_bytes(in, &n);
    if (number != NULL && n == sizeof(setting->f))
        memcpy(&setting->f, number, sizeof(setting->f));
    setting->n_children = wire_get(in);
    if (in->failed || setting->n_children > in->n)
        return false;
    setting->children = arena_alloc(arena, setting->n_children * sizeof(*setting->children));
    for (size_t i = 0; i < setting->n_children; i++) {
        if (setting->children == NULL || !setting_get(&setting->children[i], in, arena))
            return false;
    }
    return setting->children != NULL;
}
