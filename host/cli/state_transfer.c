/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/state_verbs.h"

#include "base/strbuf.h"
#include "cli/state_output.h"
#include "state/codec.h"
#include "state/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A checkpoint as lines of JSON: which format, then the entries in their order, keys and values in
 * hexadecimal, then how many there are and a checksum over all. Without that last line, and with
 * one changed digit, it is no export any more.
 *
 *   {"levada_checkpoint":2,"written_by":"levada 0.1.0"}
 *   {"kind":"l","stage":"windows","key":"8000...","value":"0180..."}
 *   {"entries":1,"xxh3":"9a..."}
 */

static const struct {
    const char letter[2];
    enum codec_kind kind;
} kinds[] = {
    { "m", CODEC_META },      { "f", CODEC_SHAPE }, { "p", CODEC_POSITION },
    { "w", CODEC_WATERMARK }, { "l", CODEC_LOG },   { "k", CODEC_KEYED },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/* What both sides compute on the way. */
struct sum {
    uint64_t n;
    unsigned char hash[16];
    struct codec_buffer next; /* what the next hash is of */
};

static bool
sum_add(struct sum *sum, struct levada_bytes key, struct levada_bytes value)
{
    sum->next.n = 0;
    codec_put_bytes(&sum->next, sum->hash, sizeof(sum->hash));
    codec_put_i64(&sum->next, (int64_t)key.n);
    codec_put_bytes(&sum->next, key.p, key.n);
    codec_put_bytes(&sum->next, value.p, value.n);
    struct codec_buffer hash = { .bytes = NULL };
    codec_put_hash(&hash, sum->next.bytes, sum->next.n);
    bool added = !sum->next.failed && !hash.failed;
    if (added)
        memcpy(sum->hash, hash.bytes, sizeof(sum->hash));
    codec_finish(&hash);
    sum->n++;
    return added;
}

static void
add_hex(struct strbuf *line, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    strbuf_char(line, '"');
    for (size_t i = 0; i < n; i++) {
        strbuf_char(line, digits[at[i] >> 4]);
        strbuf_char(line, digits[at[i] & 15]);
    }
    strbuf_char(line, '"');
}

/* ---- export ---- */

struct exporter {
    struct sum sum;
    struct strbuf line;
};

static levada_status
put_line(struct exporter *exporter, struct error *err)
{
    if (strbuf_failed(&exporter->line))
        return error_set(err, LEVADA_FATAL, "out of memory");
    levada_status status = state_put_line(strbuf_text(&exporter->line), err);
    strbuf_clear(&exporter->line);
    return status;
}

static levada_status
export_entry(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct exporter *exporter = user;
    struct strbuf *line = &exporter->line;
    struct codec_key parts;
    if (key.n > 0 && *(const char *)key.p == '\0')
        return LEVADA_OK; /* the store's own */
    if (!codec_split_key(key, &parts))
        return error_set(err, LEVADA_REJECT, "an entry is none that this levada writes");
    if (!sum_add(&exporter->sum, key, value))
        return error_set(err, LEVADA_FATAL, "out of memory");
    strbuf_printf(line, "{\"kind\":\"%c\",\"stage\":", (char)parts.kind);
    strbuf_json_string(line, parts.stage, parts.stage_n);
    strbuf_str(line, ",\"key\":");
    add_hex(line, parts.rest.at, parts.rest.n);
    strbuf_str(line, ",\"value\":");
    add_hex(line, value.p, value.n);
    strbuf_char(line, '}');
    return put_line(exporter, err);
}

int
state_export(const char *folder)
{
    int code;
    struct error err = { .status = LEVADA_OK };
    struct exporter exporter = { .sum = { .n = 0 } };
    struct store *store = state_open(folder, STORE_READ, &code);
    if (store == NULL)
        return code;
    strbuf_printf(&exporter.line, "{\"levada_checkpoint\":%u,\"written_by\":\"levada %s\"}",
                  STORE_FORMAT, LEVADA_VERSION);
    levada_status status = put_line(&exporter, &err);
    if (status >= 0)
        status = store_each(store, (struct levada_bytes){ "", 0 }, export_entry, &exporter, &err);
    strbuf_printf(&exporter.line,
                  "{\"entries\":%llu,\"xxh3\":", (unsigned long long)exporter.sum.n);
    add_hex(&exporter.line, exporter.sum.hash, sizeof(exporter.sum.hash));
    strbuf_char(&exporter.line, '}');
    if (status >= 0)
        status = put_line(&exporter, &err);
    strbuf_finish(&exporter.line);
    codec_finish(&exporter.sum.next);
    return state_done(store, status, &err);
}

/* ---- import ---- */

struct importer {
    struct store *store;
    struct sum sum;
    struct codec_buffer key, value;
    bool ended; /* the last line was there */
};

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
put_hex(struct codec_buffer *buffer, const char *text)
{
    if (text == NULL || strlen(text) % 2 != 0)
        return false;
    for (; *text != '\0'; text += 2) {
        int high = hex_digit(text[0]), low = hex_digit(text[1]);
        if (high < 0 || low < 0)
            return false;
        codec_put_bytes(buffer, &(unsigned char){ (unsigned char)(high << 4 | low) }, 1);
    }
    return !buffer->failed;
}

static bool
is_last(const struct importer *importer, const json_t *line)
{
    struct strbuf hash = { 0 };
    add_hex(&hash, importer->sum.hash, sizeof(importer->sum.hash));
    json_t *expected = json_loads(strbuf_text(&hash), JSON_DECODE_ANY, NULL);
    bool same = json_equal(json_object_get(line, "xxh3"), expected) &&
                json_integer_value(json_object_get(line, "entries")) == (json_int_t)importer->sum.n;
    json_decref(expected);
    strbuf_finish(&hash);
    return same;
}

static levada_status
import_entry(struct importer *importer, const json_t *line, struct error *err)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    const char *stage = json_string_value(json_object_get(line, "stage"));
    size_t k = 0;
    while (k < N_KINDS && (kind == NULL || strcmp(kind, kinds[k].letter) != 0))
        k++;
    if (k == N_KINDS || stage == NULL)
        return error_set(err, LEVADA_REJECT, "is no entry of a checkpoint");
    codec_begin_key(&importer->key, kinds[k].kind, stage);
    importer->value.n = 0;
    if (!put_hex(&importer->key, json_string_value(json_object_get(line, "key"))) ||
        !put_hex(&importer->value, json_string_value(json_object_get(line, "value"))))
        return error_set(err, LEVADA_REJECT, "has a key or a value that is no hexadecimal text");
    struct levada_bytes key = codec_bytes(&importer->key), value = codec_bytes(&importer->value);
    if (!sum_add(&importer->sum, key, value))
        return error_set(err, LEVADA_FATAL, "out of memory");
    return store_put(importer->store, key, value, err);
}

