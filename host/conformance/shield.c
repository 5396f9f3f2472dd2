/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/shield.h"

#include "conformance/verdict.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define MAX_REGIONS 4096u
#define HANDLES ((size_t)1 << 30)
#define HANDLE_STEP 64u
#define NEAR_STACK 65536u

struct region {
    char *start;
    size_t bytes, guard; /* readable; then not even that */
    bool kept;
};

static struct region regions[MAX_REGIONS];
static size_t n_regions;
static char *handles;
static size_t next_handle;
static char signal_stack[65536];

/* ---- what a fault means ---- */

static bool
is_near_stack(const char *at, const ucontext_t *context)
{
#if defined(__x86_64__)
    const char *stack = (const char *)(uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    const char *stack = (const char *)(uintptr_t)context->uc_mcontext.sp;
#else
    const char *stack = NULL;
    (void)context;
#endif
    return stack != NULL && at > stack - NEAR_STACK && at < stack + NEAR_STACK;
}

static const struct region *
region_of(const char *at)
{
    for (size_t i = 0; i < n_regions; i++) {
        if (at >= regions[i].start && at < regions[i].start + regions[i].bytes + regions[i].guard)
            return &regions[i];
    }
    return NULL;
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
    const char *at = info->si_addr;
    const struct region *region = region_of(at);
    if (number == SIGABRT)
        verdict_end("crash", "SIGABRT");
    if (region != NULL && at < region->start + region->bytes)
        verdict_end("shared", "wrote into data of a batch, which other stages share");
    if (region != NULL)
        verdict_end("bounds", "read past the end of what the host gave");
    if (handles != NULL && at >= handles && at < handles + HANDLES)
        verdict_end("opaque", "looked inside a struct levada_call");
    if (number == SIGSEGV && is_near_stack(at, context))
        verdict_end("crash", "SIGSEGV: the stack overflowed");
    verdict_end("crash", "%s at address %p", strsignal(number), (const void *)at);
}

void
shield_install(void)
{
    const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

/* ---- memory ---- */

static const void *
copy(const void *bytes, size_t n, size_t align, bool kept)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (n + align + page - 1) / page * page;
    if (n_regions == MAX_REGIONS)
        return NULL;
    char *start =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    char *place = start + (whole - n) / align * align;
    memcpy(place, bytes, n);
    mprotect(start, whole, PROT_READ);
    mprotect(start + whole, page, PROT_NONE);
    regions[n_regions++] = (struct region){ start, whole, page, kept };
    return place;
}

const void *
shield_copy(const void *bytes, size_t n, size_t align)
{
    const void *shielded = bytes != NULL ? copy(bytes, n, align, false) : NULL;
    return shielded != NULL ? shielded : bytes;
}

const void *
shield_keep(const void *bytes, size_t n)
{
    return copy(bytes, n, 1, true);
}

static void
forget(size_t i)
{
    munmap(regions[i].start, regions[i].bytes + regions[i].guard);
    regions[i] = regions[--n_regions];
}

void
shield_clear(void)
{
    for (size_t i = n_regions; i-- > 0;) {
        if (!regions[i].kept)
            forget(i);
    }
}

void
shield_drop(const void *kept)
{
    const struct region *region = region_of(kept);
    if (region != NULL)
        forget((size_t)(region - regions));
}

void *
shield_handle(void)
{
    if (handles == NULL) {
        handles =
            mmap(NULL, HANDLES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (handles == MAP_FAILED)
            abort();
    }
    next_handle = (next_handle + HANDLE_STEP) % HANDLES;
    return handles + next_handle;
}
