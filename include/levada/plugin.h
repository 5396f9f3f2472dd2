/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */ /* laid out by hand, constants and what they mean side by side */
/*
 * levada plugin ABI, major 1. Everything that a stage and the host say to each other.
 *
 * Rules, which the host, the conformance suite and CI enforce:
 *  R1 A struct that crosses the boundary starts with struct_size and only grows at its end; array
 *     elements are "strided" (step with the given stride) or "frozen" (never change in a major).
 *  R2 Zero means "as before". A reader copies min(its size, struct_size) and zero-fills the rest.
 *     An unknown non-zero tail is an error in plan-time data; in a function table it is ignored.
 *  R3 Tables are referenced by pointer, never embedded by value. No enum, bit-field, bool, long,
 *     wchar_t, FILE, errno or varargs in the ABI. Constants are explicit and never reused.
 *  R4 The side that allocated memory frees it. What a host function returns is borrowed until the
 *     callback ends; retain() a batch to keep it. The host copies what a plugin passes in, but for
 *     what it is told lives as long as the batch (LEVADA_R_BORROWED, alloc, attach).
 *  R5 A callback is a transaction. What it did through the host takes effect when it returns >= 0.
 *     If it returns < 0, or if any host function failed in it (errors are sticky: the return value
 *     then no longer matters, and NULL may be passed on), the host discards that and still has the
 *     input. It puts table cells and keyed state back; a plugin's own memory it cannot.
 *  R6 [plan] calls: no threads; no I/O but reading files named by LEVADA_OF_READ options; maybe in a
 *     throw-away process. All other callbacks: one at a time per instance, on threads that may
 *     change; more threads mean more instances. A callback that would block returns AGAIN within
 *     about a second. Of the host's functions only log, name_of, retain and release may be called
 *     from a thread of the plugin's own ([any]).
 *  R7 Modules are opened RTLD_NOW|RTLD_LOCAL|RTLD_NODELETE and never unloaded. No C++ exception,
 *     longjmp, Rust panic or Go panic may leave a callback. Strings are UTF-8.
 *
 * docs/plugin-abi.md says why each choice was made; docs/plugin-guide.md builds stages with it.
 */
#ifndef LEVADA_PLUGIN_H
#define LEVADA_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEVADA_ABI_MAJOR 1u
#define LEVADA_ABI_MINOR 0u /* of this header; what a plugin asks for is LEVADA_API */

/*
 * The minor the author opts into. The default is the oldest, so building against a newer
 * development package never raises the host version that a plugin needs.
 */
#ifndef LEVADA_API
#define LEVADA_API 0
#endif
/* The smallest host minor that works; newer members are then tested with LEVADA_HAS(). */
#ifndef LEVADA_NEED
#define LEVADA_NEED LEVADA_API
#endif

#define LEVADA_EXPORT __attribute__((visibility("default")))
#define LEVADA_HAS(table, member)                                                                  \
    ((table)->struct_size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member) &&   \
     (table)->member)

struct levada_ctx;  /* a stage instance as the host sees it; create .. destroy */
struct levada_call; /* one callback invocation; invalid once it returns */
struct levada_path; /* a compiled field path: "disposition", "$.a[3].b", or of the record itself:
                       meta:key meta:value meta:timestamp meta:stream meta:partition meta:offset
                       header:NAME. Equal text in one pipeline: the same pointer. */

/* ---- status: >= 0 progress, < 0 failure; the sentence goes through host->fail ----------------- */
typedef int32_t levada_status;
#define LEVADA_OK 0       /* process: all emitted; of a sink: all delivered */
#define LEVADA_AGAIN 1    /* nothing taken, nothing done: call again with the same arguments. Not
                             from create() and merge() */
#define LEVADA_END 2      /* poll: a bounded source is finished. process of a sink: nobody reads its
                             output any more; the pipeline ends quietly */
#define LEVADA_FILTERED 3 /* process: what I did not emit I dropped on purpose */
#define LEVADA_ABSORBED 4 /* process: ... is with me, safe when I answer OK to CHECKPOINT */
#define LEVADA_DRAIN 5    /* poll: finish and checkpoint what I emitted, then poll me again */
#define LEVADA_RETRY (-1)  /* transient: the host backs off and delivers again */
#define LEVADA_REJECT (-2) /* this data will never work: dead letter; from poll: exit 65 */
#define LEVADA_CONFIG (-3) /* the options contradict each other or the world; exit 78 */
#define LEVADA_FATAL (-4)  /* stop the pipeline; exit 70 */
#define LEVADA_LOST (-5)   /* poll; signal, up to CHECKPOINT: all since the last COMMIT is void
                              (partitions were taken). ABORT and RESTORE follow, on every stage */
