/* SPDX-License-Identifier: Apache-2.0 */
#include "base/problem.h"

#include "base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_USAGE = 64,
    EXIT_NO_INPUT = 66,
    EXIT_FAILED = 70,
    EXIT_CONFIG = 78,
};

static void
problem_finish(struct problem *problem)
{
    free(problem->file);
    free(problem->stage);
    free(problem->option);
    free(problem->message);
    free(problem->suggestion);
}

void
problems_finish(struct problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        problem_finish(&problems->items[i]);
    free(problems->items);
    *problems = (struct problems){ 0 };
}

/* Room for one more; the capacity is the power of two at or above n. */
static bool
problems_grow(struct problems *problems)
{
    size_t n = problems->n;
    if ((n & (n - 1)) != 0)
        return true;
    struct problem *items = realloc(problems->items, (n == 0 ? 1 : 2 * n) * sizeof(*items));
    if (items == NULL)
        return false;
    problems->items = items;
    return true;
}

static char *
copy_or_null(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

/* @problem has place, severity and exit code. */
__attribute__((format(printf, 6, 0))) static void
problems_append(struct problems *problems, struct problem problem, const char *stage,
                const char *option, const char *suggestion, const char *format, va_list args)
{
    if (vasprintf(&problem.message, format, args) < 0) {
        problems_add_no_memory(problems);
        return;
    }
    if (!problems_grow(problems)) {
        free(problem.message);
        problems_add_no_memory(problems);
        return;
    }
    if (problem.severity == SEVERITY_ERROR)
        problems->n_errors++;
    problem.file = copy_or_null(problem.place.file);
    problem.place.file = problem.file;
    problem.stage = copy_or_null(stage);
    problem.option = copy_or_null(option);
    problem.suggestion = copy_or_null(suggestion);
    problems->items[problems->n++] = problem;
}

void
problems_add(struct problems *problems, struct place place, enum severity severity,
             const char *stage, const char *option, const char *suggestion, const char *format, ...)
{
    struct problem problem = { .place = place, .severity = severity, .exit_code = EXIT_CONFIG };
    va_list args;
    va_start(args, format);
    problems_append(problems, problem, stage, option, suggestion, format, args);
    va_end(args);
}

void
problems_add_missing(struct problems *problems, struct place place, const char *stage,
                     const char *option, const char *format, ...)
{
    struct problem problem = { .place = place,
                               .severity = SEVERITY_ERROR,
                               .exit_code = EXIT_NO_INPUT };
    va_list args;
    va_start(args, format);
    problems_append(problems, problem, stage, option, NULL, format, args);
    va_end(args);
}

void
problems_add_usage(struct problems *problems, struct place place, const char *format, ...)
{
    struct problem problem = { .place = place,
                               .severity = SEVERITY_ERROR,
                               .exit_code = EXIT_USAGE };
    va_list args;
    va_start(args, format);
    problems_append(problems, problem, NULL, NULL, NULL, format, args);
    va_end(args);
}

void
problems_add_no_memory(struct problems *problems)
{
    problems->n_errors++;
    problems->no_memory = true;
}

static int
compare_texts(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int
compare_problems(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    int order = compare_texts(a->place.file, b->place.file);
    if (order != 0)
        return order;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return compare_texts(a->message, b->message);
}

static void
problems_sort(struct problems *problems)
{
    if (problems->n > 1)
        qsort(problems->items, problems->n, sizeof(*problems->items), compare_problems);
}

static const char *
severity_name(enum severity severity)
{
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

static const struct problem no_memory = {
    .severity = SEVERITY_ERROR,
    .message = (char *)(uintptr_t) "out of memory",
};

static void
problem_print(const struct problem *problem, FILE *out)
{
    fprintf(out, "%s:", problem->place.file == NULL ? "levada" : problem->place.file);
    if (problem->place.line > 0)
        fprintf(out, "%u:", problem->place.line);
    if (problem->place.column > 0)
        fprintf(out, "%u:", problem->place.column);
    fprintf(out, " %s: ", severity_name(problem->severity));
    if (problem->stage != NULL)
        fprintf(out, "stage \"%s\": ", problem->stage);
    fputs(problem->message, out);
    if (problem->suggestion != NULL)
        fprintf(out, "; did you mean \"%s\"?", problem->suggestion);
    fputc('\n', out);
}

void
problems_print(struct problems *problems, FILE *out, size_t most)
{
    problems_sort(problems);
    size_t shown = most == 0 || problems->n < most ? problems->n : most;
    for (size_t i = 0; i < shown; i++)
        problem_print(&problems->items[i], out);
    if (shown < problems->n)
        fprintf(out, "and %zu more\n", problems->n - shown);
    if (problems->no_memory)
        problem_print(&no_memory, out);
}

static void
add_member(struct strbuf *line, const char *name, const char *text)
{
    strbuf_printf(line, ",\"%s\":", name);
    if (text == NULL)
        strbuf_str(line, "null");
    else
        strbuf_json_string(line, text, strlen(text));
}

static void
problem_print_json(const struct problem *problem, FILE *out)
{
    struct strbuf line = { 0 };
    const char *file = problem->place.file;
    strbuf_str(&line, "{\"file\":");
    if (file == NULL)
        strbuf_str(&line, "null");
    else
        strbuf_json_string(&line, file, strlen(file));
    strbuf_printf(&line, ",\"line\":%u,\"column\":%u", problem->place.line, problem->place.column);
    add_member(&line, "severity", severity_name(problem->severity));
    add_member(&line, "stage", problem->stage);
    add_member(&line, "option", problem->option);
    add_member(&line, "message", problem->message);
    add_member(&line, "suggestion", problem->suggestion);
    fprintf(out, "%s}\n", strbuf_text(&line));
    strbuf_finish(&line);
}

void
problems_print_json(struct problems *problems, FILE *out)
{
    problems_sort(problems);
    for (size_t i = 0; i < problems->n; i++)
        problem_print_json(&problems->items[i], out);
    if (problems->no_memory)
        problem_print_json(&no_memory, out);
}

int
problems_exit_code(const struct problems *problems)
{
    int code = 0;
    if (problems->no_memory)
        return EXIT_FAILED;
    for (size_t i = 0; i < problems->n; i++) {
        const struct problem *problem = &problems->items[i];
        if (problem->severity != SEVERITY_ERROR)
            continue;
        if (code != 0 && code != problem->exit_code)
            return EXIT_CONFIG;
        code = problem->exit_code;
    }
    return code;
}
