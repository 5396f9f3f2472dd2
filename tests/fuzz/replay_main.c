/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target once over each file of the given folders, where no fuzzer is built in. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 1;
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        fclose(file);
        return 0;
    }
    /* Exactly as large as the input, so that a sanitizer sees any read past its end. */
    uint8_t *data = malloc(info.st_size > 0 ? (size_t)info.st_size : 1);
    size_t n = data != NULL ? fread(data, 1, (size_t)info.st_size, file) : 0;
    fclose(file);
    if (data != NULL)
        LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 0;
}

int
main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder == NULL) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            if (replay_file(path) != 0)
                return 1;
            files++;
        }
        closedir(folder);
    }
    printf("%u entries replayed\n", files);
    return files > 2 ? 0 : 1;
}
