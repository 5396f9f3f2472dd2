/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/note.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static struct note note;
static struct error err;

static levada_status
read_path(const char *path)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    err = (struct error){ 0 };
    levada_status status = note_read(fd, &note, &err);
    close(fd);
    return status;
}

static levada_status
read_bytes(const void *bytes, size_t n)
{
    return read_path(write_file("file.so", bytes, n));
}

/* A minimal ELF file: header, one PT_NOTE, one note. */
struct elf {
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    ElfW(Nhdr) note;
    char owner[8];
    uint32_t major, need;
    char text[64];
};

static struct elf
elf_with_text(const char *text, size_t n)
{
    struct elf elf = { .note = { 7, (ElfW(Word))(8 + n), 1 }, .owner = "levada", .major = 1 };
    int fd = open(FIXTURES "/counts.so", O_RDONLY);
    assert_int_equal(read(fd, &elf.header, sizeof(elf.header)), sizeof(elf.header));
    close(fd);
    elf.header.e_phoff = offsetof(struct elf, segment);
    elf.header.e_phnum = 1;
    elf.segment = (ElfW(Phdr)){ .p_type = PT_NOTE,
                                .p_offset = offsetof(struct elf, note),
                                .p_filesz = sizeof(elf) - offsetof(struct elf, note),
                                .p_align = 4 };
    memcpy(elf.text, text, n);
    return elf;
}

static struct elf
elf_that_is_fine(void)
{
    static const char text[] = "one two\0001.0";
    return elf_with_text(text, sizeof(text));
}

static void
assert_refused(const struct elf *elf, const char *why)
{
    assert_int_equal(read_bytes(elf, sizeof(*elf)), LEVADA_CONFIG);
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    note_finish(&note);
}

static void
reads_what_a_compiler_made(void **state)
{
    (void)state;
    assert_int_equal(read_path(FIXTURES "/counts.so"), LEVADA_OK);
    assert_int_equal(note.major, 1);
    assert_int_equal(note.need, 0);
    assert_int_equal(note.n_names, 2);
    assert_string_equal(note.names, "org.example.counts");
    assert_string_equal(note.names + strlen(note.names) + 1, "org.example.swallow");
    assert_string_equal(note.version, "2.1");
    note_finish(&note);
}

static void
reads_a_minimal_file(void **state)
{
    (void)state;
    struct elf elf = elf_that_is_fine();
    assert_int_equal(read_bytes(&elf, sizeof(elf)), LEVADA_OK);
    assert_int_equal(note.n_names, 2);
    assert_string_equal(note.version, "1.0");
    note_finish(&note);
}

/* A file whose segment holds @other in front of the note. */
static levada_status
read_behind(const void *other, size_t n, unsigned align)
{
    static const char text[] = "one\0001.0";
    struct elf mine = elf_with_text(text, sizeof(text));
    char bytes[sizeof(mine) + 64];
    size_t at = offsetof(struct elf, note);
    mine.segment.p_filesz += n;
    mine.segment.p_align = align;
    memcpy(bytes, &mine, at);
    memcpy(bytes + at, other, n);
    memcpy(bytes + at + n, &mine.note, sizeof(mine) - at);
    return read_bytes(bytes, sizeof(mine) + n);
}

static void
passes_over_notes_of_others(void **state)
{
    (void)state;
    static const uint32_t build_id[] = { 4, 8, 3, 0x554e47, 1, 2 };
    assert_int_equal(read_behind(build_id, sizeof(build_id), 4), LEVADA_OK);
    assert_string_equal(note.names, "one");
    note_finish(&note);

    static const uint32_t property[] = { 4, 16, 5, 0x554e47, 0xc0000002, 4, 3, 0 };
    assert_int_equal(read_behind(property, sizeof(property), 8), LEVADA_OK);
    assert_string_equal(note.names, "one");
    note_finish(&note);

    static const uint32_t of_another_type[] = { 7, 4, 2, 0x6176656c, 0x006164, 9 };
    assert_int_equal(read_behind(of_another_type, sizeof(of_another_type), 4), LEVADA_OK);
    assert_int_equal(note.major, 1);
    note_finish(&note);
}

static void
gives_only_the_numbers_of_another_major(void **state)
{
    (void)state;
    assert_int_equal(read_path(FIXTURES "/future_major.so"), LEVADA_OK);
    assert_int_equal(note.major, 2);
    assert_null(note.names);
    assert_null(note.version);
    note_finish(&note);
}

static void
refuses_what_is_not_elf(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("", 0), LEVADA_CONFIG);
    assert_int_equal(read_bytes("#!/bin/sh\necho this is no plugin\n", 33), LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "found no ELF file"));
}

static void
refuses_a_library_without_a_note(void **state)
{
    (void)state;
    assert_int_equal(read_path(FIXTURES "/no_note.so"), LEVADA_CONFIG);
    assert_non_null(strstr(err.text, "found none"));
}

