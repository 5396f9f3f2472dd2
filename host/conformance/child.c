/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/child.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "conformance/probe.h"
#include "conformance/shield.h"
#include "conformance/targets.h"
#include "log/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CASE_LIMIT_NS 45000000000LL    /* find_too_long() says so */
#define CALLBACK_LIMIT_NS 5000000000LL /* a callback may take about a second */
#define LOOK_EVERY_NS 2000000L

/* ---- options ---- */

/* A pipeline of one stage without options, as a file that is open, and has a name meanwhile. */
static int
open_without_options(const char *id, char *path, size_t n)
{
    int fd = memfd_create("conformance", MFD_CLOEXEC);
    if (fd >= 0)
        dprintf(
            fd,
            "pipeline: { name = \"conformance\"; stages = ( { name = \"%s\"; plugin = \"%s\"; } "
            "); };\n",
            target_name(id), id);
    snprintf(path, n, "/proc/self/fd/%d", fd);
    return fd;
}

static const struct stage_spec *
find_stage(const struct config *config, const char *id)
{
    for (size_t p = 0; p < config->n_pipelines; p++) {
        for (size_t s = 0; s < config->pipelines[p].n_stages; s++) {
            const struct stage_spec *spec = &config->pipelines[p].stages[s];
            if (spec->plugin != NULL && strcmp(spec->plugin, id) == 0)
                return spec;
        }
    }
    return NULL;
}

/* The options of @id in the file and of --set. Caller unloads *config. False: a fault is told. */
static bool
load_options(struct rig *rig, const struct conformance_setup *setup, struct config **config)
{
    static const struct setting none = { .type = SETTING_GROUP };
    struct problems problems = { .n = 0 };
    char without[64];
    int fd = setup->options == NULL ? open_without_options(rig->id, without, sizeof(without)) : -1;
    const char *path = setup->options != NULL ? setup->options : without;
    *config = config_load(path, setup->overrides, setup->n_overrides, &problems);
    if (fd >= 0)
        close(fd);
    const struct stage_spec *spec = *config != NULL ? find_stage(*config, rig->id) : NULL;
    if (*config == NULL || problems.n_errors > 0)
        verdict_fault("options", "%s: %s", path,
                      problems.n > 0 ? problems.items[0].message : "cannot be read");
    rig->options = spec != NULL ? &spec->options : &none;
    if (spec != NULL)
        rig->at = spec->at;
    problems_finish(&problems);
    return verdict_is_open();
}

/* ---- the process ---- */

static uint64_t
seed_of(const struct conformance_setup *setup, const struct test_case *test)
{
    uint64_t seed = setup->seed;
    for (const char *p = test->name; *p != '\0'; p++)
        seed = seed * 31 + (unsigned char)*p;
    return seed;
}

static void
run_case(const struct conformance_setup *setup, const struct test_case *test, const char *stage)
{
    struct rig rig = { .file = setup->file, .id = stage, .in_process = setup->in_process };
    rig.random.state = seed_of(setup, test);
    probe_setup = (struct probe_setup){ .shield = false };
    probe_fail_at(0);
    struct config *config = NULL;
    if (stage == NULL || load_options(&rig, setup, &config))
        test->run(&rig);
    rig_close(&rig);
    if (config != NULL)
        config_unload(config);
    if (verdict->outcome == OUTCOME_NONE)
        verdict->outcome = OUTCOME_PASS;
}

/* What a plugin writes is not the report. */
static void
silence(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
}

static void
be_child(const struct conformance_setup *setup, const struct test_case *test, const char *stage,
         const char *folder)
{
    silence();
    log_setup(LOG_ERROR);
    if (chdir(folder) != 0)
        _exit(EXIT_FAILURE);
    shield_install();
    run_case(setup, test, stage);
    _exit(0);
}

/* ---- the process that judges ---- */

static int64_t
cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec cpu;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0)
        return 0;
    return cpu.tv_sec * 1000000000LL + cpu.tv_nsec;
}

/* Does its first thread wait for something, and not only for a processor? */
static bool
is_asleep(pid_t pid)
{
    char path[64], state = 'R';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file != NULL && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'R';
    if (file != NULL)
        fclose(file);
    return state == 'S';
}

/* On a busy machine a callback may take long and be innocent: it waits, or it computes. */
static bool
is_stuck(pid_t pid, const struct verdict *shared, int64_t now_ns)
{
    int64_t entered_ns = shared->entered_ns;
    return entered_ns != 0 && now_ns - entered_ns > CALLBACK_LIMIT_NS &&
           (is_asleep(pid) || cpu_ns(pid) - shared->entered_cpu_ns > CALLBACK_LIMIT_NS);
}

/* What took too long; NULL: nothing yet. */
static const char *
find_too_long(pid_t pid, const struct verdict *shared, int64_t started_ns)
{
    int64_t now_ns = clock_system.monotonic_ns(&clock_system);
    if (is_stuck(pid, shared, now_ns))
        return "did not come back; a callback that would block returns AGAIN within about a second";
    return now_ns - started_ns > CASE_LIMIT_NS
               ? "the 45 s of a case are over, and callbacks still take their time"
               : NULL;
}

/* Waits for the child; kills it when its time is over. */
static void
wait_for(pid_t pid, struct verdict *shared)
{
    const struct timespec pause = { .tv_nsec = LOOK_EVERY_NS };
    int64_t started_ns = clock_system.monotonic_ns(&clock_system);
    int status = 0;
    verdict = shared;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        const char *too_long = find_too_long(pid, shared, started_ns);
        if (too_long != NULL) {
            verdict_fault("blocks", "%s", too_long);
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return;
        }
        nanosleep(&pause, NULL);
    }
    if (WIFSIGNALED(status))
        verdict_fault("crash", "the process died of signal %d (%s)", WTERMSIG(status),
                      strsignal(WTERMSIG(status)));
    else if (shared->outcome == OUTCOME_NONE)
        verdict_fault("exit", "ended the process with exit code %d", WEXITSTATUS(status));
}

static void
remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        struct stat info;
        char inner[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            remove_folder(inner);
        else
            unlink(inner);
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(path);
}

static void
run_in_process_of_its_own(const struct conformance_setup *setup, const struct test_case *test,
                          const char *stage, const char *folder, struct verdict *shared)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        be_child(setup, test, stage, folder);
    if (pid < 0)
        verdict_skip("no process for it: %s", strerror(errno));
    else
        wait_for(pid, shared);
}

void
child_run(const struct conformance_setup *setup, const struct test_case *test, const char *stage,
          struct verdict *shared)
{
    char folder[64] = "/tmp/levada-conformance-XXXXXX";
    memset(shared, 0, sizeof(*shared));
    verdict = shared;
    if (mkdtemp(folder) == NULL) {
        verdict_skip("no folder for it: %s", strerror(errno));
        return;
    }
    setenv("LEVADA_SCRATCH", folder, 1);
    if (setup->in_process)
        run_case(setup, test, stage);
    else
        run_in_process_of_its_own(setup, test, stage, folder, shared);
    remove_folder(folder);
}
