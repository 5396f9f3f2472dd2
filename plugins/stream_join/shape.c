/* SPDX-License-Identifier: Apache-2.0 */
#include "shape.h"

#include "stream_join.h"

#include <inttypes.h>
#include <stdio.h>

static void
write_text(struct packer *out, const char *text)
{
    pack_raw(out, text, strlen(text));
}

static void
write_pair(struct packer *out, const char *name, const struct path_pair *pair)
{
    write_text(out, name);
    write_text(out, " = { ");
    write_text(out, levada->name_of(pair->left));
    write_text(out, "; ");
    write_text(out, levada->name_of(pair->right));
    write_text(out, " }; ");
}

static void
write_span(struct packer *out, const char *name, int64_t ns)
{
    char text[64];
    snprintf(text, sizeof(text), "%s = %" PRId64 " ms; ", name, ns / NS_PER_MS);
    write_text(out, text);
}

void
shape_write(const struct stream_join *self, struct packer *out)
{
    const struct path_pair *on = self->on.items;
    const struct right_field *add = self->add.items;
    for (uint64_t k = 0; k < self->on.n; k++)
        write_pair(out, "on", &on[k]);
    write_pair(out, "event_time", &self->event_time);
    write_span(out, "before", self->before);
    write_span(out, "after", self->after);
    write_text(out, self->type == JOIN_LEFT ? "type = left; add =" : "type = inner; add =");
    for (uint64_t f = 0; f < self->add.n; f++) {
        write_text(out, f > 0 ? ", " : " ");
        write_text(out, levada->name_of(add[f].right));
    }
}
