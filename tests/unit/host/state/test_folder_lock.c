/* SPDX-License-Identifier: Apache-2.0 */
#include "state/folder_lock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "folder.h"

static levada_status
take(struct folder_lock *lock)
{
    folder_lock_init(lock);
    return folder_lock_take(lock, folder, &err);
}

/* A child that has the lock; it holds it until it is killed. */
static pid_t
start_holder(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct folder_lock lock;
        folder_lock_init(&lock);
        if (folder_lock_take(&lock, folder, NULL) != LEVADA_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void
the_second_is_refused_and_told_the_pid(void **state)
{
    (void)state;
    struct folder_lock lock;
    char pid_text[32];
    pid_t pid = start_holder();
    snprintf(pid_text, sizeof(pid_text), "(pid %ld)", (long)pid);
    assert_int_equal(take(&lock), LEVADA_LOCKED);
    assert_non_null(strstr(err.text, pid_text));
    assert_int_equal(error_exit_code(err.status), 75);
    folder_lock_release(&lock);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
a_holder_that_is_killed_holds_nothing(void **state)
{
    (void)state;
    struct folder_lock lock;
    pid_t pid = start_holder();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(take(&lock), LEVADA_OK);
    folder_lock_release(&lock);
}

/* It goes on for a moment with what it inherited. */
static void
start_heir(int ready)
{
    if (fork() != 0 || write(ready, "x", 1) != 1)
        return;
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    _exit(0);
}

static void
a_child_of_a_killed_holder_is_waited_for(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    struct folder_lock lock;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (take(&lock) != LEVADA_OK)
            _exit(1);
        start_heir(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(take(&lock), LEVADA_OK);
    folder_lock_release(&lock);
}

static void
two_of_one_process_exclude_each_other_too(void **state)
{
    (void)state;
    struct folder_lock first, second;
    assert_int_equal(take(&first), LEVADA_OK);
    assert_int_equal(take(&second), LEVADA_LOCKED);
    folder_lock_release(&second);
    folder_lock_release(&first);
    assert_int_equal(take(&second), LEVADA_OK);
    folder_lock_release(&second);
}

static void
a_link_in_its_place_is_not_followed(void **state)
{
    (void)state;
    struct folder_lock lock;
    char target[320];
    snprintf(target, sizeof(target), "%s", folder_path("elsewhere"));
    assert_int_equal(symlink(target, folder_path("lock")), 0);
    assert_int_equal(take(&lock), LEVADA_NO_OUTPUT);
    assert_int_not_equal(access(target, F_OK), 0);
    folder_lock_release(&lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_is_refused_and_told_the_pid),
        TEST(a_holder_that_is_killed_holds_nothing),
        TEST(a_child_of_a_killed_holder_is_waited_for),
        TEST(two_of_one_process_exclude_each_other_too),
        TEST(a_link_in_its_place_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
