/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/cases.h"
#include "conformance/verdict.h"
#include "runtime/keyed_state.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ENTRIES 512u

struct entry {
    struct levada_bytes key, value;
};

/* What a stage kept through levada.state/1, in byte order of the keys. */
struct memory {
    struct rig *rig; /* whose arena has the bytes */
    struct entry entries[MOST_ENTRIES];
    uint32_t n;
};

static struct levada_bytes
copy_bytes(struct rig *rig, struct levada_bytes bytes)
{
    const void *p = bytes.n > 0 ? bytes.p : "";
    return (struct levada_bytes){ arena_copy(&rig->arena, p, bytes.n), bytes.n };
}

static int
compare_keys(struct levada_bytes a, struct levada_bytes b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int
compare_entries(const void *a, const void *b)
{
    return compare_keys(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static levada_status
note_change(void *user, struct levada_bytes key, struct levada_bytes value, struct error *err)
{
    struct memory *memory = user;
    (void)err;
    if (value.p != NULL && memory->n < MOST_ENTRIES)
        memory->entries[memory->n++] =
            (struct entry){ copy_bytes(memory->rig, key), copy_bytes(memory->rig, value) };
    return LEVADA_OK;
}

static levada_status
memory_get(void *user, struct levada_bytes key, struct levada_bytes *value, struct error *err)
{
    const struct memory *memory = user;
    (void)err;
    *value = (struct levada_bytes){ NULL, 0 };
    for (uint32_t i = 0; i < memory->n; i++) {
        if (compare_keys(memory->entries[i].key, key) == 0)
            *value = memory->entries[i].value;
    }
    return LEVADA_OK;
}

static levada_status
memory_next(void *user, struct levada_bytes after, struct levada_bytes *key,
            struct levada_bytes *value, struct error *err)
{
    const struct memory *memory = user;
    (void)err;
    *key = *value = (struct levada_bytes){ NULL, 0 };
    for (uint32_t i = 0; i < memory->n && key->p == NULL; i++) {
        if (after.p == NULL || compare_keys(memory->entries[i].key, after) > 0) {
            *key = memory->entries[i].key;
            *value = memory->entries[i].value;
        }
    }
    return LEVADA_OK;
}

/* What one life leaves in the checkpoint. */
static bool
fill_memory(struct rig *rig, struct memory *memory)
{
    struct instance instance;
    struct error err = { .status = LEVADA_OK };
    if (!instance_begin(&instance, rig))
        return false;
    instance_feed(&instance, 50);
    instance_signal(&instance, LEVADA_SIG_TRIGGER);
    instance_signal(&instance, LEVADA_SIG_CHECKPOINT);
    keyed_state_changes(instance.stage->keyed, note_change, memory, &err);
    instance_destroy(&instance);
    qsort(memory->entries, memory->n, sizeof(*memory->entries), compare_entries);
    return verdict_is_open();
}

/* Another life over @memory, written by @version of the plugin's state. */
static void
live_on(struct rig *rig, struct memory *memory, uint32_t version)
{
    const struct keyed_source source = { memory_get, memory_next, memory };
    struct instance instance;
    const struct levada_signal restore = { .struct_size = sizeof(restore),
                                           .kind = LEVADA_SIG_RESTORE,
                                           .state_version = version,
                                           .flags = LEVADA_SIGF_CHECKPOINTED };
    if (!instance_create(&instance, rig, NULL)) {
        instance_destroy(&instance);
        return;
    }
    keyed_state_set_source(instance.stage->keyed, &source);
    if (instance_wake(&instance) && instance_signal_as(&instance, &restore) >= 0) {
        instance_feed(&instance, 50);
        instance_signal(&instance, LEVADA_SIG_TRIGGER);
        instance_signal(&instance, LEVADA_SIG_CHECKPOINT);
    }
    keyed_state_set_source(instance.stage->keyed, NULL);
    instance_destroy(&instance);
    if (verdict->outcome == OUTCOME_SKIP) /* refusing state that makes no sense is right */
        verdict->outcome = OUTCOME_NONE;
}

/* ---- what may have become of it ---- */

static void
truncate_half(struct levada_bytes *value, struct random *random)
{
    (void)random;
    value->n /= 2;
}

static void
empty(struct levada_bytes *value, struct random *random)
{
    (void)random;
    value->n = 0;
}

static void
leave_one_byte(struct levada_bytes *value, struct random *random)
{
    (void)random;
    value->n = value->n > 0;
}

static void
scramble(struct levada_bytes *value, struct random *random)
{
    for (uint64_t i = 0; i < value->n; i++)
        ((unsigned char *)value->p)[i] = (unsigned char)random_next(random);
}

static void
flip_one(struct levada_bytes *value, struct random *random)
{
    if (value->n > 0)
        ((unsigned char *)value->p)[random_next(random) % value->n] ^= 0xff;
}

static void
damage(struct rig *rig, const struct memory *good, uint32_t version,
       void (*how)(struct levada_bytes *, struct random *))
{
    struct memory *bad = arena_alloc(&rig->arena, sizeof(*bad));
    bad->rig = rig;
    bad->n = good->n;
    for (uint32_t i = 0; i < good->n; i++) {
        bad->entries[i].key = good->entries[i].key;
        bad->entries[i].value = copy_bytes(rig, good->entries[i].value);
        how(&bad->entries[i].value, &rig->random);
    }
    live_on(rig, bad, version);
}

static void
bears_any_state(struct rig *rig)
{
    void (*const ways[])(struct levada_bytes *, struct random *) = { truncate_half, empty,
                                                                     leave_one_byte, scramble,
                                                                     flip_one };
    static struct memory memory;
    memory = (struct memory){ .rig = rig };
    if (!rig_open(rig) || !fill_memory(rig, &memory))
        return;
    if (memory.n == 0) {
        verdict_skip("it keeps nothing through levada.state/1");
        return;
    }
    for (size_t w = 0; w < sizeof(ways) / sizeof(*ways) && verdict_is_open(); w++)
        damage(rig, &memory, rig->op.state_version, ways[w]);
    for (int i = 0; i < 20 && verdict_is_open(); i++)
        damage(rig, &memory, rig->op.state_version, flip_one);
}

static void
bears_other_versions(struct rig *rig)
{
    static struct memory memory;
    memory = (struct memory){ .rig = rig };
    if (!rig_open(rig) || !fill_memory(rig, &memory))
        return;
    if (memory.n == 0 && rig->op.state_version == 0) {
        verdict_skip("it keeps nothing through levada.state/1");
        return;
    }
    live_on(rig, &memory, rig->op.state_version > 0 ? rig->op.state_version - 1 : 0);
    live_on(rig, &memory, rig->op.state_version + 1);
    live_on(rig, &memory, 0);
}

const struct test_case cases_state[] = {
    { "state.damaged", "state that is cut, empty or random is refused or read, and no crash",
      CASE_OF_STAGE, false, bears_any_state },
    { "state.versions", "likewise state of an older or a newer version", CASE_OF_STAGE, false,
      bears_other_versions },
    { .name = NULL },
};