static levada_status
import_line(struct importer *importer, const json_t *line, bool first, struct error *err)
{
    if (first) {
        json_int_t format = json_integer_value(json_object_get(line, "levada_checkpoint"));
        if (format < 1)
            return error_set(err, LEVADA_REJECT,
                             "does not begin an export of `levada state export`");
        if (format != STORE_FORMAT)
            return error_set(err, LEVADA_REJECT,
                             "has format %lld, written by %s levada; this one knows format %u",
                             (long long)format, format > STORE_FORMAT ? "a newer" : "an older",
                             STORE_FORMAT);
        return LEVADA_OK;
    }
    if (importer->ended)
        return error_set(err, LEVADA_REJECT, "comes behind the end of the export");
    if (json_object_get(line, "entries") == NULL)
        return import_entry(importer, line, err);
    importer->ended = is_last(importer, line);
    return importer->ended ? LEVADA_OK
                           : error_set(err, LEVADA_REJECT,
                                       "says that something before it is missing "
                                       "or has changed");
}

static levada_status
import_lines(struct importer *importer, FILE *in, struct error *err)
{
    char *text = NULL;
    size_t room = 0, number = 0;
    ssize_t n;
    levada_status status = LEVADA_OK;
    while (status >= 0 && (n = getline(&text, &room, in)) >= 0) {
        json_t *line = json_loadb(text, (size_t)n, 0, NULL);
        number++;
        if (line == NULL)
            status = error_set(err, LEVADA_REJECT, "is no JSON object");
        else
            status = import_line(importer, line, number == 1, err);
        json_decref(line);
        if (status == LEVADA_REJECT)
            error_in(err, "standard input: line %zu", number);
    }
    free(text);
    if (status >= 0 && ferror(in))
        return error_set(err, LEVADA_IO, "cannot read standard input");
    if (status >= 0 && !importer->ended)
        return error_set(err, LEVADA_REJECT,
                         "standard input: the export is cut: its end is missing");
    return status;
}

static levada_status
holds_something(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    bool *full = user;
    (void)value;
    (void)err;
    *full = *full || (key.n > 0 && *(const char *)key.p != '\0');
    return LEVADA_OK;
}

static levada_status
make_empty(struct store *store, const char *folder, bool force, struct error *err)
{
    bool full = false;
    levada_status status =
        store_each(store, (struct levada_bytes){ "", 0 }, holds_something, &full, err);
    if (status >= 0 && full && !force)
        return error_set(err, LEVADA_NO_OUTPUT,
                         "checkpoint %s: holds a state already; --force replaces it", folder);
    if (status >= 0)
        status = store_begin(store, err);
    for (size_t k = 0; k < N_KINDS && status >= 0 && full; k++)
        status = store_delete_all(store, (struct levada_bytes){ kinds[k].letter, 1 }, err);
    return status;
}

int
state_import(const char *folder, bool force)
{
    int code;
    struct error err = { .status = LEVADA_OK };
    struct importer importer = { .store = state_open(folder, STORE_RUN, &code) };
    if (importer.store == NULL)
        return code;
    levada_status status = make_empty(importer.store, folder, force, &err);
    if (status >= 0)
        status = import_lines(&importer, stdin, &err);
    if (status >= 0)
        status = store_commit(importer.store, &err);
    codec_finish(&importer.key);
    codec_finish(&importer.value);
    codec_finish(&importer.sum.next);
    return state_done(importer.store, status, &err);
}
