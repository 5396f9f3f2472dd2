/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND 1000000000LL

static int manager;
static struct service service;

/* Listens where no file is needed, and has the service know of it. */
static int
manage(const char *watchdog_us)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char name[64];
    snprintf(name, sizeof(name), "@levada-test-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (bind(manager, (struct sockaddr *)&address, n) != 0)
        return -1;
    setenv("NOTIFY_SOCKET", name, 1);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", watchdog_us, 1);
    service_open(&service);
    return service.fd >= 0 ? 0 : -1;
}

static int
start(void **state)
{
    (void)state;
    return manage("3000000");
}

static int
stop(void **state)
{
    (void)state;
    service_close(&service);
    return close(manager);
}

/* Everything that was told since, in lines; "" if nothing. */
static const char *
told(void)
{
    static char text[4096];
    size_t n = 0;
    for (ssize_t got; (got = recv(manager, text + n, sizeof(text) - n - 2, 0)) > 0;) {
        n += (size_t)got;
        text[n++] = '\n';
    }
    text[n] = '\0';
    return text;
}

static struct service_view
view(bool running, bool started, uint64_t callbacks)
{
    return (struct service_view){ .name = "p",
                                  .running = running,
                                  .progress = {
                                      .started = started, .callbacks = callbacks, .lag = -1 } };
}

static void
tick(struct service_view one, int64_t now_ns)
{
    service_tick(&service, &one, 1, now_ns);
}

static void
it_is_ready_once_all_have_started(void **state)
{
    (void)state;
    struct service_view views[] = { view(true, true, 1), view(true, false, 1) };
    service_tick(&service, views, 2, SECOND);
    assert_null(strstr(told(), "READY"));
    assert_int_equal(service_wait_ms(&service), 50);
    views[1].progress.started = true;
    service_tick(&service, views, 2, 2 * SECOND);
    assert_non_null(strstr(told(), "READY=1\n"));
    service_tick(&service, views, 2, 3 * SECOND);
    assert_null(strstr(told(), "READY"));
}

static void
one_that_failed_holds_up_no_other(void **state)
{
    (void)state;
    struct service_view views[] = { view(true, true, 1), view(false, false, 0) };
    service_tick(&service, views, 2, SECOND);
    assert_non_null(strstr(told(), "READY=1\n"));
}

static void
the_status_has_rate_and_lag_once_a_second(void **state)
{
    (void)state;
    struct service_view one = view(true, true, 1);
    tick(one, SECOND);
    assert_non_null(strstr(told(), "STATUS=1 of 1 pipelines running, 0 records/s, 0 in all\n"));
    one.progress.records_in = 500;
    one.progress.lag = 7;
    tick(one, SECOND + SECOND / 2);
    assert_null(strstr(told(), "STATUS"));
    tick(one, 3 * SECOND);
    assert_non_null(
        strstr(told(), "STATUS=1 of 1 pipelines running, 250 records/s, 500 in all, lag 7\n"));
}

static void
the_watchdog_is_fed_while_stages_are_called(void **state)
{
    (void)state;
    tick(view(true, true, 1), 10 * SECOND);
    assert_non_null(strstr(told(), "WATCHDOG=1\n"));
    tick(view(true, true, 2), 11 * SECOND);
    assert_non_null(strstr(told(), "WATCHDOG=1\n"));
    tick(view(true, true, 2), 12 * SECOND);
    assert_null(strstr(told(), "WATCHDOG"));
    tick(view(true, true, 3), 13 * SECOND);
    assert_non_null(strstr(told(), "WATCHDOG=1\n"));
}

static void
who_waits_or_is_over_is_not_stuck(void **state)
{
    (void)state;
    struct service_view one = view(true, true, 1);
    tick(one, 10 * SECOND);
    told();
    one.progress.waiting = true;
    tick(one, 11 * SECOND);
    assert_non_null(strstr(told(), "WATCHDOG=1\n"));
    tick(view(false, true, 1), 12 * SECOND);
    assert_non_null(strstr(told(), "WATCHDOG=1\n"));
}

static void
a_reload_is_ready_anew(void **state)
{
    (void)state;
    tick(view(true, true, 1), SECOND);
    told();
    service_reloading(&service, 5 * SECOND);
    assert_string_equal(told(), "RELOADING=1\nMONOTONIC_USEC=5000000\n");
    tick(view(true, true, 1), 6 * SECOND); /* what is to end first */
    assert_null(strstr(told(), "READY"));
    service_reloaded(&service);
    tick(view(true, false, 0), 6 * SECOND);
    assert_null(strstr(told(), "READY"));
    tick(view(true, true, 1), 6 * SECOND);
    assert_non_null(strstr(told(), "READY=1\n"));
    service_reloading(&service, 7 * SECOND);
    told();
    service_refused(&service, 2);
    assert_string_equal(told(), "READY=1\nSTATUS=Not reloaded: the files have mistakes (2)\n");
}

static void
the_watchdog_of_another_process_is_none(void **state)
{
    (void)state;
    service_close(&service);
    setenv("WATCHDOG_PID", "1", 1);
    service_open(&service);
    assert_int_equal(service.watchdog_ns, 0);
}

static void
without_a_manager_nothing_happens(void **state)
{
    (void)state;
    struct service none;
    struct service_view one = view(true, true, 1);
    unsetenv("NOTIFY_SOCKET");
    service_open(&none);
    assert_int_equal(service_wait_ms(&none), -1);
    service_tick(&none, &one, 1, SECOND);
    service_stopping(&none);
    service_done(&none);
    service_close(&none);
    assert_string_equal(told(), "");
}

#define with_manager(test) cmocka_unit_test_setup_teardown(test, start, stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        with_manager(it_is_ready_once_all_have_started),
        with_manager(one_that_failed_holds_up_no_other),
        with_manager(the_status_has_rate_and_lag_once_a_second),
        with_manager(the_watchdog_is_fed_while_stages_are_called),
        with_manager(who_waits_or_is_over_is_not_stuck),
        with_manager(a_reload_is_ready_anew),
        with_manager(the_watchdog_of_another_process_is_none),
        with_manager(without_a_manager_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
