/* The examples beside the contract: schemas/examples/valid passes, and schemas/examples/invalid gives, mistake for
 * mistake, what stands in the .expected file beside each. Run from the root of the source. */
#include <dirent.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/expr/campaign_read.h"
#include "common/proto/campaign.h"
#include "tests/tap.h"

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        TAP_FAIL("no file %s", path);
    char *text = mem_alloc(1 << 20);
    *len = fread(text, 1, (1 << 20) - 1, f);
    text[*len] = '\0';
    fclose(f);
    return text;
}

static int is_example(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* Calls check with directory and name of each example; returns how many there were. */
static int for_each(const char *directory, void (*check)(const char *path, const char *name))
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_example, alphasort);
    if (n < 0)
        TAP_FAIL("no directory %s", directory);
    for (int i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        check(path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return n;
}

static int read_example(const char *path, struct campaign_spec *spec, struct problems *problems)
{
    size_t len;
    char *text = read_file(path, &len);
    struct campaign_source source = { .text = text, .len = len, .directory = "/dir" };
    int status = campaign_read(&source, spec, problems);
    free(text);
    return status;
}

static void check_valid(const char *path, const char *name)
{
    struct campaign_spec spec = { 0 }, again = { 0 };
    struct problems problems = { 0 };
    struct str first = { 0 }, second = { 0 };
    struct err e;
    if (read_example(path, &spec, &problems) < 0)
        TAP_FAIL("%s: %s: %s", name, problems.items[0].pointer, problems.items[0].text);
    campaign_canonical(&spec, &first);
    if (campaign_from_canonical(str_text(&first), first.len, &again, &e) < 0)
        TAP_FAIL("%s: canonical text: %s", name, e.text);
    campaign_canonical(&again, &second);
    CHECK_TEXT(str_text(&second), str_text(&first));
    CHECK_INT(campaign_diff(&spec, &again, &problems), 0);
    campaign_spec_deinit(&spec);
    campaign_spec_deinit(&again);
    str_deinit(&first);
    str_deinit(&second);
}

static void check_invalid(const char *path, const char *name)
{
    struct campaign_spec spec = { 0 };
    struct problems problems = { 0 };
    struct str found = { 0 };
    char beside[512];
    size_t len;
    if (read_example(path, &spec, &problems) == 0)
        TAP_FAIL("%s passes", name);
    problems_print(&problems, name, &found);
    snprintf(beside, sizeof beside, "%.*s.expected", (int)(strlen(path) - 5), path);
    char *expected = read_file(beside, &len);
    if (strcmp(str_text(&found), expected) != 0)
        TAP_FAIL("%s gives\n%s", name, str_text(&found));
    free(expected);
    str_deinit(&found);
    problems_deinit(&problems);
}

TEST(every_valid_example_passes_and_survives_its_canonical_text)
{
    CHECK(for_each("schemas/examples/valid", check_valid) >= 6);
}

TEST(every_invalid_example_gives_all_its_mistakes_and_no_other)
{
    CHECK(for_each("schemas/examples/invalid", check_invalid) >= 15);
}

TAP_MAIN
