/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
set_path(struct cluster *cluster, const char *option, const char *path)
{
    *(const struct levada_path **)real_stage_option(cluster->sink, option) =
        real_stage_path(cluster->sink, path);
}

static void
deliver(struct cluster *cluster, const char *lines)
{
    assert_int_equal(real_stage_feed(cluster->sink, lines), LEVADA_ABSORBED);
    assert_int_equal(real_stage_checkpoint(cluster->sink), LEVADA_OK);
}

static void
a_field_names_the_topic_and_another_the_partition(void **state)
{
    struct cluster *cluster = *state;
    set_path(cluster, "topic_field", "t");
    set_path(cluster, "partition", "p");
    cluster_make_topic(cluster, "other");
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster, "{\"n\":1,\"t\":\"other\",\"p\":1}\n{\"n\":2,\"p\":0}\n"
                     "{\"n\":3,\"t\":null,\"p\":1}\n{\"n\":4,\"t\":\"other\",\"p\":0}\n");
    assert_string_equal(real_stage_outcome(cluster->sink), "");
    assert_string_equal(cluster_read(cluster, cluster->topic),
                        "0 NULL {\"n\":2,\"p\":0}\n1 NULL {\"n\":3,\"t\":null,\"p\":1}\n");
    assert_string_equal(cluster_read(cluster, "other"),
                        "0 NULL {\"n\":4,\"t\":\"other\",\"p\":0}\n"
                        "1 NULL {\"n\":1,\"t\":\"other\",\"p\":1}\n");
}

static void
a_record_that_names_no_topic_is_refused_alone(void **state)
{
    struct cluster *cluster = *state;
    set_path(cluster, "topic_field", "t");
    cluster_hide(cluster, "missing", true);
    cluster_make_topic(cluster, "another");
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster, "{\"t\":\"../etc\"}\n{\"t\":\"missing\"}\n{\"t\":7}\n{\"t\":\"another\"}\n");
    assert_string_equal(
        real_stage_outcome(cluster->sink),
        "record 0: it names no topic: a name has letters, digits, '.', '_' and '-' alone\n"
        "record 1: there is no topic missing\n"
        "record 2: it names no topic: the name is no text\n");
    assert_int_equal(cluster_count(cluster, "another"), 1);
}

static void
a_topic_that_was_missing_is_found_once_it_is_there(void **state)
{
    struct cluster *cluster = *state;
    set_path(cluster, "topic_field", "t");
    cluster_hide(cluster, "later", true);
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster, "{\"t\":\"later\"}\n");
    assert_string_equal(real_stage_outcome(cluster->sink), "record 0: there is no topic later\n");
    cluster_hide(cluster, "later", false);
    deliver(cluster, "{\"t\":\"later\"}\n");
    assert_string_equal(real_stage_outcome(cluster->sink), "");
}

static void
a_partition_that_cannot_be_is_refused(void **state)
{
    struct cluster *cluster = *state;
    set_path(cluster, "partition", "p");
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster, "{\"p\":-1}\n{\"p\":\"0\"}\n{\"p\":1.5}\n{\"p\":4}\n{\"p\":1}\n");
    assert_string_equal(real_stage_outcome(cluster->sink),
                        "record 0: its partition is no number from 0\n"
                        "record 1: its partition is no number from 0\n"
                        "record 2: its partition is no number from 0\n"
                        "record 3: the broker does not take it: Local: Unknown partition\n");
    assert_string_equal(cluster_read(cluster, cluster->topic), "1 NULL {\"p\":1}\n");
}

static void
keys_are_made_of_fields(void **state)
{
    struct cluster *cluster = *state;
    const struct levada_path *fields[] = { real_stage_path(cluster->sink, "a"),
                                           real_stage_path(cluster->sink, "b") };
    set_path(cluster, "partition", "p");
    *(struct levada_list *)real_stage_option(cluster->sink, "key") =
        (struct levada_list){ .items = fields, .n = 2 };
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster, "{\"a\":\"x\\\"\",\"b\":1.50,\"p\":0}\n{\"b\":null,\"p\":1}\n");
    assert_string_equal(cluster_read(cluster, cluster->topic),
                        "0 [\"x\\\"\",1.5] {\"a\":\"x\\\"\",\"b\":1.50,\"p\":0}\n"
                        "1 [null,null] {\"b\":null,\"p\":1}\n");
}

static void
one_field_is_the_key_as_text(void **state)
{
    struct cluster *cluster = *state;
    const struct levada_path *fields[] = { real_stage_path(cluster->sink, "a") };
    set_path(cluster, "partition", "p");
    *(struct levada_list *)real_stage_option(cluster->sink, "key") =
        (struct levada_list){ .items = fields, .n = 1 };
    cluster_start_sink(cluster, NULL, 0);
    deliver(cluster,
            "{\"a\":\"x\",\"p\":0}\n{\"a\":12,\"p\":0}\n{\"a\":\"\",\"p\":1}\n{\"p\":1}\n");
    assert_string_equal(cluster_read(cluster, cluster->topic),
                        "0 12 {\"a\":12,\"p\":0}\n0 x {\"a\":\"x\",\"p\":0}\n"
                        "1  {\"a\":\"\",\"p\":1}\n1 NULL {\"p\":1}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_make_sink, cluster_drop_sink)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_field_names_the_topic_and_another_the_partition),
        TEST(a_record_that_names_no_topic_is_refused_alone),
        TEST(a_topic_that_was_missing_is_found_once_it_is_there),
        TEST(a_partition_that_cannot_be_is_refused),
        TEST(keys_are_made_of_fields),
        TEST(one_field_is_the_key_as_text),
    };
    return cmocka_run_group_tests(tests, cluster_start, cluster_stop);
}
