/* steps.c: a trial that takes its time: `steps [MILLISECONDS [continues]]`. It reports each step, checkpoints the
 * number of the last one when it is done or stopped, and goes on from a checkpoint. */
#include <time.h>

#include "tests/e2e/trials/contract.h"

static long read_step(const char *path)
{
    long step = 0;
    FILE *f = *path ? fopen(path, "r") : NULL;
    if (f && fscanf(f, "%ld", &step) != 1)
        exit(78);
    if (f)
        fclose(f);
    return step;
}

static void write_step(const char *path, long step)
{
    char temporary[4200];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *f = fopen(temporary, "w");
    if (!f || fprintf(f, "%ld\n", step) < 0 || fclose(f) != 0 || rename(temporary, path) != 0)
        exit(1);
    contract_say("{\"checkpoint\":\"%s\",\"step\":%ld}", path, step);
}

/* From `step` to `end`, or until it is told to stop. Returns the last step. */
static long train(long step, long end, const char *metric, long pause_ms)
{
    struct timespec pause = { .tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000 };
    while (step < end && !contract_has_news()) {
        nanosleep(&pause, NULL);
        step++;
        contract_say("{\"step\":%ld,\"metrics\":{\"%s\":%g}}", step, metric, 1.0 / (double)step);
    }
    return step;
}

int main(int argc, char **argv)
{
    long pause_ms = argc > 1 ? atol(argv[1]) : 0;
    char metric[128], out[4096];
    if (!contract_next())
        return 1;
    if (argc > 2)
        contract_say("{\"continues\":true}");
    snprintf(metric, sizeof metric, "%s", contract_text("metric"));
    long step = read_step(contract_text("checkpoint_in"));
    do {
        if (strstr(contract_line, "\"stop\""))
            break;
        long end = contract_number("budget_to", 1);
        snprintf(out, sizeof out, "%s", contract_text("checkpoint_out"));
        step = train(step, end, metric, pause_ms);
        printf("at step %ld\n", step);
        fflush(stdout);
        write_step(out, step);
        contract_say("{\"done\":true}");
    } while (argc > 2 && contract_next());
    return 0;
}
