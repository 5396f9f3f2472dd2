/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_BASE_STRBUF_H
#define HOST_BASE_STRBUF_H

/* Text that grows. Out of memory is sticky: ask once, with strbuf_failed(). */

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *text; /* NUL-terminated when not NULL */
    size_t n, capacity;
    bool failed;
};

/* A zeroed strbuf is empty and ready. */
void strbuf_finish(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf);
void strbuf_add(struct strbuf *buf, const void *bytes, size_t n);
void strbuf_str(struct strbuf *buf, const char *text);
void strbuf_char(struct strbuf *buf, char c);
__attribute__((format(printf, 2, 3))) void strbuf_printf(struct strbuf *buf, const char *format,
                                                         ...);

/* The text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void strbuf_json_string(struct strbuf *buf, const char *text, size_t n);

/* "" where nothing was added. */
const char *strbuf_text(const struct strbuf *buf);
bool strbuf_failed(const struct strbuf *buf);

/* Moves the text to the caller, who frees it; NULL after a failure. */
char *strbuf_take(struct strbuf *buf);

#endif
