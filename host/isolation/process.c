/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The kernel takes the thread that made a process for its parent, and tells the child when that
 * thread ends. So one thread makes all helpers, and lives as long as the host.
 */
struct order {
    const char *name;
    int channel_fd, memory_fd;
    pid_t pid;
    int failure; /* errno */
    bool done;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct order *order; /* NULL: nobody wants anything */
    bool running;
} spawner = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* Signals as a program expects them: the host blocks some in all of its threads. */
static int
set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    int failure = posix_spawnattr_setsigmask(attributes, &none);
    if (failure == 0)
        failure = posix_spawnattr_setsigdefault(attributes, &usual);
    if (failure == 0)
        failure =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failure;
}

static int
spawn(const struct order *order, pid_t *pid)
{
    char verb[] = PROCESS_VERB, program[] = "levada";
    char *arguments[] = { program, verb, (char *)(uintptr_t)order->name, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int failure = set_signals(&attributes);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, order->channel_fd, PROCESS_CHANNEL_FD);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, order->memory_fd, PROCESS_MEMORY_FD);
    if (failure == 0)
        failure = posix_spawn_file_actions_addclosefrom_np(&actions, PROCESS_MEMORY_FD + 1);
    if (failure == 0)
        failure = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

static void *
serve_orders(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&spawner.lock);
    for (;;) {
        while (spawner.order == NULL)
            pthread_cond_wait(&spawner.changed, &spawner.lock);
        struct order *order = spawner.order;
        spawner.order = NULL;
        order->failure = spawn(order, &order->pid);
        order->done = true;
        pthread_cond_broadcast(&spawner.changed);
    }
    return NULL;
}

static int
start_spawner(void)
{
    pthread_t thread;
    sigset_t all, before;
    if (spawner.running)
        return 0;
    sigfillset(&all); /* signals are for the threads that wait for them */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failure = pthread_create(&thread, NULL, serve_orders, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        pthread_detach(thread);
    spawner.running = failure == 0;
    return failure;
}

static void
place_order(struct order *order)
{
    pthread_mutex_lock(&spawner.lock);
    order->failure = start_spawner();
    while (order->failure == 0 && spawner.order != NULL) /* another pipeline's */
        pthread_cond_wait(&spawner.changed, &spawner.lock);
    if (order->failure == 0) {
        spawner.order = order;
        pthread_cond_broadcast(&spawner.changed);
        while (!order->done)
            pthread_cond_wait(&spawner.changed, &spawner.lock);
    }
    pthread_mutex_unlock(&spawner.lock);
}

levada_status
process_start(const char *name, int channel_fd, int memory_fd, struct process *process,
              struct error *err)
{
    /* Above the numbers that they get in the helper, so that neither overwrites the other. */
    struct order order = { .name = name,
                           .channel_fd = fcntl(channel_fd, F_DUPFD_CLOEXEC, 16),
                           .memory_fd = fcntl(memory_fd, F_DUPFD_CLOEXEC, 16) };
    if (order.channel_fd < 0 || order.memory_fd < 0)
        order.failure = errno;
    else
        place_order(&order);
    if (order.channel_fd >= 0)
        close(order.channel_fd);
    if (order.memory_fd >= 0)
        close(order.memory_fd);
    if (order.failure != 0)
        return error_set(err, LEVADA_FATAL, "cannot start its process: %s",
                         strerror(order.failure));
    *process = (struct process){ order.pid, (int)syscall(SYS_pidfd_open, order.pid, 0) };
    return LEVADA_OK;
}

bool
process_wait(struct process *process, int64_t timeout_ms, int *status)
{
    struct pollfd ended = { .fd = process->fd, .events = POLLIN };
    if (process->fd >= 0 && poll(&ended, 1, (int)timeout_ms) == 0)
        return false;
    if (waitpid(process->pid, status, process->fd >= 0 ? WNOHANG : 0) != process->pid)
        return false;
    if (process->fd >= 0)
        close(process->fd);
    *process = (struct process){ 0, -1 };
    return true;
}

void
process_signal(const struct process *process, int signo)
{
    kill(process->pid, signo);
}

void
process_die_with_host(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A terminal or a service manager tells all processes; the host decides when it is over. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    fcntl(PROCESS_CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    fcntl(PROCESS_MEMORY_FD, F_SETFD, FD_CLOEXEC);
}