/* Why a stage cannot go on at all; each stops the pipeline with its own exit code: */
#define LEVADA_NO_INPUT (-6)    /* a named input is missing or cannot be read; exit 66 */
#define LEVADA_NO_OUTPUT (-7)   /* output cannot be created; exit 73 */
#define LEVADA_IO (-8)          /* reading or writing failed; exit 74 */
#define LEVADA_UNAVAILABLE (-9) /* a service does not answer; exit 69 */

/* ---- data -------------------------------------------------------------------------------------- */

struct levada_bytes { /* frozen. p == NULL: absent (a Kafka tombstone); p != NULL and n == 0: empty */
    const void *p;
    uint64_t n;
};

struct levada_header { /* frozen */
    struct levada_bytes name, value;
};

#define LEVADA_T_MISSING 0u
#define LEVADA_T_NULL 1u
#define LEVADA_T_BOOL 2u /* i: 0 or 1 */
#define LEVADA_T_I64 3u
#define LEVADA_T_F64 4u
#define LEVADA_T_STR 5u
#define LEVADA_T_BIN 6u
#define LEVADA_T_JSON 7u /* an object or array: s and len hold its text */
#define LEVADA_T_NUM 8u  /* a number that fits neither i nor f exactly: s and len hold its text */
#define LEVADA_T_TIME 9u /* i: milliseconds since the epoch, UTC; becomes ISO 8601 text */
struct levada_scalar {   /* frozen */
    uint32_t type, len;
    union {
        int64_t i;
        double f;
        const char *s; /* not terminated */
    } u;
};

/*
 * An interned column is ids[n] with a dictionary: equal values, equal ids. Id 0 is MISSING, id 1
 * NULL. Within a generation entries are only added and never change, so a plugin may remember
 * what it computed per entry; when the generation differs it forgets.
 */
struct levada_dict {
    uint32_t struct_size, generation, n, reserved;
    const struct levada_scalar *entry;
};

#define LEVADA_R_BORROWED 1u /* append: my bytes live as long as the batch (alloc, attach) */
#define LEVADA_R_OPAQUE 2u   /* the value is not JSON: no field but meta:value and its like */
struct levada_record {       /* strided: levada_at() */
    struct levada_bytes key, value;
    int64_t timestamp_ms; /* LEVADA_NO_TIME: none */
    int64_t offset;    /* origin: set once by the source; no stage can change it. A file: its byte */
    int64_t number;    /* origin: counts the stream's records from 0; -1: unknown */
    uint32_t stream;   /* origin: what stream() gave for the topic or file; 0: made by a stage */
    int32_t partition; /* origin */
    const struct levada_header *headers;
    uint32_t n_headers, flags;
};

struct levada_batch { /* made by the host only; this handle is the callback's own, its data shared */
    uint32_t struct_size, n, stride, flags;
};

#define LEVADA_FIELD_IDS 1u /* interned already: ids() costs nothing; else a sink takes column() */
struct levada_field {       /* frozen */
    const struct levada_path *path;
    const char *name;
    uint32_t flags, reserved;
};

#define LEVADA_P_STATE 1u /* was, or will be, committed together with state: positions() of levada.txn/1 gets it,
                             assigned() of a levada.group/1 gives it back */
struct levada_position {  /* frozen: how far a source has read one partition */
    struct levada_bytes stream; /* topic or path, as in stream() */
    int32_t partition;
    uint32_t flags;
    int64_t next;   /* the first offset not yet read */
    int64_t latest; /* the end, as far as known: lag, idleness, "available_now"; -1: unknown */
    struct levada_bytes detail; /* anything else that is needed to read on; the source's own format */
};

#define LEVADA_NO_TIME INT64_MIN

/* append_json: what stands between objects, beside white space; and what may not stand in them */
#define LEVADA_JSON_COMMAS 1u /* one comma, before the first object too unless its number is 0 */
#define LEVADA_JSON_LINES 2u  /* an object does not go on in a next line */

/* ---- options: one row each; the host parses, checks, fills the default, documents -------------- */

