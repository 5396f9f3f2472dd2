/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/setup.h"

#include "isolation/setting_wire.h"

void
setup_put(const struct setup *setup, struct wire_out *out)
{
    wire_put_text(out, setup->pipeline);
    wire_put_text(out, setup->stage);
    wire_put_text(out, setup->file);
    wire_put_text(out, setup->id);
    wire_put(out, setup->log_level);
    wire_put(out, setup->color);
    wire_put(out, setup->confinement.network);
    wire_put(out, (uint64_t)setup->confinement.memory_bytes);
    wire_put(out, (uint64_t)setup->confinement.files);
    wire_put(out, (uint64_t)setup->confinement.cpu_ns);
    setting_put(&setup->settings, out);
}

static const char *
get_text(struct wire_in *in, struct arena *arena)
{
    const char *text = wire_get_text(in);
    char *copy = text != NULL ? arena_copy(arena, text, strlen(text)) : NULL;
    in->failed = in->failed || copy == NULL;
    return copy;
}

bool
setup_get(struct setup *setup, struct wire_in *in, struct arena *arena)
{
    setup->pipeline = get_text(in, arena);
    setup->stage = get_text(in, arena);
    setup->file = get_text(in, arena);
    setup->id = get_text(in, arena);
    setup->log_level = (enum log_level)wire_get(in);
    setup->color = wire_get(in) != 0;
    setup->confinement.network = wire_get(in) != 0;
    setup->confinement.memory_bytes = (int64_t)wire_get(in);
    setup->confinement.files = (int64_t)wire_get(in);
    setup->confinement.cpu_ns = (int64_t)wire_get(in);
    return setting_get(&setup->settings, in, arena);
}
