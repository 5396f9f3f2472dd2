/* SPDX-License-Identifier: Apache-2.0 */
#include "compute_option.h"

#include "aggregate.h"

#include <stdio.h>

const struct function *const functions[] = {
    &function_count,
    &function_count_distinct,
    &function_approx_count_distinct,
    &function_sum,
    &function_min,
    &function_max,
    &function_mean,
    &function_first,
    &function_last,
    &function_quantile,
};

static const struct levada_option entry[] = {
    {
        .type = LEVADA_O_STRING,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct compute_option, name),
        .name = "name",
        .rule = "len:1..200",
        .help = "The column of the result.",
    },
    {
        .type = LEVADA_O_CHOICE,
        .flags = LEVADA_OF_REQUIRED,
        LEVADA_IN(struct compute_option, function),
        .name = "function",
        .rule = FUNCTION_WORDS,
        .help = "What is computed.",
    },
    {
        .type = LEVADA_O_PATH,
        LEVADA_IN(struct compute_option, field),
        .name = "field",
        .help = "The field it is computed of; count can do without one.",
    },
    {
        .type = LEVADA_O_FLOAT,
        LEVADA_IN(struct compute_option, quantile),
        .name = "quantile",
        .rule = "0..1",
        .help = "Of function \"quantile\": which one, above 0 up to 1, such as 0.99.",
    },
};

static const struct levada_option group = {
    .type = LEVADA_O_GROUP,
    LEVADA_CHILDREN(entry),
    .item_size = sizeof(struct compute_option),
};

const struct levada_option aggregate_options[AGGREGATE_N_OPTIONS] = {
    {
        .type = LEVADA_O_LIST,
        LEVADA_IN(struct aggregate, compute),
        .name = "compute",
        .help = "The functions whose results become columns. Without any: count, of the records.",
        .children = &group,
        .n_children = 1,
        .item_size = sizeof(struct compute_option),
    },
};

static bool
complain(struct levada_call *call, const struct compute_option *option, const char *what)
{
    char text[400];
    snprintf(text, sizeof(text), "\"%s\": %s %s", option->name, functions[option->function]->name,
             what);
    levada->problem(call, "compute", text);
    return false;
}

bool
compute_option_check(struct levada_call *call, const struct compute_option *option)
{
    const struct function *function = functions[option->function];
    if (option->field == NULL && !function->may_lack_field)
        return complain(call, option, "needs a field");
    if (function == &function_quantile && !(option->quantile > 0))
        return complain(call, option, "needs which one: quantile = 0.99, or another above 0");
    if (function != &function_quantile && option->quantile != 0)
        return complain(call, option, "takes no quantile");
    return true;
}

struct computation
compute_option_use(const struct compute_option *option)
{
    return (struct computation){
        .function = functions[option->function],
        .name = option->name,
        .field = option->field,
        .quantile = option->quantile,
    };
}