#define LEVADA_O_BOOL 1u     /* int64_t, 0 or 1 */
#define LEVADA_O_INT 2u      /* int64_t */
#define LEVADA_O_FLOAT 3u    /* double */
#define LEVADA_O_STRING 4u   /* const char * */
#define LEVADA_O_DURATION 5u /* int64_t, nanoseconds; written "150 ms" */
#define LEVADA_O_SIZE 6u     /* int64_t, bytes; written "64 KiB" */
#define LEVADA_O_PATH 7u     /* const struct levada_path *, compiled at check time */
#define LEVADA_O_LIST 8u     /* struct levada_list of the one child row's type */
#define LEVADA_O_GROUP 9u    /* an embedded struct described by children */
#define LEVADA_O_MAP 10u     /* struct levada_list of struct levada_pair: free names, text values */
#define LEVADA_O_CHOICE 11u  /* int64_t, the word's index in the rule: "table|csv|json|raw" */
#define LEVADA_O_FILE 12u    /* const char *, made absolute by the host; "-" stays */

#define LEVADA_OF_REQUIRED 1u
#define LEVADA_OF_SECRET 2u /* never printed by any command, endpoint or log */
#define LEVADA_OF_MAYBE 4u  /* PATH: the field may be absent from every record; else it is needed */
#define LEVADA_OF_ADDS 8u   /* PATH: names a field that the stage adds, not one that it reads */
#define LEVADA_OF_READ 16u  /* FILE: must be readable when checked; create() may read it */
#define LEVADA_OF_REFER 32u /* MAP: a value whose name speaks of a secret (password, key_pem) has to be
                               a reference, such as ${env:NAME}, and not stand in the file */
#define LEVADA_OF_STREAM 64u /* STRING, LIST of them: what is read or written in a service, such as a topic;
                                `check` lists it */

struct levada_list { /* frozen */
    const void *items;
    uint64_t n;
};
struct levada_pair { /* frozen */
    const char *name, *value;
};
struct levada_option { /* strided, children too: levada_stage.option_stride */
    uint32_t type, flags;
    uint32_t offset, size; /* where the value goes in the instance: LEVADA_IN() */
    const char *name, *fallback, *help; /* fallback: the literal as the pipeline file would hold it,
                                           strings without their quotes; NULL: zeroed when absent */
    const char *rule; /* "1..65535" (either end may be missing; "1 ms..1 h", "1 B.." with units),
                         "len:1..249", a CHOICE's words */
    const char *instead; /* deprecated: the option to use in its place; a warning says so */
    const struct levada_option *children;
    uint32_t n_children, item_size; /* LIST of GROUP: sizeof one item */
};

/* The host compares .size with the type's cell, so an `int` member for an int64_t is refused. */
#define LEVADA_IN(type, member)                                                                    \
    .offset = (uint32_t)offsetof(type, member), .size = (uint32_t)sizeof(((type *)0)->member)
#define LEVADA_OPTIONS(rows)                                                                       \
    .options = (rows), .n_options = (uint32_t)(sizeof(rows) / sizeof(*(rows))),                    \
    .option_stride = (uint32_t)sizeof(*(rows))
#define LEVADA_CHILDREN(rows)                                                                      \
    .children = (rows), .n_children = (uint32_t)(sizeof(rows) / sizeof(*(rows)))

/* ---- signals: what is not data. They travel in line with it: source first, sink last ----------- */

#define LEVADA_SIG_WATERMARK 1u  /* time_ms: windows ending at or before it are complete; INT64_MAX:
                                    the input has ended. Before a TRIGGER, where tables moved it;
                                    below them: no row with an earlier timestamp will come */
#define LEVADA_SIG_TRIGGER 2u    /* epoch: the trigger's input is over; emit or print what is due */
#define LEVADA_SIG_CHECKPOINT 3u /* epoch: flush; OK: what I absorbed is safe (TXN: is prepared) */
#define LEVADA_SIG_COMMIT 4u     /* epoch is durable: publish (TXN), acknowledge (source) */
#define LEVADA_SIG_ABORT 5u      /* all since the last COMMIT is void; RESTORE follows */
#define LEVADA_SIG_RESTORE 6u    /* after start, after ABORT, and to a source after a failed poll: read
                                    on from stored(), reload what was cached of levada.state */

/* TRIGGER: what came since the last TRIGGER is the whole result and replaces all before it. */
#define LEVADA_SIGF_REPLACES 1u
/* RESTORE: a checkpoint exists, so that what it does not know of is not this pipeline's. */
#define LEVADA_SIGF_CHECKPOINTED 2u

