#include "common/domain/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

/* Longer texts are cut: what was found is quoted in part anyway. */
enum { TEXT_BYTES = 1024 };

void problems_add(struct problems *list, const char *pointer, const char *format, ...)
{
    if (list->n >= LIMIT_PROBLEMS) {
        list->n_dropped++;
        return;
    }
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    list->items = mem_grow(list->items, list->n, &list->cap, sizeof *list->items);
    list->items[list->n++] = (struct problem){ .pointer = mem_strdup(pointer), .text = mem_strdup(text) };
}

size_t problems_count(const struct problems *list)
{
    return list->n + list->n_dropped;
}

bool problems_has_below(const struct problems *list, const char *pointer)
{
    size_t len = strlen(pointer);
    for (size_t i = 0; i < list->n; i++) {
        const char *at = list->items[i].pointer;
        if (strncmp(at, pointer, len) == 0 && (at[len] == '\0' || at[len] == '/'))
            return true;
    }
    return false;
}

void problems_sort(struct problems *list)
{
    for (size_t i = 1; i < list->n; i++) {
        struct problem moving = list->items[i];
        size_t k = i;
        for (; k > 0 && list->items[k - 1].line > moving.line; k--)
            list->items[k] = list->items[k - 1];
        list->items[k] = moving;
    }
}

/* What a file says may hold anything; a terminal must not obey it. */
static void add_visible(struct str *out, const char *text)
{
    for (; *text; text++)
        str_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print(const struct problems *list, const char *file, const char *kind, struct str *out)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct problem *p = &list->items[i];
        add_visible(out, file);
        if (p->line > 0)
            str_addf(out, ":%d", p->line);
        str_addf(out, ": %s", kind);
        if (*p->pointer) {
            add_visible(out, p->pointer);
            str_add(out, ": ");
        }
        add_visible(out, p->text);
        str_add_char(out, '\n');
    }
    if (list->n_dropped) {
        add_visible(out, file);
        str_addf(out, ": and %zu more\n", list->n_dropped);
    }
}

void problems_print(const struct problems *list, const char *file, struct str *out)
{
    print(list, file, "", out);
}

void problems_print_warnings(const struct problems *list, const char *file, struct str *out)
{
    print(list, file, "warning: ", out);
}

void problems_deinit(struct problems *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].pointer);
        free(list->items[i].text);
    }
    free(list->items);
    *list = (struct problems){ 0 };
}
