/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define FRAMES 48
#define STACK_BYTES ((size_t)64 << 10)
#define EXIT_CODE 70
#define NEAR_STACK ((uintptr_t)64 << 10) /* a frame may jump over the guard page */

static const struct {
    int signo;
    const char *name, *means;
} signals[] = {
    { SIGSEGV, "SIGSEGV", "invalid memory access" },
    { SIGBUS, "SIGBUS", "bus error" },
    { SIGFPE, "SIGFPE", "arithmetic error" },
    { SIGILL, "SIGILL", "illegal instruction" },
    { SIGABRT, "SIGABRT", "abort" },
};
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

static _Thread_local struct fault_place here; /* callback NULL: in no plugin */
static _Thread_local uintptr_t stack_low;     /* where this thread's stack ends; 0: not known */
static _Thread_local const char *exception;   /* what is about to abort() */
static atomic_bool told;                      /* one report is enough */
static pthread_key_t guard_key;

const char *
fault_signal_name(int signo)
{
    for (size_t i = 0; i < N_SIGNALS; i++) {
        if (signals[i].signo == signo)
            return signals[i].name;
    }
    return signo == SIGKILL ? "SIGKILL" : signo == SIGXCPU ? "SIGXCPU" : "a signal";
}

void
fault_enter(const struct fault_place *place)
{
    here = *place;
}

void
fault_leave(void)
{
    here.callback = NULL;
}

/* ---- a line, made without malloc and stdio ---- */

struct text {
    char text[4096];
    size_t n;
};

static void
add(struct text *line, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0, room = sizeof(line->text) - 1 - line->n;
    n = n < room ? n : room;
    if (n > 0)
        memcpy(line->text + line->n, text, n);
    line->n += n;
}

static void
add_number(struct text *line, uint64_t number, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    add(line, digits + at);
}

static void
add_signed(struct text *line, int64_t number)
{
    if (number < 0)
        add(line, "-");
    add_number(line, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

static void
add_hand(struct text *line, const struct fault_hand *hand)
{
    if (hand->n == 0)
        return;
    add(line, "; in hand: ");
    add_number(line, hand->n, 10);
    add(line, hand->n == 1 ? " record" : " records");
    if (hand->stream == NULL || hand->stream[0] == '\0') {
        add(line, " made by a stage above");
        return;
    }
    add(line, " of ");
    add(line, hand->stream);
    add(line, ", partition ");
    add_signed(line, hand->partition);
    add(line, hand->n == 1 ? ", offset " : ", offsets ");
    add_signed(line, hand->first);
    if (hand->n == 1)
        return;
    add(line, " to ");
    add_signed(line, hand->last);
}

static void
add_place(struct text *line)
{
    if (here.callback == NULL) {
        add(line, " on a thread that is in no callback; the backtrace tells whose it is");
        return;
    }
    add(line, " in ");
    add(line, here.callback);
    if (here.stage != NULL) {
        add(line, " of stage \"");
        add(line, here.stage);
        add(line, "\" (");
        add(line, here.plugin);
        add(line, ", ");
        add(line, here.file);
        add(line, ")");
    } else {
        add(line, " ");
        add(line, here.file);
    }
    add_hand(line, &here.hand);
}

static void
put(const char *text, size_t n)
{
    ssize_t written = write(STDERR_FILENO, text, n);
    (void)written; /* there is nowhere else to say it */
}

static void
report(const char *what, const char *means, bool has_address, const void *address)
{
    static const char heading[] = "levada: backtrace:\n";
    struct text line = { .n = 0 };
    void *frames[FRAMES];
    if (atomic_exchange(&told, true))
        return;
    add(&line, "levada: ");
    add(&line, here.callback != NULL ? here.pipeline : NULL);
    add(&line, here.callback != NULL && here.pipeline != NULL ? ": crashed: " : "crashed: ");
    add(&line, what);
    if (means != NULL) {
        add(&line, " (");
        add(&line, means);
        if (has_address) {
            add(&line, " at 0x");
            add_number(&line, (uintptr_t)address, 16);
        }
        add(&line, ")");
    }
    add_place(&line);
    line.text[line.n++] = '\n';
    put(line.text, line.n);
    put(heading, sizeof(heading) - 1);
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
}

/* ---- how it ends ---- */

static bool
is_stack_overflow(int signo, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    return (signo == SIGSEGV || signo == SIGBUS) && stack_low != 0 &&
           at >= stack_low - NEAR_STACK && at < stack_low + NEAR_STACK;
}

/* Back in the default way: when the handler returns, the process ends by the same signal. */
static void
on_signal(int signo, siginfo_t *info, void *context)
{
    (void)context;
    bool has_address = signo != SIGABRT && info->si_code > 0;
    const char *means = NULL;
    for (size_t i = 0; i < N_SIGNALS; i++) {
        if (signals[i].signo == signo)
            means = signals[i].means;
    }
    if (has_address && is_stack_overflow(signo, info->si_addr))
        means = "stack overflow";
    report(fault_signal_name(signo), exception != NULL ? exception : means, has_address,
           info->si_addr);
    raise(signo);
}

static void
on_exit_call(int status, void *unused)
{
    static const char means[] = "which is the host's to call";
    (void)status;
    (void)unused;
    if (here.callback == NULL)
        return;
    report("exit()", means, false, NULL);
    _exit(EXIT_CODE);
}

static void
note_exception(const char *what)
{
    static _Thread_local char text[512];
    strncpy(text, what, sizeof(text) - 1);
    exception = text;
    if (SANITIZED)
        report(fault_signal_name(SIGABRT), exception, false, NULL);
}

static void
free_guard(void *stack)
{
    stack_t off = { .ss_flags = SS_DISABLE };
    sigaltstack(&off, NULL);
    munmap(stack, STACK_BYTES);
}

void
fault_install(void)
{
    struct sigaction action = { .sa_sigaction = on_signal,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };
    void *frames[2];
    pthread_key_create(&guard_key, free_guard);
    fault_watch_exceptions(note_exception);
    on_exit(on_exit_call, NULL);
    if (SANITIZED)
        return;
    backtrace(frames, 2); /* loads its library now: a handler must not */
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i].signo, &action, NULL);
}

bool
fault_guard_thread(void)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (SANITIZED)
        return true;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_destroy(&attributes);
        stack_low = (uintptr_t)low;
    }
    void *stack =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return false;
    stack_t alternate = { .ss_sp = stack, .ss_size = STACK_BYTES };
    if (sigaltstack(&alternate, NULL) != 0 || pthread_setspecific(guard_key, stack) != 0) {
        munmap(stack, STACK_BYTES);
        return false;
    }
    return true;
}
