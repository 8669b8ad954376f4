/* Whole screens, as they stand in tests/unit/golden/screen: a status that was recorded, at several sizes. */
#include <stdio.h>
#include <string.h>

#include "coordinator/live/scene.h"
#include "coordinator/live/status.h"
#include "tests/tap.h"

#define GOLDEN "tests/unit/golden/screen/"

static void read_golden(const char *name, struct str *out)
{
    char path[80], bytes[4096];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    FILE *file = fopen(path, "rb");
    CHECK(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        str_add_bytes(out, bytes, n);
    fclose(file);
}

static void draw(const struct scene *scene, struct view_look look, struct str *out)
{
    struct str json = { 0 };
    struct status s;
    read_golden("status.json", &json);
    CHECK_INT(status_read(&s, str_text(&json), NULL), 0);
    scene_draw(out, s.root, status_campaign(&s, "quickstart"), scene, &look);
    status_deinit(&s);
    str_deinit(&json);
}

static const struct scene live = { .is_live = true, .foot = "q leave" };

TEST(a_recorded_status_gives_these_screens)
{
    static const struct {
        const char *file;
        struct view_look look;
    } cases[] = {
        { "80x24.txt", { .columns = 79, .rows = 23, .is_utf8 = true } },
        { "120x40.txt", { .columns = 119, .rows = 39, .is_utf8 = true } },
        { "60x20.txt", { .columns = 59, .rows = 19, .is_utf8 = true } },
        { "80x24-ascii.txt", { .columns = 79, .rows = 23 } },
        { "40x8.txt", { .columns = 39, .rows = 7, .is_utf8 = true } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str drawn = { 0 }, golden = { 0 };
        draw(&live, cases[i].look, &drawn);
        read_golden(cases[i].file, &golden);
        CHECK_TEXT(str_text(&drawn), str_text(&golden));
        str_deinit(&drawn);
        str_deinit(&golden);
    }
}

TEST(without_colour_there_is_no_escape_and_without_utf8_only_ascii)
{
    struct str drawn = { 0 };
    draw(&live, (struct view_look){ .columns = 79, .rows = 23 }, &drawn);
    for (size_t i = 0; i < drawn.len; i++)
        CHECK(drawn.text[i] == '\n' || (drawn.text[i] >= 32 && drawn.text[i] < 127));
    str_deinit(&drawn);
}

TEST(at_every_size_the_screen_fits_and_its_last_line_is_the_foot)
{
    for (int columns = 10; columns < 140; columns += 9)
        for (int rows = 2; rows < 45; rows++) {
            struct str drawn = { 0 };
            char line[600];
            int n = 0;
            draw(&live, (struct view_look){ .columns = columns, .rows = rows, .is_utf8 = true }, &drawn);
            for (const char *at = drawn.text, *end; (end = strchr(at, '\n')); at = end + 1, n++) {
                snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
                CHECK(view_width(line) <= columns);
            }
            CHECK(n <= rows);
            CHECK_TEXT(line, "q leave");
            str_deinit(&drawn);
        }
}

TEST(the_chosen_trial_stays_on_the_screen_however_few_rows_there_are)
{
    struct scene scene = { .is_live = true, .chosen = 58, .sort = SCENE_BY_NUMBER };
    for (int rows = 6; rows < 30; rows++) {
        struct str drawn = { 0 };
        draw(&scene, (struct view_look){ .columns = 79, .rows = rows }, &drawn);
        CHECK_CONTAINS(str_text(&drawn), "> trial 58");
        str_deinit(&drawn);
    }
}

TAP_MAIN
