/* SPDX-License-Identifier: Apache-2.0 */
#include "log/journal.h"

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

static char folder[64], path[80];
static int journal, client;

/* A socket where the journal would listen. */
static int
listen_start(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    (void)state;
    strcpy(folder, "/tmp/levada_journal_XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/socket", folder);
    strcpy(address.sun_path, path);
    journal = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(journal, (struct sockaddr *)&address, sizeof(address)) != 0)
        return -1;
    client = journal_open(path);
    return client >= 0 ? 0 : -1;
}

static int
listen_stop(void **state)
{
    (void)state;
    close(client);
    close(journal);
    return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void
assert_heard(const char *expected)
{
    char heard[4096];
    ssize_t n = recv(journal, heard, sizeof(heard) - 1, 0);
    assert_true(n > 0);
    heard[n] = '\0';
    assert_string_equal(heard, expected);
}

static void
an_entry_has_fields(void **state)
{
    (void)state;
    struct logger topic = { "data_stream", "topic" };
    struct journal_entry entry = { 4, &topic, "broker unreachable", "warn broker unreachable b=1" };
    assert_true(journal_send(client, &entry));
    assert_heard("MESSAGE=warn broker unreachable b=1\nPRIORITY=4\nSYSLOG_IDENTIFIER=levada\n"
                 "LEVADA_EVENT=broker unreachable\nLEVADA_PIPELINE=data_stream\n"
                 "LEVADA_STAGE=topic\n");
}

static void
what_is_not_known_is_no_field(void **state)
{
    (void)state;
    assert_true(journal_send(client, &(struct journal_entry){ .priority = 6, .message = "m" }));
    assert_heard("MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=levada\n");
    struct logger p = { "p", NULL };
    assert_true(journal_send(client, &(struct journal_entry){ 3, &p, "e", "m" }));
    assert_heard("MESSAGE=m\nPRIORITY=3\nSYSLOG_IDENTIFIER=levada\nLEVADA_EVENT=e\n"
                 "LEVADA_PIPELINE=p\n");
}

static void
no_value_smuggles_a_field_in(void **state)
{
    (void)state;
    struct logger odd = { "p\nPRIORITY=0", NULL };
    assert_true(journal_send(client, &(struct journal_entry){ 6, &odd, NULL, "m" }));
    assert_heard("MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=levada\n");
}

static void
a_journal_that_is_not_there_is_told(void **state)
{
    (void)state;
    assert_int_equal(journal_open("/tmp/levada_no_such_journal/socket"), -1);
    assert_false(journal_send(-1, &(struct journal_entry){ .priority = 6, .message = "m" }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_has_fields),
        cmocka_unit_test(what_is_not_known_is_no_field),
        cmocka_unit_test(no_value_smuggles_a_field_in),
        cmocka_unit_test(a_journal_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, listen_start, listen_stop);
}
