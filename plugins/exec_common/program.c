/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_common/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)
#define POLITE_MS 2000 /* from the end of its input, and from SIGTERM, to what is less polite */

extern char **environ;

const struct levada_option program_word = { .type = LEVADA_O_STRING };

int64_t
program_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *
program_name(const struct program *program)
{
    return ((const char *const *)program->options->command.items)[0];
}

void
program_init(struct program *program, const struct program_options *options)
{
    *program = (struct program){ .options = options, .in = -1, .out = -1 };
}

void
program_finish(struct program *program)
{
    if (program->options == NULL)
        return; /* never came so far */
    program_end(program);
    messages_finish(&program->to);
    messages_finish(&program->from);
}

/* ---- starting ---- */

static char **
make_arguments(const struct program_options *options)
{
    const char *const *words = options->command.items;
    char **arguments = calloc(options->command.n + 1, sizeof(*arguments));
    for (uint64_t i = 0; arguments != NULL && i < options->command.n; i++)
        arguments[i] = (char *)(uintptr_t)words[i]; /* which nobody writes to */
    return arguments;
}

static bool
add_variable(char **variables, size_t *n, const char *name, const char *value)
{
    size_t name_n = strlen(name);
    char *text = malloc(name_n + strlen(value) + 2);
    if (text == NULL)
        return false;
    sprintf(text, "%s=%s", name, value);
    size_t at = 0;
    while (at < *n && (strncmp(variables[at], name, name_n) != 0 || variables[at][name_n] != '='))
        at++;
    if (at < *n)
        free(variables[at]);
    else
        ++*n;
    variables[at] = text;
    return true;
}

static void
free_environment(char **variables)
{
    for (size_t i = 0; variables != NULL && variables[i] != NULL; i++)
        free(variables[i]);
    free(variables);
}

/* The host's, then the option's, then one of ours. NULL: out of memory. */
static char **
make_environment(const struct program_options *options, const char *name, const char *value)
{
    const struct levada_pair *pairs = options->environment.items;
    size_t n_host = 0, n = 0;
    while (environ[n_host] != NULL)
        n_host++;
    char **variables = calloc(n_host + options->environment.n + 2, sizeof(*variables));
    bool done = variables != NULL;
    for (; done && n < n_host; n++) {
        variables[n] = strdup(environ[n]);
        done = variables[n] != NULL;
    }
    for (uint64_t i = 0; done && i < options->environment.n; i++)
        done = add_variable(variables, &n, pairs[i].name, pairs[i].value);
    if (done && value != NULL)
        done = add_variable(variables, &n, name, value);
    if (done)
        return variables;
    free_environment(variables);
    return NULL;
}

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
    /* A group of its own: a terminal's ^C is for the host, which lets the program finish. */
    if (failure == 0)
        failure = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    return failure;
}

static int
spawn(const struct program *program, int in, int out, char **variables, pid_t *pid)
{
    const struct program_options *options = program->options;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char **arguments = make_arguments(options);
    if (arguments == NULL)
        return ENOMEM;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int failure = set_signals(&attributes);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (failure == 0 && options->directory != NULL)
        failure = posix_spawn_file_actions_addchdir_np(&actions, options->directory);
    if (failure == 0)
        failure = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, variables);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(arguments);
    return failure;
}

static levada_status
tell_failure(struct program *program, int failure)
{
    bool is_ours =
        failure == ENOENT || failure == EACCES || failure == ENOEXEC || failure == ENOTDIR;
    snprintf(program->why, sizeof(program->why), "cannot start the program \"%s\"%s%s: %s",
             program_name(program), program->options->directory != NULL ? " in " : "",
             program->options->directory != NULL ? program->options->directory : "",
             strerror(failure));
    return is_ours ? LEVADA_CONFIG : LEVADA_RETRY;
}

levada_status
program_start(struct program *program, const char *name, const char *value)
{
    int to[2] = { -1, -1 }, from[2] = { -1, -1 }, failure = 0;
    program_end(program);
    char **variables = make_environment(program->options, name, value);
    if (variables == NULL)
        failure = ENOMEM;
    else if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        failure = errno;
    else
        failure = spawn(program, to[0], from[1], variables, &program->pid);
    free_environment(variables);
    for (int i = 0; i < 2; i++) {
        int ours = i == 0 ? to[1] : from[0], theirs = i == 0 ? to[0] : from[1];
        if (theirs >= 0)
            close(theirs);
        if (ours >= 0 && failure != 0)
            close(ours);
    }
    if (failure != 0) {
        program->pid = 0;
        return tell_failure(program, failure);
    }
    program->in = to[1];
    program->out = from[0];
    fcntl(program->in, F_SETFL, O_NONBLOCK);
    fcntl(program->out, F_SETFL, O_NONBLOCK);
    program->said_all = false;
    program->alive_ms = program_now_ms();
    return LEVADA_OK;
}

/* ---- exchanging ---- */