struct levada_signal {
    uint32_t struct_size, kind;
    uint64_t epoch;
    int64_t time_ms;
    uint32_t state_version; /* RESTORE: the version that wrote the state; 0: there is none */
    uint32_t flags;
};

/*
 * ---- a windowed, keyed table for aggregates: LEVADA_CAP_TABLE, cell(), slots() -----------------
 * The host owns the options (event_time, window, session, watermark, group_by, output_mode,
 * order_by, on_end, idle_after, max_future; a row of the same name without a place, .size == 0,
 * gives another default), finds each record's row, sends late records to the port "late", closes
 * windows, saves, restores and emits. The plugin declares cells in create() and folds into them. In
 * process() and merge() it writes only rows named in slot[]: the host puts back those and no others
 * (R5). In rows() it only reads. The pointers hold until the next slots() or the end of the callback.
 */
struct levada_slots {
    uint32_t struct_size, n; /* n hits; a record may have none (late, no time) or several */
    const uint32_t *record, *slot; /* hit k: record[k] of the batch falls into row slot[k] */
    /* cell[c]: int64_t[], double[], bytes or, of any length, const struct levada_bytes[] (p NULL: still
       empty), indexed by slot; new rows are zero */
    void *const *cell;
    const int64_t *time; /* event time of each record, ms; NULL: none is read. In rows(): NULL */
};

/* ---- what the host offers; NULL or < 0 means failure, and is sticky (R5) ----------------------- */

struct levada_host {
    uint32_t struct_size, abi_minor;
    const char *name, *version;

    /* "levada.state/1" and the like; NULL, and no failure, when absent. */
    const void *(*ext)(const char *id);
    /* [any] level 1 error .. 5 trace; one fixed event, then "key=value" facts. */
    void (*log)(struct levada_ctx *ctx, int32_t level, const char *event, const char *facts);
    /* Records why, and returns code: `return levada->fail(call, LEVADA_RETRY, "disk full");` */
    levada_status (*fail)(struct levada_call *call, levada_status code, const char *text);
    /*
     * One record failed, RETRY or REJECT; the others go on. A source marks its own, before emit. A sink
     * may name records of a batch that it retained from an earlier process(); they are not delivered
     * again.
     */
    levada_status (*fail_at)(struct levada_call *call, struct levada_batch *batch, uint32_t i,
                             levada_status code, const char *text);
    /* Aligned to 16, not zeroed, lives until the callback ends; n 0 gives a pointer too. */
    void *(*scratch)(struct levada_call *call, uint64_t n);

    /* Only in create(); problem() in levada.connect/1, too. It collects: a user sees all at once. */
    levada_status (*problem)(struct levada_call *call, const char *option, const char *text);
    const struct levada_path *(*path)(struct levada_call *call, const char *text); /* compiles one */
    /*
     * What `check` knows of the chain. Options of type PATH declare themselves. needs(): a field that
     * is read. adds(): a field that what I emit has beside its input's, behind `after` (NULL: last).
     * drops(): one that it no longer has. only(): it has none but those that I add.
     */
    const struct levada_path *(*needs)(struct levada_call *call, const char *text);
    const struct levada_path *(*adds)(struct levada_call *call, const char *text,
                                      const struct levada_path *after);
    levada_status (*drops)(struct levada_call *call, const struct levada_path *path);
    levada_status (*only)(struct levada_call *call);
    /* This source does not end by itself: poll() never returns END. */
    levada_status (*endless)(struct levada_call *call);
    uint64_t *(*counter)(struct levada_call *call, const char *name, const char *unit,
                         const char *help); /* a metric: levada_count() */
    /*
     * CAP_TABLE: T_I64, T_F64, or T_BIN of size bytes, 0: of any length; returns 0, 1, 2 .. ; name
     * NULL: not emitted. Rows are ordered by the cell where rows() sets a column of that name, too.
     */
    uint32_t (*cell)(struct levada_call *call, const char *name, uint32_t type, uint32_t size);
    const char *(*name_of)(const struct levada_path *path); /* [any] its text; lives as it does */

