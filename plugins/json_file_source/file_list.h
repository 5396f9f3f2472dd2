/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JSON_FILE_SOURCE_FILE_LIST_H
#define JSON_FILE_SOURCE_FILE_LIST_H

/* The files that the option path names: one, standard input, or all that match a pattern, by name.
 */

#include <levada/plugin.h>
#include <stddef.h>

struct file_list {
    char **paths;
    size_t n;
};

/* Finds the files; fails the call where there is none, or one that cannot be read. */
levada_status file_list_init(struct file_list *list, struct levada_call *call, const char *path);
/* Tells the host all of them: each is a partition of its own. */
levada_status file_list_tell(const struct file_list *list, struct levada_call *call);
void file_list_finish(struct file_list *list);

#endif
