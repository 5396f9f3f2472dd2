/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const char *bytes;
    size_t n;
    const ElfW(Ehdr) * header;
};

/* @size bytes at @offset, or NULL where the file has not so many. */
static const char *
bytes_at(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->n && size <= image->n - offset ? image->bytes + offset : NULL;
}

/* The same for a table of structs, which has to be aligned. */
static const void *
at(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset % alignof(ElfW(Addr)) == 0 ? bytes_at(image, offset, size) : NULL;
}

static levada_status
open_image(const char *path, struct image *image, struct error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0 || info.st_size < (off_t)sizeof(*image->header)) {
        if (fd >= 0)
            close(fd);
        return error_set(err, LEVADA_CONFIG, "expected a shared object, found no ELF file");
    }
    image->n = (size_t)info.st_size;
    void *map = mmap(NULL, image->n, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return error_set(err, LEVADA_CONFIG, "cannot read it: %s", strerror(errno));
    image->bytes = map;
    image->header = map;
    if (memcmp(image->bytes, ELFMAG, SELFMAG) != 0)
        return error_set(err, LEVADA_CONFIG, "expected a shared object, found no ELF file");
    return LEVADA_OK;
}

static void
read_segments(const struct image *image, struct object *object)
{
    const ElfW(Phdr) *segments =
        at(image, image->header->e_phoff, (uint64_t)image->header->e_phnum * sizeof(*segments));
    object->executable_stack = true; /* what the kernel assumes where nothing is said */
    for (unsigned i = 0; segments != NULL && i < image->header->e_phnum; i++) {
        if (segments[i].p_type == PT_GNU_STACK)
            object->executable_stack = (segments[i].p_flags & PF_X) != 0;
    }
}

static bool
add_name(char ***names, size_t *n, const char *name)
{
    char **grown = realloc(*names, (*n + 1) * sizeof(**names));
    if (grown == NULL)
        return false;
    *names = grown;
    grown[*n] = strdup(name);
    return grown[(*n)++] != NULL;
}

static bool
take_symbol(struct object *object, const ElfW(Sym) * symbol, const char *name)
{
    unsigned binding = symbol->st_info >> 4, type = symbol->st_info & 15;
    if (*name == '\0' || type == STT_SECTION || type == STT_FILE)
        return true;
    if (symbol->st_shndx != SHN_UNDEF)
        return binding == STB_LOCAL || (symbol->st_other & 3) == STV_HIDDEN ||
               add_name(&object->exports, &object->n_exports, name);
    return binding == STB_WEAK || add_name(&object->imports, &object->n_imports, name);
}

static levada_status
read_symbols(const struct image *image, const ElfW(Shdr) * sections, const ElfW(Shdr) * table,
             struct object *object, struct error *err)
{
    uint64_t n = table->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *symbols = at(image, table->sh_offset, table->sh_size);
    const ElfW(Shdr) *texts =
        table->sh_link < image->header->e_shnum ? &sections[table->sh_link] : NULL;
    const char *text = texts != NULL ? bytes_at(image, texts->sh_offset, texts->sh_size) : NULL;
    if (symbols == NULL || text == NULL || texts->sh_size == 0 || text[texts->sh_size - 1] != '\0')
        return error_set(err, LEVADA_CONFIG, "its table of symbols makes no sense");
    for (uint64_t i = 1; i < n; i++) {
        if (symbols[i].st_name >= texts->sh_size)
            return error_set(err, LEVADA_CONFIG, "its table of symbols makes no sense");
        if (!take_symbol(object, &symbols[i], text + symbols[i].st_name))
            return error_set(err, LEVADA_FATAL, "out of memory");
    }
    return LEVADA_OK;
}

static void
read_dynamic(const struct image *image, const ElfW(Shdr) * table, struct object *object)
{
    const ElfW(Dyn) *entries = at(image, table->sh_offset, table->sh_size);
    for (uint64_t i = 0; entries != NULL && i < table->sh_size / sizeof(*entries); i++) {
        if (entries[i].d_tag == DT_TEXTREL ||
            (entries[i].d_tag == DT_FLAGS && (entries[i].d_un.d_val & DF_TEXTREL) != 0))
            object->text_relocations = true;
    }
}

static levada_status
read_sections(const struct image *image, struct object *object, struct error *err)
{
    levada_status status = LEVADA_OK;
    const ElfW(Shdr) *sections =
        at(image, image->header->e_shoff, (uint64_t)image->header->e_shnum * sizeof(*sections));
    if (sections == NULL || image->header->e_shnum == 0)
        return error_set(err, LEVADA_CONFIG, "it has no table of sections");
    for (unsigned i = 0; i < image->header->e_shnum && status == LEVADA_OK; i++) {
        if (sections[i].sh_type == SHT_DYNSYM)
            status = read_symbols(image, sections, &sections[i], object, err);
        else if (sections[i].sh_type == SHT_DYNAMIC)
            read_dynamic(image, &sections[i], object);
    }
    return status;
}

levada_status
object_read(const char *path, struct object *object, struct error *err)
{
    struct image image = { .bytes = NULL };
    *object = (struct object){ .exports = NULL };
    levada_status status = open_image(path, &image, err);
    if (status == LEVADA_OK) {
        read_segments(&image, object);
        status = read_sections(&image, object, err);
    }
    if (image.bytes != NULL)
        munmap((void *)image.bytes, image.n);
    return status;
}

static void
free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

void
object_finish(struct object *object)
{
    free_names(object->exports, object->n_exports);
    free_names(object->imports, object->n_imports);
    *object = (struct object){ .exports = NULL };
}

levada_status
object_check_imports(const struct object *object, const char *path, struct error *err)
{
    /* Lazily, so that what is missing is found by name here, unless the linker was told not to. */
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL)
        return error_set(err, LEVADA_CONFIG, "cannot load it: %s", dlerror());
    for (size_t i = 0; i < object->n_imports; i++) {
        if (dlsym(library, object->imports[i]) == NULL)
            return error_set(err, LEVADA_CONFIG,
                             "needs %s, which no library that it names has; link what has it, with "
                             "-z defs",
                             object->imports[i]);
    }
    return LEVADA_OK;
}
