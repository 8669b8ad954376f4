/* A request from anybody: what it asks for, from where, and the body of one that steers; a line each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/web/guard.h"
#include "coordinator/web/steer.h"
#include "coordinator/web/target.h"
#include "tests/fuzz/must.h"

static void check_target(const char *text)
{
    static struct target t, again;
    struct err e = { 0 };
    int64_t number = -1;
    if (target_parse(text, &t, &e) < 0) {
        MUST(*e.text && (e.code == ERR_INVALID || e.code == ERR_LIMIT));
        return;
    }
    MUST(t.n_segments <= TARGET_SEGMENTS && t.n_params <= TARGET_PARAMS && target_parse(text, &again, &e) == 0);
    for (int i = 0; i < t.n_segments; i++) {
        const char *s = t.segments[i];
        MUST(*s && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 && !strchr(s, '/') && str_is_utf8(s, strlen(s)));
        MUST(strpbrk(s, "\n\r\t") == NULL && strcmp(s, again.segments[i]) == 0);
    }
    for (int i = 0; i < t.n_params; i++) {
        MUST(*t.params[i].name && target_param(&t, t.params[i].name) == t.params[i].value);
        MUST(target_int(&t, t.params[i].name, 1, 100, &number, &e) < 0 || (number >= 1 && number <= 100));
    }
    MUST(target_matches(&t, "api/v1/campaigns/*/trials/#") <= (t.n_segments == 6));
    MUST(target_check_params(&t, "where,limit", &e) == 0 || t.n_params > 0);
}

static void check_place(const char *place)
{
    struct err e = { 0 };
    struct secrets s = { .operator= "0", .viewer = "1", .key = "2" };
    if (guard_check_place(place, NULL, NULL, &e) == 0)
        MUST(str_starts(place, "localhost") || str_starts(place, "127.0.0.1") || str_starts(place, "[::1]"));
    MUST(guard_check_place("localhost", place, NULL, &e) < 0 || strcmp(place, "http://localhost") == 0);
    MUST(guard_role_of(&s, place) == GUARD_NOBODY && !guard_is_key(&s, place));
}

static void check_body(const char *action, const char *body)
{
    struct steer_memory *memory = mem_zalloc(1, sizeof *memory);
    struct message_control control;
    struct err e = { 0 };
    if (steer_parse(action, body, strlen(body), memory, &control, &e) == 0) {
        MUST(control.n_numbers <= LIMIT_STEERED && control.trials >= 0 && control.more_budget >= 0);
        MUST(!control.config || strcmp(action, "enqueue") == 0);
        MUST(!control.trials || strcmp(action, "extend") == 0);
    } else {
        MUST(*e.text);
    }
    steer_memory_deinit(memory);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const actions[] = { "pause", "extend", "enqueue", "retry", "note" };
    char *text = mem_strndup((const char *)bytes, len), *place = strchr(text, '\n');
    char *body = place ? strchr(place + 1, '\n') : NULL;
    if (body)
        *body++ = *place++ = '\0';
    check_target(text);
    for (size_t i = 0; body && i < sizeof actions / sizeof *actions; i++)
        check_body(actions[i], body);
    if (body)
        check_place(place);
    free(text);
    return 0;
}
