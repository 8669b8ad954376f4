#include "coordinator/cli/fleet.h"

#include <signal.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/files.h"
#include "coordinator/cli/interrupt.h"

#define DIRECTORY_MODE 0700

static int make_directory(const char *store, const char *name, struct err *e)
{
    struct str path = { 0 };
    str_addf(&path, "%s/%s", store, name);
    int status = file_make_directory(path.text, DIRECTORY_MODE, e);
    str_deinit(&path);
    return status;
}

static void init_coordinator(struct fleet *f, const char *programs)
{
    struct str program = { 0 }, log = { 0 };
    str_addf(&program, "%s/rungd", programs);
    str_addf(&log, "%s/log/rungd.log", f->store);
    child_init(&f->coordinator, (const char *const[]){ program.text, "--store", f->store, NULL }, log.text);
    str_deinit(&program);
    str_deinit(&log);
}

static void init_worker(struct fleet *f, int number, const char *programs, const char *address, int n_slots)
{
    struct str program = { 0 }, log = { 0 }, directory = { 0 }, name = { 0 }, slots = { 0 };
    str_addf(&slots, "%d", n_slots);
    str_addf(&program, "%s/rung-worker", programs);
    str_addf(&log, "%s/log/worker-%d.log", f->store, number);
    str_addf(&directory, "%s/workers/%d", f->store, number);
    str_addf(&name, "local/%d", number);
    child_init(&f->workers[number - 1],
        (const char *const[]){ program.text, "--connect", address, "--slots", slots.text, "--dir", directory.text,
            "--name", name.text, "--allow-commands", "*", NULL },
        log.text);
    f->workers[number - 1].may_leave = true;
    str_deinit(&program);
    str_deinit(&log);
    str_deinit(&directory);
    str_deinit(&name);
    str_deinit(&slots);
}

int fleet_init(struct fleet *f, const char *store, const char *address, int n_workers, int n_slots, struct err *e)
{
    struct str programs = { 0 };
    if (make_directory(store, "log", e) < 0 || make_directory(store, "workers", e) < 0 ||
        file_self_directory(&programs, e) < 0)
        return -1;
    *f = (struct fleet){ .store = mem_strdup(store), .n_workers = n_workers };
    f->workers = mem_zalloc((size_t)n_workers, sizeof *f->workers);
    init_coordinator(f, programs.text);
    for (int i = 1; i <= n_workers; i++)
        init_worker(f, i, programs.text, address, n_slots);
    str_deinit(&programs);
    return 0;
}

void fleet_deinit(struct fleet *f)
{
    fleet_end_workers(f, SIGKILL);
    fleet_end_coordinator(f, SIGKILL);
    while (fleet_has_workers(f) || fleet_has_coordinator(f))
        interrupt_sleep(5);
    for (int i = 0; i < f->n_workers; i++)
        child_deinit(&f->workers[i]);
    child_deinit(&f->coordinator);
    free(f->workers);
    free(f->store);
    *f = (struct fleet){ 0 };
}

int fleet_start_coordinator(struct fleet *f, int64_t now_ms, struct err *e)
{
    return child_start(&f->coordinator, now_ms, e);
}

int fleet_start_workers(struct fleet *f, int64_t now_ms, struct err *e)
{
    for (int i = 0; i < f->n_workers; i++)
        if (child_start(&f->workers[i], now_ms, e) < 0)
            return -1;
    return 0;
}

int fleet_tend(struct fleet *f, int64_t now_ms, struct err *e)
{
    for (int i = 0; i < f->n_workers; i++)
        if (child_tend(&f->workers[i], now_ms, e) < 0)
            return -1;
    return child_tend(&f->coordinator, now_ms, e);
}

void fleet_end_workers(struct fleet *f, int signal)
{
    for (int i = 0; i < f->n_workers; i++)
        child_end(&f->workers[i], signal);
}

bool fleet_has_workers(struct fleet *f)
{
    bool has_any = false;
    for (int i = 0; i < f->n_workers; i++)
        has_any |= !child_is_gone(&f->workers[i]);
    return has_any;
}

void fleet_end_coordinator(struct fleet *f, int signal)
{
    child_end(&f->coordinator, signal);
}

bool fleet_has_coordinator(struct fleet *f)
{
    return !child_is_gone(&f->coordinator);
}
