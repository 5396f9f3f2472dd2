/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/report.h"

#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

void
report_start(struct report *report, struct strbuf *xml)
{
    report->xml = xml;
    if (report->format == CONFORMANCE_TEXT)
        printf("%s, seed %llu\n", report->file, (unsigned long long)report->seed);
    else if (report->format == CONFORMANCE_TAP)
        printf("TAP version 13\n# %s\n# seed %llu\n", report->file,
               (unsigned long long)report->seed);
}

static void
text_case(const struct test_case *test, const char *stage, const struct verdict *found)
{
    const char *word = found->outcome == OUTCOME_FAULT  ? "FAULT"
                       : found->outcome == OUTCOME_SKIP ? "skip "
                                                        : "ok   ";
    printf("%s  %-24s %s%s%s\n", word, test->name, stage != NULL ? stage : "",
           stage != NULL ? ": " : "", test->about);
    if (found->outcome == OUTCOME_FAULT)
        printf("       %s: %s\n", found->rule, found->text);
    else if (found->outcome == OUTCOME_SKIP)
        printf("       %s\n", found->text);
}

static void
tap_case(const struct report *report, const struct test_case *test, const char *stage,
         const struct verdict *found)
{
    bool skip = found->outcome == OUTCOME_SKIP;
    printf("%s %u - %s%s%s%s%s\n", found->outcome == OUTCOME_FAULT ? "not ok" : "ok", report->n,
           test->name, stage != NULL ? " " : "", stage != NULL ? stage : "", skip ? " # SKIP " : "",
           skip ? found->text : "");
    if (found->outcome != OUTCOME_FAULT)
        return;
    struct strbuf text = { 0 };
    strbuf_json_string(&text, found->text, strlen(found->text));
    printf("  ---\n  rule: %s\n  message: %s\n  ...\n", found->rule, strbuf_text(&text));
    strbuf_finish(&text);
}

static void
add_xml(struct strbuf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '<')
            strbuf_str(out, "&lt;");
        else if (*p == '&')
            strbuf_str(out, "&amp;");
        else if (*p == '"')
            strbuf_str(out, "&quot;");
        else
            strbuf_char(out, (unsigned char)*p < ' ' ? ' ' : *p);
    }
}

static void
xml_case(const struct report *report, const struct test_case *test, const char *stage,
         const struct verdict *found, double seconds)
{
    struct strbuf *out = report->xml;
    strbuf_printf(out, "  <testcase classname=\"");
    add_xml(out, stage != NULL ? stage : "file");
    strbuf_printf(out, "\" name=\"%s\" time=\"%.3f\">", test->name, seconds);
    if (found->outcome == OUTCOME_FAULT) {
        strbuf_printf(out, "<failure type=\"%s\" message=\"", found->rule);
        add_xml(out, found->text);
        strbuf_str(out, "\"/>");
    } else if (found->outcome == OUTCOME_SKIP) {
        strbuf_str(out, "<skipped message=\"");
        add_xml(out, found->text);
        strbuf_str(out, "\"/>");
    }
    strbuf_str(out, "</testcase>\n");
}

void
report_case(struct report *report, const struct test_case *test, const char *stage,
            const struct verdict *found, double seconds)
{
    report->n++;
    report->n_faults += found->outcome == OUTCOME_FAULT;
    report->n_skipped += found->outcome == OUTCOME_SKIP;
    if (report->format == CONFORMANCE_TEXT)
        text_case(test, stage, found);
    else if (report->format == CONFORMANCE_TAP)
        tap_case(report, test, stage, found);
    else
        xml_case(report, test, stage, found, seconds);
    fflush(stdout);
}

void
report_end(struct report *report)
{
    if (report->format == CONFORMANCE_TAP) {
        printf("1..%u\n", report->n);
    } else if (report->format == CONFORMANCE_JUNIT) {
        struct strbuf name = { 0 };
        add_xml(&name, report->file);
        printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" skipped=\"%u\">\n"
               "  <properties><property name=\"seed\" value=\"%llu\"/></properties>\n%s"
               "</testsuite>\n",
               strbuf_text(&name), report->n, report->n_faults, report->n_skipped,
               (unsigned long long)report->seed, strbuf_text(report->xml));
        strbuf_finish(&name);
    } else if (report->n_faults > 0) {
        printf("%u of %u cases found a fault; again: --seed %llu\n", report->n_faults, report->n,
               (unsigned long long)report->seed);
    } else {
        printf("%u cases, no fault, %u skipped\n", report->n, report->n_skipped);
    }
}
