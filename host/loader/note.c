/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/note.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What no honest file comes near: program headers, bytes of notes, characters of an id. */
#define MAX_HEADERS 256u
#define MAX_NOTES 65536u
#define MAX_NAME 127u

#define NOTE_OWNER "levada" /* with its NUL */
#define NOTE_TYPE 1u
#define NOTE_NUMBERS (2 * sizeof(uint32_t)) /* major, need */

/* This program's own header, made by the linker: what a file must match to be loaded into it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Exactly @n bytes at @offset, or false. */
static bool
read_at(int fd, uint64_t offset, void *bytes, size_t n)
{
    if (offset > INT64_MAX - n)
        return false;
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, (char *)bytes + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static levada_status
read_elf_header(int fd, ElfW(Ehdr) * header, struct error *err)
{
    unsigned char ident[EI_NIDENT];
    if (!read_at(fd, 0, ident, sizeof(ident)) || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return error_set(err, LEVADA_CONFIG, "expected a shared object, found no ELF file");
    if (ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
        ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA])
        return error_set(
            err, LEVADA_CONFIG,
            "built for another machine: expected ELF class %u and byte order %u, found "
            "%u and %u",
            __ehdr_start.e_ident[EI_CLASS], __ehdr_start.e_ident[EI_DATA], ident[EI_CLASS],
            ident[EI_DATA]);
    if (!read_at(fd, 0, header, sizeof(*header)))
        return error_set(err, LEVADA_CONFIG, "the file is cut off within its ELF header");
    if (header->e_machine != __ehdr_start.e_machine)
        return error_set(err, LEVADA_CONFIG,
                         "built for another machine: expected ELF machine %u, found %u",
                         __ehdr_start.e_machine, header->e_machine);
    if (header->e_type != ET_DYN)
        return error_set(err, LEVADA_CONFIG,
                         "expected a shared object (ELF type %d), found ELF type %u", ET_DYN,
                         header->e_type);
    return LEVADA_OK;
}

/* The bytes of notes not yet looked at. */
struct notes {
    const unsigned char *p;
    size_t n;
};

/*
 * Owner and content are padded to 4, also in segments that are aligned to 8: those that live there
 * (GNU properties) have sizes for which both rules agree.
 */
static size_t
padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Steps over one note. False at the end, and where what follows cannot be a note. */
static bool
next_note(struct notes *notes, ElfW(Nhdr) * header, const unsigned char **name,
          const unsigned char **desc)
{
    if (notes->n < sizeof(*header))
        return false;
    memcpy(header, notes->p, sizeof(*header));

    size_t left = notes->n - sizeof(*header);
    if (header->n_namesz > left || padded(header->n_namesz) > left)
        return false;
    size_t name_room = padded(header->n_namesz);
    if (header->n_descsz > left - name_room)
        return false;
    size_t desc_room = padded(header->n_descsz);
    if (desc_room > left - name_room)
        desc_room = left - name_room; /* padding of the last note may be left out */

    *name = notes->p + sizeof(*header);
    *desc = *name + name_room;
    notes->p = *desc + desc_room;
    notes->n = left - name_room - desc_room;
    return true;
}

static bool
is_name_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* "one two" becomes "one\0two\0" in place. False where an id is empty, too long or has odd letters.
 */
static bool
split_names(char *names, size_t *n_names)
{
    size_t length = 0;
    *n_names = 0;
    for (char *c = names;; c++) {
        bool last = *c == '\0';
        if (last || *c == ' ') {
            if (length == 0 || length > MAX_NAME)
                return false;
            *c = '\0';
            ++*n_names;
            length = 0;
        } else if (is_name_char((unsigned char)*c)) {
            length++;
        } else {
            return false;
        }
        if (last)
            return true;
    }
}

/* A version goes to terminals: no control characters. */
static bool
is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~')
            return false;
    }
    return true;
}

static levada_status
bad_note(struct error *err, const char *why)
{
    return error_set(err, LEVADA_CONFIG, "its note is damaged: %s", why);
}

