/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_RUNTIME_CALLBACK_H
#define HOST_RUNTIME_CALLBACK_H

/*
 * Every call of a plugin's callback goes through here: in this process, with the thread's fault
 * place set, or, for a stage that has a remote, in another one. Each uses stage->call and returns
 * what the callback did; call_end() follows. A callback that the plugin has not is not called.
 */

#include "runtime/call.h"

/* What stands for the plugin's callbacks where they run elsewhere. All are there. */
struct stage_remote {
    levada_status (*create)(struct stage *stage);
    levada_status (*connect)(struct stage *stage, uint32_t wait_ms);
    levada_status (*start)(struct stage *stage);
    levada_status (*poll)(struct stage *stage, uint32_t max_records, uint32_t wait_ms);
    levada_status (*process)(struct stage *stage, uint32_t port, struct batch *batch);
    levada_status (*rows)(struct stage *stage, struct batch *batch,
                          const struct levada_slots *slots);
    levada_status (*merge)(struct stage *stage, const struct levada_slots *pairs);
    levada_status (*signal)(struct stage *stage, const struct levada_signal *signal);
    void (*destroy)(struct stage *stage); /* also after a create() that failed, or never came */
};

levada_status callback_create(struct stage *stage);
/* check() of levada.connect/1, with call->plan set. */
levada_status callback_connect(struct stage *stage, uint32_t wait_ms);
levada_status callback_start(struct stage *stage);
levada_status callback_poll(struct stage *stage, uint32_t max_records, uint32_t wait_ms);
levada_status callback_process(struct stage *stage, uint32_t port, struct batch *batch);
levada_status callback_rows(struct stage *stage, struct batch *batch,
                            const struct levada_slots *slots);
levada_status callback_merge(struct stage *stage, const struct levada_slots *pairs);
levada_status callback_signal(struct stage *stage, const struct levada_signal *signal);
void callback_destroy(struct stage *stage);

#endif
