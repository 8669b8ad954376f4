/* rung-train: the built-in trial, and training, evaluation and measuring by hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "worker/train/run/bench.h"
#include "worker/train/run/by_hand.h"
#include "worker/train/run/contract.h"
#include "worker/train/run/evaluate.h"
#include "worker/train/run/options.h"

static int (*const commands[N_COMMANDS])(const struct options *, struct err *) = {
    [COMMAND_TRAIN] = by_hand_train,
    [COMMAND_EVALUATE] = evaluate_run,
    [COMMAND_BENCH] = bench_run,
};

static int run(const struct options *o, struct err *e)
{
    if (o->version)
        return puts("rung-train " RUNG_VERSION) < 0;
    if (o->help) {
        struct str text = { 0 };
        options_help(&text, o->command);
        fputs(text.text, stdout);
        str_deinit(&text);
        return 0;
    }
    return commands[o->command](o, e);
}

/* The descriptor that RUNG_FD names, or -1. */
static int contract_fd(const char *text)
{
    char *end;
    errno = 0;
    long fd = strtol(text, &end, 10);
    return end == text || *end || errno || fd < 0 || fd > 65535 ? -1 : (int)fd;
}

int main(int argc, char **argv)
{
    const char *fd = getenv("RUNG_FD");
    log_open("rung-train", LOG_INFO);
    if (argc < 2 && fd) {
        if (contract_fd(fd) < 0) {
            log_error("RUNG_FD is \"%s\": it must be the number of an open socket", fd);
            return err_exit_status(ERR_USAGE);
        }
        return contract_run(contract_fd(fd));
    }
    struct err e = { 0 };
    struct options o;
    if (options_parse(&o, argc, argv, &e) || run(&o, &e)) {
        log_error("%s", e.text);
        return err_exit_status(e.code);
    }
    return 0;
}