static bool
would_block(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* False: it reads no more. */
static bool
write_some(struct program *program)
{
    struct message_queue *to = &program->to;
    while (program->in >= 0 && messages_bytes(to) > 0) {
        ssize_t n = write(program->in, to->bytes + to->start, messages_bytes(to));
        if (n < 0)
            return would_block();
        messages_drop(to, (size_t)n);
        program->alive_ms = program_now_ms();
    }
    return true;
}

static bool
read_some(struct program *program)
{
    char *place = messages_reserve(&program->from, READ_BYTES);
    if (place == NULL)
        return false;
    ssize_t n = read(program->out, place, READ_BYTES);
    if (n < 0)
        return would_block();
    program->said_all = n == 0;
    if (n > 0)
        program->from.n += (size_t)n;
    program->alive_ms = program_now_ms();
    return true;
}

levada_status
program_exchange(struct program *program, int wait_ms, bool expects)
{
    bool writes = program->in >= 0 && messages_bytes(&program->to) > 0;
    struct pollfd fds[2] = {
        { .fd = program->said_all ? -1 : program->out, .events = POLLIN },
        { .fd = writes ? program->in : -1, .events = POLLOUT },
    };
    int64_t limit_ms = program->options->time_limit / 1000000;
    int64_t quiet_ms = program_now_ms() - program->alive_ms;
    if (expects && quiet_ms >= limit_ms) {
        char text[80];
        snprintf(text, sizeof(text), "gave no sign of life for %g s (does it flush each answer?)",
                 (double)limit_ms / 1000);
        return program_failed(program, text);
    }
    int ready = poll(fds, 2, wait_ms);
    if (ready > 0 && fds[1].revents != 0 && !write_some(program))
        return program_failed(program, "reads no more");
    if (ready > 0 && fds[0].revents != 0 && !read_some(program))
        return program_failed(program, "cannot be read");
    return LEVADA_OK;
}

/* ---- messages ---- */

bool
program_can_read(const struct program *program, struct levada_bytes value)
{
    return program->options->framing == FRAMING_LENGTH || value.p == NULL ||
           memchr(value.p, '\n', value.n) == NULL;
}

bool
program_put(struct program *program, struct levada_bytes value)
{
    if (value.p == NULL)
        value = (struct levada_bytes){ "null", 4 };
    return messages_put(&program->to, (enum framing)program->options->framing, value.p, value.n);
}

enum message_found
program_take(struct program *program, const char **text, size_t *n)
{
    const struct program_options *options = program->options;
    enum message_found found =
        messages_take(&program->from, (enum framing)options->framing, (size_t)options->max_record,
                      program->said_all, text, n);
    if (found == MESSAGE_TOO_LONG)
        snprintf(program->why, sizeof(program->why),
                 "%s wrote a message longer than max_record (%lld bytes)", program_name(program),
                 (long long)options->max_record);
    return found;
}

/* ---- ending ---- */

void
program_close_input(struct program *program)
{
    if (program->in >= 0)
        close(program->in);
    program->in = -1;
}

bool
program_wait(struct program *program, int wait_ms, int *status)
{
    int64_t until = program_now_ms() + wait_ms;
    *status = 0;
    while (program->pid != 0) {
        pid_t ended = waitpid(program->pid, status, WNOHANG);
        if (ended == program->pid || ended < 0) {
            program->pid = 0;
            break;
        }
        if (program_now_ms() >= until)
            return false;
        /* What it still says must not keep it from ending. */
        if (program->said_all || program->out < 0)
            poll(NULL, 0, 1);
        else
            program_exchange(program, 1, false);
    }
    return true;
}

/* What it wrote before it ended; a child of its own may hold the pipe open for ever. */
static void
read_rest(struct program *program)
{
    for (int i = 0; i < 100 && !program->said_all; i++) {
        if (program_exchange(program, 1, false) < 0)
            return;
    }
}

levada_status
program_end_input(struct program *program, int wait_ms)
{
    int status;
    if (program->in >= 0)
        program->alive_ms = program_now_ms(); /* from now on something is expected of it */
    program_close_input(program);
    if (!program_wait(program, wait_ms, &status)) {
        if (program_now_ms() - program->alive_ms < program->options->time_limit / 1000000)
            return LEVADA_AGAIN;
        snprintf(program->why, sizeof(program->why), "%s does not end after its input has",
                 program_name(program));
        return LEVADA_IO;
    }
    read_rest(program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return LEVADA_OK;
    snprintf(program->why, sizeof(program->why), "%s ended with %s %d", program_name(program),
             WIFEXITED(status) ? "exit code" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return LEVADA_IO;
}

static void
close_streams(struct program *program)
{
    program_close_input(program);
    if (program->out >= 0)
        close(program->out);
    program->out = -1;
    messages_clear(&program->to);
    messages_clear(&program->from);
}

static int
end_with_status(struct program *program, int wait_ms)
{
    int status = 0;
    if (program->pid == 0)
        return 0;
    program->said_all = true;
    if (!program_wait(program, wait_ms, &status)) {
        kill(program->pid, SIGTERM);
        if (!program_wait(program, POLITE_MS, &status)) {
            kill(program->pid, SIGKILL);
            program_wait(program, POLITE_MS, &status);
        }
    }
    return status;
}

void
program_end(struct program *program)
{
    close_streams(program);
    end_with_status(program, 0);
}

levada_status
program_failed(struct program *program, const char *before)
{
    const char *name = program_name(program);
    bool ran = program->pid != 0;
    close_streams(program);
    int status = end_with_status(program, 100);
    if (!ran)
        snprintf(program->why, sizeof(program->why), "%s %s", name, before);
    else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGKILL)
        snprintf(program->why, sizeof(program->why), "%s %s: it was ended by signal %d", name,
                 before, WTERMSIG(status));
    else if (WIFEXITED(status))
        snprintf(program->why, sizeof(program->why), "%s %s: it ended with exit code %d", name,
                 before, WEXITSTATUS(status));
    else
        snprintf(program->why, sizeof(program->why), "%s %s, and was ended", name, before);
    return LEVADA_RETRY;
}

void
program_finish_gently(struct program *program)
{
    int status;
    if (program->options == NULL)
        return;
    program_close_input(program);
    program_wait(program, POLITE_MS, &status);
    program_finish(program);
}