/* names "\0" version "\0", as major 1 has it. */
static levada_status
parse_text(const char *text, size_t n, struct note *note, struct error *err)
{
    if (n == 0 || text[n - 1] != '\0')
        return bad_note(err, "its text does not end");
    size_t names = strlen(text) + 1;
    if (names == n)
        return bad_note(err, "it has no version");
    if (names + strlen(text + names) + 1 != n)
        return bad_note(err, "something follows its version");

    note->names = strdup(text);
    note->version = strdup(text + names);
    if (note->names == NULL || note->version == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");
    if (!is_printable(note->version))
        return bad_note(err, "its version has characters that no version has");
    if (!split_names(note->names, &note->n_names))
        return bad_note(err,
                        "a name of a stage is empty, too long or has characters that no name has");
    return LEVADA_OK;
}

static levada_status
parse_note(const unsigned char *desc, size_t n, struct note *note, struct error *err)
{
    if (n < NOTE_NUMBERS)
        return bad_note(err, "it is too short");
    memcpy(&note->major, desc, sizeof(note->major));
    memcpy(&note->need, desc + sizeof(note->major), sizeof(note->need));
    if (note->major != LEVADA_ABI_MAJOR)
        return LEVADA_OK;
    return parse_text((const char *)desc + NOTE_NUMBERS, n - NOTE_NUMBERS, note, err);
}

/* The same as find_note, in one segment. */
static levada_status
search_segment(int fd, const ElfW(Phdr) * segment, struct note *note, bool *found,
               struct error *err)
{
    if (segment->p_filesz > MAX_NOTES)
        return bad_note(err, "its notes are too large");
    unsigned char *bytes = malloc((size_t)segment->p_filesz + 1);
    if (bytes == NULL)
        return error_set(err, LEVADA_FATAL, "out of memory");

    levada_status status = LEVADA_OK;
    struct notes notes = { bytes, (size_t)segment->p_filesz };
    if (!read_at(fd, segment->p_offset, bytes, notes.n)) {
        status = error_set(err, LEVADA_CONFIG, "the file is cut off within its notes");
        goto out;
    }
    ElfW(Nhdr) header;
    const unsigned char *name, *desc;
    while (!*found && next_note(&notes, &header, &name, &desc)) {
        if (header.n_type != NOTE_TYPE || header.n_namesz != sizeof(NOTE_OWNER) ||
            memcmp(name, NOTE_OWNER, sizeof(NOTE_OWNER)) != 0)
            continue;
        *found = true;
        status = parse_note(desc, header.n_descsz, note, err);
    }
out:
    free(bytes);
    return status;
}

/* Segments rather than sections: they are what stays when a file is stripped of its section table.
 */
static levada_status
find_note(int fd, const ElfW(Ehdr) * elf, struct note *note, bool *found, struct error *err)
{
    if (elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phnum > MAX_HEADERS)
        return error_set(err, LEVADA_CONFIG, "its ELF program headers make no sense");

    for (size_t i = 0; i < elf->e_phnum && !*found; i++) {
        ElfW(Phdr) segment;
        uint64_t offset = elf->e_phoff + i * sizeof(segment);
        if (offset < elf->e_phoff || !read_at(fd, offset, &segment, sizeof(segment)))
            return error_set(err, LEVADA_CONFIG, "the file is cut off within its program headers");
        if (segment.p_type != PT_NOTE)
            continue;
        levada_status status = search_segment(fd, &segment, note, found, err);
        if (status != LEVADA_OK)
            return status;
    }
    return LEVADA_OK;
}

levada_status
note_read(int fd, struct note *note, struct error *err)
{
    *note = (struct note){ 0 };

    ElfW(Ehdr) elf;
    levada_status status = read_elf_header(fd, &elf, err);
    if (status != LEVADA_OK)
        return status;
    bool found = false;
    status = find_note(fd, &elf, note, &found, err);
    if (status == LEVADA_OK && !found)
        return error_set(err, LEVADA_CONFIG,
                         "expected an ELF note of a levada plugin (LEVADA_MODULE), found none");
    return status;
}

void
note_finish(struct note *note)
{
    free(note->names);
    free(note->version);
    *note = (struct note){ 0 };
}
