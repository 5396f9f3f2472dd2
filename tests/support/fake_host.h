/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_FAKE_HOST_H
#define TESTS_SUPPORT_FAKE_HOST_H

/*
 * A small host for unit tests of sources: it keeps what a plugin says and does, and can be made to
 * fail. Everything that a source may call is there; a call of anything else ends the test.
 *
 *   struct fake_host host;
 *   const struct levada_stage *stage = fake_host_init(&host, 0);   // the plugin's first stage
 *   void *self = calloc(1, stage->self_size);                      // fill in its options
 *   assert_int_equal(stage->create(self, fake_call(&host), NULL), LEVADA_OK);
 *   ...
 *   fake_host_read_all(&host, stage, self, 1000);                  // poll until END or a failure
 *   ... host.records[i] ...
 *   stage->destroy(self); free(self);
 *   fake_host_finish(&host);                                       // all batches are gone by then
 *
 * Link tests/support/fake_host.c beside the plugin's object library.
 */

#include <levada/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_record { /* of an emitted batch, copied */
    char *value;     /* ends in NUL beyond n */
    size_t n;
    int64_t offset, number, timestamp_ms;
    uint32_t stream;
    levada_status code; /* of fail_at; 0: sound */
    char *why;
};

struct fake_position { /* the last one of each stream */
    char *stream;
    char *detail;
    int64_t next, latest;
};

struct fake_batch;

/* One callback; struct levada_call to the plugin. */
struct fake_host {
    levada_status status; /* the first failure of the call: sticky */
    char text[1200];
    char problems[2048]; /* "option: text\n" each */
    char assigned[1024]; /* "stream/partition " each, of the last assigned() */
    bool endless;
    char fields[2048]; /* "only " and the names given to adds(), a space behind each */
    char **streams;
    size_t n_streams;
    struct fake_record *records;
    size_t n_records, n_batches;
    struct fake_position *positions;
    size_t n_positions;
    struct fake_position *stored; /* what stored() answers with */
    size_t n_stored;
    struct fake_batch *open; /* made in this call */
    void **scratch;
    size_t n_scratch;
    size_t fail_after;       /* the n-th host call that can fail does so; 0: none */
    struct fake_batch *kept; /* until fake_host_drop_batches() */
    bool keep_batches;       /* a test may set it */
};

/* Gives the plugin this host; its stage number @stage. */
const struct levada_stage *fake_host_init(struct fake_host *host, uint32_t stage);
void fake_host_finish(struct fake_host *host);

/* Begins a callback: forgets failures and scratch of the one before. */
struct levada_call *fake_call(struct fake_host *host);

/* Polls until a status other than OK and AGAIN, which is returned, or @polls polls (then AGAIN). */
levada_status fake_host_read(struct fake_host *host, const struct levada_stage *stage, void *self,
                             uint32_t max_records, unsigned polls);
levada_status fake_host_read_all(struct fake_host *host, const struct levada_stage *stage,
                                 void *self, uint32_t max_records);

/* The positions so far become what stored() gives; then RESTORE. */
void fake_host_store(struct fake_host *host);
levada_status fake_host_restore(struct fake_host *host, const struct levada_stage *stage,
                                void *self);

/* Forgets the records read so far. */
void fake_host_forget_records(struct fake_host *host);

/* Batches live on until fake_host_drop_batches(), which any thread may call. */
void fake_host_drop_batches(struct fake_host *host);

#endif