    /* Reading. Decoded once, cached on the batch, in step with every set_ made above this stage. */
    const struct levada_record *(*records)(struct levada_call *call, struct levada_batch *batch);
    const struct levada_field *(*fields)(struct levada_call *call, struct levada_batch *batch,
                                         uint32_t *n); /* top level, in order */
    const struct levada_scalar *(*column)(struct levada_call *call, struct levada_batch *batch,
                                          const struct levada_path *path);
    const uint32_t *(*ids)(struct levada_call *call, struct levada_batch *batch,
                           const struct levada_path *path, const struct levada_dict **dict);
    /* Milliseconds UTC, from ISO 8601 text or milliseconds; LEVADA_NO_TIME where neither. */
    const int64_t *(*times)(struct levada_call *call, struct levada_batch *batch,
                            const struct levada_path *path);
    /* Any value as text, as it stands in CSV; MISSING and NULL: "". Borrowed until the callback ends. */
    const char *(*text)(struct levada_call *call, const struct levada_scalar *value, uint64_t *n);
    /* The name that stream() was given; the origin of a record in words. */
    const char *(*stream_name)(struct levada_call *call, uint32_t stream);
    const struct levada_slots *(*slots)(struct levada_call *call, struct levada_batch *batch);

    /*
     * Writing. The handle changes, the data behind it is not touched for others. All values of the
     * batch are read, also where fail_at() said that a record failed.
     */
    levada_status (*set_column)(struct levada_call *call, struct levada_batch *batch,
                                const struct levada_path *path, const struct levada_scalar *values);
    /* Keep one dict per column; the host copies its new entries. Ids 0 and 1 as in levada_dict. */
    levada_status (*set_ids)(struct levada_call *call, struct levada_batch *batch,
                             const struct levada_path *path, const uint32_t *ids,
                             const struct levada_dict *dict);
    /* The records have exactly these fields, in this order; or no longer have this one. */
    levada_status (*set_fields)(struct levada_call *call, struct levada_batch *batch,
                                const struct levada_path *const *paths, uint32_t n);
    levada_status (*unset)(struct levada_call *call, struct levada_batch *batch,
                           const struct levada_path *path);
    /* The records at these indexes: filter, route, reorder, repeat. No payload is copied. */
    struct levada_batch *(*select)(struct levada_call *call, struct levada_batch *batch,
                                   const uint32_t *indexes, uint32_t n);
    /* n new records without a value, to be given columns; or 0, to append to. */
    struct levada_batch *(*batch)(struct levada_call *call, uint32_t n);
    levada_status (*emit)(struct levada_call *call, uint32_t port, struct levada_batch *batch);

    struct levada_batch *(*retain)(struct levada_batch *batch); /* [any] */
    void (*release)(struct levada_batch *batch); /* [any] */
    /* Sources. append() copies key, value and headers unless R_BORROWED. stride: sizeof *records. */
    uint32_t (*stream)(struct levada_call *call, const char *name);
    levada_status (*append)(struct levada_call *call, struct levada_batch *batch,
                            const struct levada_record *records, uint32_t n, uint32_t stride);
    /*
     * Splits and decodes in one go: appends a record for each whole JSON object at the start of text,
     * which lives as long as the batch; at most max_records, to an empty batch that takes nothing
     * more. first gives stream, partition, timestamp, the offset of text's first byte and the number
     * of the first record. *used: bytes up to the end of the last record; the rest is to be shown
     * again with more behind it. 0, and no failure: the start is no whole object, or something is
     * wrong with it: find the record's end without the host, and append() it.
     */
    levada_status (*append_json)(struct levada_call *call, struct levada_batch *batch,
                                 const struct levada_record *first, struct levada_bytes text,
                                 uint32_t flags, uint32_t max_records, uint64_t *used);
    void *(*alloc)(struct levada_batch *batch, uint64_t n); /* lives as the batch does */
    /* Zero copy: object belongs to the batch; drop is called, on any thread, with the last reference. */
    levada_status (*attach)(struct levada_batch *batch, void *object, void (*drop)(void *object));
    /* Where reading goes on once the batch is done; batch NULL: no records, only latest moved. */
    levada_status (*position)(struct levada_call *call, struct levada_batch *batch,
                              const struct levada_position *position);
    /* Where to read on; NULL, and no failure: nothing is known of that partition. */
    const struct levada_position *(*stored)(struct levada_call *call, const char *stream,
                                            int32_t partition);
    /* The complete set of partitions that are mine from now on. As position(): in start(), poll(), signal(). */
    levada_status (*assigned)(struct levada_call *call, const struct levada_position *all, uint32_t n);
    /*
     * In process() and merge(): a row's bytes of any length, now n of them, to be written until the
     * callback ends or the next call for them. What was there stays, what is new is zero. Aligned to
     * 16; the entry in slots->cell follows. n 0 gives a pointer too. Without this call they are only
     * read.
     */
    void *(*resize_cell)(struct levada_call *call, uint32_t cell, uint32_t slot, uint64_t n);
#if LEVADA_API >= 1
    /* Additions of minor 1 go here, hidden unless the author asks for them. */
#endif
};

