/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/shape.h"

#include "base/units.h"
#include "runtime/shape_options.h"

#include <string.h>

static void
write_duration(struct strbuf *out, const char *name, int64_t ns)
{
    char text[64];
    if (ns != 0)
        strbuf_printf(out, "%s = \"%s\"\n", name, units_format_duration(ns, text, sizeof(text)));
}

/* As JSON, so that any text can be told from what stands around it. */
static void
write_text(struct strbuf *out, const char *text)
{
    strbuf_json_string(out, text, strlen(text));
}

static void
write_cell(struct strbuf *out, uint32_t c, const struct table_cell *cell)
{
    static const char *const types[] = {
        [LEVADA_T_I64] = "integer", [LEVADA_T_F64] = "number", [LEVADA_T_BIN] = "bytes"
    };
    strbuf_printf(out, "cell %u = [\"%s\", %u, ", c, types[cell->type], cell->size);
    if (cell->name != NULL)
        write_text(out, cell->name);
    else
        strbuf_str(out, "null");
    strbuf_str(out, "]\n");
}

static void
write_table(const struct stage *stage, struct strbuf *out)
{
    static const char *const modes[] = { "default", "complete", "update", "append" };
    const struct table_options *options = &stage->table_options;
    const struct levada_path *const *groups = options->group_by.items;
    if (options->event_time != NULL) {
        strbuf_str(out, "event_time = ");
        write_text(out, options->event_time->text);
        strbuf_char(out, '\n');
    }
    write_duration(out, "window", options->window);
    write_duration(out, "slide", options->slide);
    write_duration(out, "offset", options->offset);
    write_duration(out, "session", options->session);
    write_duration(out, "watermark", options->watermark);
    strbuf_str(out, "group_by = [");
    for (uint64_t g = 0; g < options->group_by.n; g++) {
        strbuf_str(out, g > 0 ? ", " : "");
        write_text(out, groups[g]->text);
    }
    strbuf_str(out, "]\n");
    strbuf_printf(out, "output_mode = \"%s\"\n",
                  options->output_mode == TABLE_DEFAULT
                      ? modes[table_is_complete_mode(stage->table) ? TABLE_COMPLETE : TABLE_APPEND]
                      : modes[options->output_mode]);
    uint32_t n_cells;
    const struct table_cell *cells = table_cells(stage->table, &n_cells);
    for (uint32_t c = 0; c < n_cells; c++)
        write_cell(out, c, &cells[c]);
    shape_write_options(stage, out);
}

void
shape_write(const struct stage *stage, struct strbuf *out)
{
    strbuf_printf(out, "plugin = \"%s\"\n", stage->op->id);
    if (stage->op->state_version > 0)
        strbuf_printf(out, "state_version = %u\n", stage->op->state_version);
    if (stage->table != NULL)
        write_table(stage, out);
    if (stage->is_repartitioned)
        strbuf_str(out, "repartitioned = true\n");
}

/* ---- the difference ---- */

struct line {
    const char *text;
    size_t n, name_n; /* name_n: up to " = " */
};

static bool
next_line(const char **at, const char *end, struct line *line)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    if (stop == NULL)
        stop = end;
    const char *equals = memmem(*at, (size_t)(stop - *at), " = ", 3);
    *line = (struct line){ *at, (size_t)(stop - *at),
                           equals != NULL ? (size_t)(equals - *at) : (size_t)(stop - *at) };
    *at = stop + 1;
    return true;
}

/* The line of the same name in @text, or an empty one. */
static struct line
find_line(const char *text, size_t n, const struct line *wanted)
{
    const char *at = text;
    struct line line;
    while (next_line(&at, text + n, &line)) {
        if (line.name_n == wanted->name_n && memcmp(line.text, wanted->text, line.name_n) == 0)
            return line;
    }
    return (struct line){ "", 0, 0 };
}

/* What the line says of an option that is written by write_duration(); false: of no such option. */
static bool
get_duration(const struct line *line, int64_t *ns)
{
    static const char *const names[] = { "window", "slide", "offset", "session", "watermark" };
    char text[64];
    size_t quotes = line->name_n + strlen(" = \""), n = line->n - 1;
    bool is_one = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        is_one = is_one || (strlen(names[i]) == line->name_n &&
                            memcmp(names[i], line->text, line->name_n) == 0);
    if (!is_one || line->n <= quotes || n - quotes >= sizeof(text))
        return false;
    memcpy(text, line->text + quotes, n - quotes);
    text[n - quotes] = '\0';
    return units_parse_duration(text, ns);
}

/* The same time is the same, however it was written. */
static bool
says_the_same(const struct line *a, const struct line *b)
{
    int64_t a_ns, b_ns;
    if (a->n == b->n && memcmp(a->text, b->text, a->n) == 0)
        return true;
    return get_duration(a, &a_ns) && get_duration(b, &b_ns) && a_ns == b_ns;
}

static void
tell_difference(struct strbuf *out, const struct line *name, const struct line *was,
                const struct line *is)
{
    size_t skip = name->name_n + 3; /* " = " */
    strbuf_printf(out, "%s%.*s was %.*s and is %.*s", out->n > 0 ? "; " : "", (int)name->name_n,
                  name->text, was->n > skip ? (int)(was->n - skip) : 5,
                  was->n > skip ? was->text + skip : "unset",
                  is->n > skip ? (int)(is->n - skip) : 5, is->n > skip ? is->text + skip : "unset");
}

/* Lines of @a that @b has otherwise or not at all. */
static void
compare_lines(struct strbuf *out, const char *a, size_t a_n, const char *b, size_t b_n, bool a_was)
{
    const char *at = a;
    struct line line;
    while (next_line(&at, a + a_n, &line)) {
        struct line other = find_line(b, b_n, &line);
        if (says_the_same(&line, &other))
            continue;
        if (a_was)
            tell_difference(out, &line, &line, &other);
        else if (other.n == 0) /* the others were told from the other side */
            tell_difference(out, &line, &other, &line);
    }
}

levada_status
shape_compare(const struct stage *stage, const char *stored, size_t n, struct error *err)
{
    struct strbuf now = { 0 }, difference = { 0 };
    levada_status status = LEVADA_OK;
    shape_write(stage, &now);
    compare_lines(&difference, stored, n, strbuf_text(&now), now.n, true);
    compare_lines(&difference, strbuf_text(&now), now.n, stored, n, false);
    if (strbuf_failed(&now) || strbuf_failed(&difference))
        status = error_set(err, LEVADA_FATAL, "out of memory");
    else if (difference.n > 0)
        status = error_set(err, LEVADA_CONFIG,
                           "stage \"%s\" has changed and its state no longer fits: %s; give the "
                           "pipeline another `checkpoint`, or undo the change",
                           stage->name, strbuf_text(&difference));
    strbuf_finish(&now);
    strbuf_finish(&difference);
    return status;
}