static void
refuses_another_machine_and_names_both(void **state)
{
    (void)state;
    struct elf elf = elf_that_is_fine();
    uint16_t own = elf.header.e_machine;
    char both[64];
    elf.header.e_machine = (uint16_t)(own ^ 1);
    snprintf(both, sizeof(both), "expected ELF machine %u, found %u", own, own ^ 1);
    assert_refused(&elf, both);

    elf = elf_that_is_fine();
    elf.header.e_ident[EI_CLASS] = 3 - elf.header.e_ident[EI_CLASS];
    assert_refused(&elf, "another machine");
    elf = elf_that_is_fine();
    elf.header.e_ident[EI_DATA] = 3 - elf.header.e_ident[EI_DATA];
    assert_refused(&elf, "another machine");
}

static void
refuses_what_is_no_shared_object(void **state)
{
    (void)state;
    struct elf elf = elf_that_is_fine();
    elf.header.e_type = ET_REL;
    assert_refused(&elf, "shared object");
}

static void
refuses_headers_that_lie_about_sizes(void **state)
{
    (void)state;
    struct elf elf = elf_that_is_fine();
    elf.header.e_phentsize = 1;
    assert_refused(&elf, "program headers");
    elf = elf_that_is_fine();
    elf.header.e_phnum = UINT16_MAX;
    assert_refused(&elf, "program headers");
    elf = elf_that_is_fine();
    elf.header.e_phoff = (ElfW(Off)) - 16;
    assert_refused(&elf, "cut off");
    elf = elf_that_is_fine();
    elf.segment.p_offset = (ElfW(Off)) - 16;
    assert_refused(&elf, "cut off");
    elf = elf_that_is_fine();
    elf.segment.p_filesz = (ElfW(Xword)) - 1;
    assert_refused(&elf, "too large");
    elf = elf_that_is_fine();
    elf.segment.p_filesz++;
    assert_refused(&elf, "cut off");
}

static void
refuses_notes_that_lie_about_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 200, 0x7fffffff, 0xfffffffe, 0xffffffff };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct elf elf = elf_that_is_fine();
        elf.note.n_descsz = sizes[i];
        assert_refused(&elf, "found none");
        elf = elf_that_is_fine();
        elf.note.n_namesz = sizes[i];
        assert_refused(&elf, "found none");
    }
    struct elf elf = elf_that_is_fine();
    elf.note.n_descsz = 7;
    assert_refused(&elf, "too short");
}

static void
refuses_texts_that_are_not_names_and_a_version(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *why;
    } cases[] = {
        { "", 0, "does not end" },
        { "one", 3, "does not end" },
        { "one\0001.0", 7, "does not end" },
        { "one", 4, "no version" },
        { "one\0001.0\0more", 13, "follows its version" },
        { "\0001.0", 5, "name of a stage" },
        { "one  two\0001.0", 13, "name of a stage" },
        { " one\0001.0", 9, "name of a stage" },
        { "one \0001.0", 9, "name of a stage" },
        { "on\x1b[31m\0001.0", 12, "name of a stage" },
        { "../one\0001.0", 11, "name of a stage" },
        { "one\0\x1b[31m", 10, "version" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct elf elf = elf_with_text(cases[i].text, cases[i].n);
        assert_refused(&elf, cases[i].why);
    }
}

static void
survives_a_file_cut_off_anywhere(void **state)
{
    (void)state;
    size_t n;
    char *bytes = read_whole(FIXTURES "/counts.so", &n);
    unsigned refused = 0;
    for (size_t cut = 0; cut < n; cut += 16) {
        if (read_bytes(bytes, cut) != LEVADA_OK) {
            assert_true(err.text[0] != '\0');
            refused++;
        }
        note_finish(&note);
    }
    free(bytes);
    assert_true(refused > sizeof(ElfW(Ehdr)) / 16);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_compiler_made),
        cmocka_unit_test(reads_a_minimal_file),
        cmocka_unit_test(passes_over_notes_of_others),
        cmocka_unit_test(gives_only_the_numbers_of_another_major),
        cmocka_unit_test(refuses_what_is_not_elf),
        cmocka_unit_test(refuses_a_library_without_a_note),
        cmocka_unit_test(refuses_another_machine_and_names_both),
        cmocka_unit_test(refuses_what_is_no_shared_object),
        cmocka_unit_test(refuses_headers_that_lie_about_sizes),
        cmocka_unit_test(refuses_notes_that_lie_about_sizes),
        cmocka_unit_test(refuses_texts_that_are_not_names_and_a_version),
        cmocka_unit_test(survives_a_file_cut_off_anywhere),
    };
    return cmocka_run_group_tests(tests, setup_folder, teardown_folder);
}