/* The host's table, set by LEVADA_MODULE before any other code of the plugin runs. */
extern __attribute__((visibility("hidden"))) const struct levada_host *levada;

/*
 * Extension "levada.state/1": keyed state of the plugin's own, saved with the checkpoint and rolled back
 * with the callback by the host. Without a checkpoint it lives as long as the process.
 */
#define LEVADA_STATE_MAX_KEY 400u /* bytes */
struct levada_state_v1 {
    uint32_t struct_size, reserved;
    /* value.p NULL: none (get), delete (put). Values are borrowed until the callback ends. */
    levada_status (*get)(struct levada_call *call, struct levada_bytes key, struct levada_bytes *value);
    levada_status (*put)(struct levada_call *call, struct levada_bytes key, struct levada_bytes value);
    /* The first key after `after`, in byte order; key->p NULL at the end. */
    levada_status (*next)(struct levada_call *call, struct levada_bytes after,
                          struct levada_bytes *key, struct levada_bytes *value);
};

/*
 * Extension "levada.pipeline/1": of the pipeline that a stage is in, what a source with a memory of its
 * own (a consumer group) has to know.
 */
#define LEVADA_KEEPS_POSITIONS 1u /* in a checkpoint, which may be new: stored() is the truth */
#define LEVADA_HAS_STATE 2u       /* a stage above the sinks remembers records */
#define LEVADA_IN_TRANSACTION 4u  /* a sink's transaction commits positions: levada.txn/1 */
struct levada_pipeline_v1 {
    uint32_t struct_size, reserved;
    const char *(*name)(struct levada_call *call); /* also in create(); lives as the stage does */
    uint32_t (*memory)(struct levada_call *call);  /* the flags above; 0 in create() */
    /* "PIPELINE.INSTANCE.WORKER": of one worker on one host, the same at each start. Not in create(). */
    const char *(*identity)(struct levada_call *call);
};

/*
 * Extension "levada.group/1", of a source: it is a member of a group that shares partitions out and
 * keeps positions, which a transaction of the same protocol can commit. docs/exactly-once.md. What it says
 * with assigned() has in next where each partition is read on: elsewhere than it stopped, its state is read again.
 */
struct levada_group_v1 {
    uint32_t struct_size, reserved;
    const char *protocol; /* "kafka" */
    /* [plan] The fields that a record's key is made of, which decides its partition; 0: unknown. */
    uint32_t (*keyed_by)(void *self, const struct levada_path *const **paths);
    /*
     * Once started, or for `check --connect` between create() and destroy(): how many partitions the
     * input has in all, of its largest stream. AGAIN: not known yet.
     */
    levada_status (*partitions)(void *self, struct levada_call *call, uint32_t *n);
    /*
     * The membership under which what is assigned was given; borrowed until the callback ends. p NULL:
     * none now. LOST: it was taken away.
     */
    levada_status (*member)(void *self, struct levada_call *call, struct levada_bytes *member);
    /*
     * Before RESTORE, at each start: this stream is read too, all of it, with the same partitions
     * as the input. The host writes it by send() of levada.txn/1. Its records are opaque, and no batch
     * holds them together with others. RETRY: the stream is not there yet.
     */
    levada_status (*also_read)(void *self, struct levada_call *call, const char *stream);
    /* *yes = 1: the group has committed all that its input had when this was asked first, whoever has it. */
    levada_status (*reached)(void *self, struct levada_call *call, uint32_t *yes);
};

/*
 * Extension "levada.txn/1", of a sink: what it wrote since the last COMMIT is one open transaction, which
 * also takes positions and a changelog of the host's state. After each stage answered CHECKPOINT the
 * host calls send(), put(), positions() and, once, commit(); COMMIT follows. All are callbacks (R5, R6). LOST:
 * the transaction cannot be committed; ABORT and RESTORE follow. docs/exactly-once.md
 */
