/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RECORD_TRANSFER_H
#define HOST_RECORD_TRANSFER_H

/*
 * Batches between two processes that each have a record space: what one writes into a message, the
 * other reads as a batch of its own. Records and columns are copied; the bytes of values and texts
 * are written once and then read where they lie, for as long as the batch lives. Paths,
 * dictionaries and the names of streams cross once. The numbers of streams are those of the host.
 */

#include "base/wire.h"
#include "record/batch.h"

struct transfer; /* what both directions of one side remember of the other side */

/* @is_host: of the two sides the one that numbers streams. NULL: out of memory. */
struct transfer *transfer_create(struct record_space *space, bool is_host);
void transfer_destroy(struct transfer *transfer); /* NULL is allowed */

/*
 * What is put from here on belongs to one message; before, to others that were sent. A message that
 * is not sent after all is taken back, as the other side will not have heard what crosses once.
 */
void transfer_begin(struct transfer *transfer);
void transfer_take_back(struct transfer *transfer);

void transfer_put_path(struct transfer *transfer, struct wire_out *out,
                       const struct levada_path *path);
/* NULL: it was NULL, or @in has failed. */
const struct levada_path *transfer_get_path(struct transfer *transfer, struct wire_in *in);

/* Names of streams that the other side has not heard of yet. Only the host puts them. */
void transfer_put_streams(struct transfer *transfer, struct wire_out *out);
void transfer_get_streams(struct transfer *transfer, struct wire_in *in);

/*
 * @batch by its records, what was set above them, and those decoded columns that the other side
 * has asked for (transfer_want) or found out by itself. False: it could not be read, see @err;
 * that the message has no room is told by @out.
 */
bool transfer_put_batch(struct transfer *transfer, struct wire_out *out, struct batch *batch,
                        struct error *err);
/* This column goes along from now on. False: out of memory. */
bool transfer_want(struct transfer *transfer, const struct levada_path *path);

/*
 * The other end. Bytes stay in the message, which @drop(@message) is called for with the batch's
 * last reference. @decoder: for columns that did not come along; NULL: the records are to be
 * decoded by whoever gets them. NULL: @in has failed, or out of memory; @drop was not called.
 */
struct batch *transfer_get_batch(struct transfer *transfer, struct wire_in *in,
                                 struct batch_decoder *decoder, void *message,
                                 void (*drop)(void *message));

/* Paths of fields that were decoded here because they had not come along with @batch. */
void transfer_put_decoded(struct transfer *transfer, struct wire_out *out,
                          const struct batch *batch);
bool transfer_get_decoded(struct transfer *transfer, struct wire_in *in);

/*
 * What became of a batch that transfer_get_batch gave: @view is a handle of it; a handle of other
 * records goes as a batch of its own. @given: the batch that @view may be a handle of, or NULL.
 */
bool transfer_put_view(struct transfer *transfer, struct wire_out *out, const struct batch *given,
                       struct batch *view, struct error *err);
/* @given: the batch as this side has it. NULL as in transfer_get_batch. *kept: drop will come. */
struct batch *transfer_get_view(struct transfer *transfer, struct wire_in *in, struct batch *given,
                                void *message, void (*drop)(void *message), bool *kept,
                                struct error *err);

#endif
