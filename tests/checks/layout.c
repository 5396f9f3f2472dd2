/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ABI of minor 0 on machines with 64-bit pointers, as numbers. What stands here never changes
 * within a major: frozen structs keep their size, the others keep what they have and grow behind
 * it.
 */
#include <levada/levada.h>

#define SIZE(type, n) _Static_assert(sizeof(struct type) == (n), "struct " #type " is frozen")
#define AT(type, member, n)                                                                        \
    _Static_assert(offsetof(struct type, member) == (n), "struct " #type " only grows at its end")

#if __SIZEOF_POINTER__ == 8
SIZE(levada_bytes, 16);
SIZE(levada_header, 32);
SIZE(levada_scalar, 16);
SIZE(levada_field, 24);
SIZE(levada_position, 56);
SIZE(levada_list, 16);
SIZE(levada_pair, 16);

/* The last member of each, and some on the way there. */
AT(levada_dict, entry, 16);
AT(levada_record, number, 48);
AT(levada_record, flags, 76);
AT(levada_batch, flags, 12);
AT(levada_option, name, 16);
AT(levada_option, item_size, 68);
AT(levada_signal, flags, 28);
AT(levada_slots, cell, 24);
AT(levada_slots, time, 32);
AT(levada_stage, options, 56);
AT(levada_stage, process, 96);
AT(levada_stage, ext, 128);
AT(levada_stage, merge, 136);
AT(levada_module, stages, 40);
AT(levada_state_v1, next, 24);
AT(levada_pipeline_v1, memory, 16);
AT(levada_pipeline_v1, identity, 24);
AT(levada_group_v1, member, 32);
AT(levada_txn_v1, read, 48);
AT(levada_batch_v1, is_set, 8);
AT(levada_connect_v1, check, 8);
AT(levada_host, fail, 40);
AT(levada_host, slots, 200);
AT(levada_host, emit, 256);
AT(levada_host, assigned, 336);
AT(levada_host, resize_cell, 344);
#endif

#define SAME(name, n) _Static_assert((name) == (n), #name " is never reused")
SAME(LEVADA_ABI_MAJOR, 1);
SAME(LEVADA_OK, 0);
SAME(LEVADA_AGAIN, 1);
SAME(LEVADA_END, 2);
SAME(LEVADA_FILTERED, 3);
SAME(LEVADA_ABSORBED, 4);
SAME(LEVADA_DRAIN, 5);
SAME(LEVADA_RETRY, -1);
SAME(LEVADA_REJECT, -2);
SAME(LEVADA_CONFIG, -3);
SAME(LEVADA_FATAL, -4);
SAME(LEVADA_LOST, -5);
SAME(LEVADA_NO_INPUT, -6);
SAME(LEVADA_NO_OUTPUT, -7);
SAME(LEVADA_IO, -8);
SAME(LEVADA_UNAVAILABLE, -9);
SAME(LEVADA_CAP_STDOUT, 32);
SAME(LEVADA_T_MISSING, 0);
SAME(LEVADA_T_TIME, 9);
SAME(LEVADA_O_BOOL, 1);
SAME(LEVADA_O_FILE, 12);
SAME(LEVADA_OF_REQUIRED, 1);
SAME(LEVADA_OF_READ, 16);
SAME(LEVADA_SIG_WATERMARK, 1);
SAME(LEVADA_SIG_RESTORE, 6);
SAME(LEVADA_SOURCE, 1);
SAME(LEVADA_SINK, 5);
SAME(LEVADA_CAP_IDEMPOTENT, 1);