struct levada_txn_v1 {
    uint32_t struct_size, reserved;
    const char *protocol;
    /*
     * Before RESTORE, at each start: earlier users of this identity are fenced. n_partitions: the changelog
     * has so many; 0: none is needed.
     */
    levada_status (*open)(void *self, struct levada_call *call, uint32_t n_partitions);
    /* value.p NULL: the key is gone. Key and value are copied. */
    levada_status (*put)(void *self, struct levada_call *call, int32_t partition,
                         struct levada_bytes key, struct levada_bytes value);
    /* member: as levada.group/1 gave it. */
    levada_status (*positions)(void *self, struct levada_call *call, struct levada_bytes member,
                               const struct levada_position *positions, uint32_t n);
    levada_status (*commit)(void *self, struct levada_call *call);
    /*
     * The committed changelog of one partition, oldest first: entry() for each record, which fails
     * with a status < 0. AGAIN: there is more, call again; *left: about how many. OK: that was all.
     */
    levada_status (*read)(void *self, struct levada_call *call, int32_t partition,
                          levada_status (*entry)(void *user, struct levada_bytes key,
                                                 struct levada_bytes value),
                          void *user, uint64_t *left);
    /*
     * After open(), at each start: records will pass through this stream, which is to have so many
     * partitions; it is created where the sink creates what it lacks. NO_OUTPUT: it is not there.
     */
    levada_status (*ensure)(void *self, struct levada_call *call, const char *stream,
                            uint32_t n_partitions);
    /* As put(), a record of such a stream. */
    levada_status (*send)(void *self, struct levada_call *call, const char *stream, int32_t partition,
                          struct levada_bytes key, struct levada_bytes value);
    /* Where the partition of such a stream ends now, with what transactions have not committed yet. */
    levada_status (*end)(void *self, struct levada_call *call, const char *stream, int32_t partition,
                         int64_t *offset);
    /* [plan] The stream that is the changelog; lives as the stage does. */
    const char *(*changelog)(void *self);
    /*
     * `check --connect`, between create() and destroy(): may do I/O for about wait_ms, and makes nothing.
     * Is there what open() (stream NULL: the changelog) or ensure() will want? Fails as they do; OK: it is,
     * or they would make it.
     */
    levada_status (*check)(void *self, struct levada_call *call, const char *stream,
                           uint32_t n_partitions, uint32_t wait_ms);
    /*
     * [plan] After create() of both: what this sink writes is part of the transaction of another instance
     * of the same stage, which alone is asked for all the above. problem() as in create().
     */
    levada_status (*join)(void *self, struct levada_call *call, void *coordinator);
};

/*
 * Extension "levada.batch/1": what a sink has to know to tell where a record is to go. meta:stream and
 * its like say where a record came from, until a stage sets them.
 */
struct levada_batch_v1 {
    uint32_t struct_size, reserved;
    /* 1: a stage above set this column; 0: none did. */
    int32_t (*is_set)(struct levada_call *call, struct levada_batch *batch,
                      const struct levada_path *path);
};

/*
 * Extension "levada.connect/1", of a stage that works with a service: is the service there, and what the
 * options name in it? `check --connect` asks between create() and destroy(), with no start().
 */
struct levada_connect_v1 {
    uint32_t struct_size, reserved;
    /*
     * May do I/O, for about wait_ms. problem() as in create(), as many as there are; what check returns
     * or fails with is their exit code: UNAVAILABLE, CONFIG, ... OK with problems is CONFIG.
     */
    levada_status (*check)(void *self, struct levada_call *call, uint32_t wait_ms);
};

/* ---- what a plugin offers ---------------------------------------------------------------------- */
#define LEVADA_SOURCE 1u
#define LEVADA_TRANSFORM 2u
#define LEVADA_JOIN 3u
#define LEVADA_AGGREGATE 4u
#define LEVADA_SINK 5u

#define LEVADA_CAP_IDEMPOTENT 1u /* sink: replay after a crash is harmless */
#define LEVADA_CAP_TXN 2u        /* sink: CHECKPOINT prepares, COMMIT publishes, ABORT forgets */
#define LEVADA_CAP_REPLAY 4u     /* source: can read again from a position */
#define LEVADA_CAP_TABLE 8u      /* aggregate: the host keeps a windowed table for me */
#define LEVADA_CAP_STATE 16u     /* uses levada.state/1 */
#define LEVADA_CAP_STDOUT 32u    /* sink: its output is the process's standard output */

