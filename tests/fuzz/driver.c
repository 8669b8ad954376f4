/* driver.c: gives a fuzz target the files that are named, and those of the directories that are named, one after the
 * other, where there is no libFuzzer to do it. Says how many there were.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "tests/fuzz/must.h"

enum { MOST_BYTES = 8 << 20 };

static int give_file(const char *path)
{
    uint8_t *bytes = malloc(MOST_BYTES);
    FILE *f = fopen(path, "r");
    if (!bytes || !f) {
        perror(path);
        exit(1);
    }
    size_t len = fread(bytes, 1, MOST_BYTES, f);
    fclose(f);
    uint8_t *exact = malloc(len + 1); /* of its own size, so that what reads beyond it is noticed */
    if (!exact)
        exit(1);
    memcpy(exact, bytes, len);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 1;
}

static int give(const char *path)
{
    struct stat st;
    DIR *dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    int n = 0;
    if (!dir)
        return give_file(path);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            n += give(name);
    }
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++)
        n += give(argv[i]);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    printf("%s: %d inputs\n", argv[0], n + 1);
    return 0;
}