/*
 * self is memory of self_size bytes that the host owns: zeroed, options filled in, the rest the
 * plugin's. After create() came < 0 destroy() is not called; a NULL callback does nothing.
 */
struct levada_stage {
    uint32_t struct_size, kind;
    const char *id, *summary; /* id: "crime_aggregate"; third parties: "org.example.mask" */
    uint32_t caps, self_size, state_version;
    uint32_t n_inputs;  /* 0: one, a union of all it reads from; 2 or more: one port for each */
    uint32_t n_outputs; /* 0: one, or none for a sink */
    uint32_t reserved;
    const char *const *output_names; /* n_outputs entries, or NULL; the first is the main output */
    const struct levada_option *options;
    uint32_t n_options, option_stride;

    /* [plan] Checks rules across options, compiles, allocates. ctx is for log(). */
    levada_status (*create)(void *self, struct levada_call *call, struct levada_ctx *ctx);
    levada_status (*start)(void *self, struct levada_call *call); /* I/O begins */
    levada_status (*poll)(void *self, struct levada_call *call, uint32_t max_records,
                          uint32_t wait_ms); /* sources; OK with nothing emitted is AGAIN */
    levada_status (*process)(void *self, struct levada_call *call, uint32_t port,
                             struct levada_batch *batch);
    /* CAP_TABLE, optional: rows about to leave, to add columns from cells; emits them itself. */
    levada_status (*rows)(void *self, struct levada_call *call, struct levada_batch *batch,
                          const struct levada_slots *slots);
    levada_status (*signal)(void *self, struct levada_call *call,
                            const struct levada_signal *signal); /* unknown kinds: LEVADA_OK */
    void (*destroy)(void *self); /* closes, frees, own threads joined; also after create() alone */
    const void *(*ext)(const char *id); /* what the plugin offers in turn */
    /*
     * CAP_TABLE, optional; the option session needs it. One k after the other, row record[k] is
     * folded into row slot[k], which is then as if process() had folded the records of both. Rows
     * record[k] are only read. Comes when sessions leave, before rows(); returns OK.
     */
    levada_status (*merge)(void *self, struct levada_call *call, const struct levada_slots *pairs);
};

struct levada_module {
    uint32_t struct_size, abi_major, abi_need, n_stages;
    const char *names, *version, *license; /* names and version: as in the note */
    const struct levada_stage *const *stages;
};

/* The one exported symbol. The major is in its name, so one .so may serve two majors. [plan] */
typedef const struct levada_module *levada_module_v1_fn(const struct levada_host *host);
LEVADA_EXPORT const struct levada_module *levada_module_v1(const struct levada_host *host);

/*
 * Once per module, at file scope: LEVADA_MODULE("org.example.mask", "1.0", "MIT", &mask_stage).
 * The first string holds the ids of the stages, in their order, with a space between them. It stands
 * with the version in an ELF note {major, need, names "\0" version}, so that tools know what a file
 * offers without running any of its code; the host compares it with the descriptors.
 */
#define LEVADA_MODULE(names_, version_, license_, ...)                                             \
    const struct levada_host *levada;                                                              \
    __attribute__((used, section(".note.levada"), aligned(4))) static const struct {               \
        uint32_t namesz, descsz, type;                                                             \
        char name[8];                                                                              \
        uint32_t major, need;                                                                      \
        char text[sizeof(names_ "\0" version_)];                                                   \
    } levada_note_ = { 7, 8 + sizeof(names_ "\0" version_), 1, "levada", LEVADA_ABI_MAJOR,         \
                       LEVADA_NEED, names_ "\0" version_ };                                        \
    const struct levada_module *levada_module_v1(const struct levada_host *host)                   \
    {                                                                                              \
        static const struct levada_stage *const stages[] = { __VA_ARGS__ };                        \
        static const struct levada_module module = { sizeof(struct levada_module),                 \
                                                     LEVADA_ABI_MAJOR,                             \
                                                     LEVADA_NEED,                                  \
                                                     (uint32_t)(sizeof(stages) / sizeof(*stages)), \
                                                     names_,                                       \
                                                     version_,                                     \
                                                     license_,                                     \
                                                     stages };                                     \
        if (host->abi_minor + 1u <= LEVADA_NEED)                                                   \
            return NULL;                                                                           \
        levada = host;                                                                             \
        return &module;                                                                            \
    }                                                                                              \
    extern const struct levada_host *levada /* takes the caller's semicolon */

#ifdef __cplusplus
}
#endif
#endif
