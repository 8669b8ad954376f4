/* load: one coordinator and a crowd of simulated workers over real ZeroMQ, on one machine.
 *
 *     build/tests/bench/load [--workers 500] [--seconds 10] [--rate 10000] [--stored 100000] [--idle 2000]
 *                            [--directory DIR]
 *
 * A real rungd, with a store in a new directory below DIR (default: the current one, as the disk matters). Prints
 *     random        durable results a second, as fast as they can be had, and acknowledgement times then
 *     paced         acknowledgement times at RATE results a second, how long the live view waits for its status,
 *                   and the coordinator's memory before and after
 *     restart       kill -9 with STORED results in the database: until it answers again, until all workers are back
 *     tpe           results a second at about 1,000 observations a campaign (ten campaigns take turns)
 *     idle          so many workers that only beat: until all are in, and what they cost
 * A result is a curve of one to 18 points; each is one row of five tables and its points (see schemas/store). The crowd
 * shares the processor with the coordinator, so rungd's own processor time a result stands beside each figure.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "tests/bench/crowd.h"

enum { TPE_CAMPAIGNS = 10, TPE_OBSERVATIONS = 1000, TPE_SPREAD = 100 };
enum { ASK_US = 20000 };

struct settings {
    int workers, idle;
    uint64_t stored, results; /* wanted in the database for the restart; there now */
    double seconds, rate;
    const char *directory;
};

struct daemon {
    char programs[512], dir[512], address[600];
    pid_t pid;
};

/* ---- processes ---- */

static void end(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void find_programs(struct daemon *d)
{
    ssize_t len = readlink("/proc/self/exe", d->programs, sizeof d->programs - 1);
    if (len < 0)
        end("/proc/self/exe");
    for (int i = 0; i < 3; i++) /* build/tests/bench/load */
        *strrchr(d->programs, '/') = '\0';
}

static pid_t start(const struct daemon *d, const char *program, const char *const *args, bool is_quiet)
{
    const char *argv[16];
    struct str path = { 0 };
    size_t n = 0;
    str_addf(&path, "%s/%s", d->programs, program);
    argv[n++] = str_text(&path);
    while (*args)
        argv[n++] = *args++;
    argv[n] = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        if (is_quiet && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
            _exit(127);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    str_deinit(&path);
    return pid;
}

static void start_daemon(struct daemon *d)
{
    d->pid = start(d, "rungd",
        (const char *const[]){ "--store", d->dir, "--listen", d->address, "--log-level", "error", NULL }, false);
}

static int run(const struct daemon *d, const char *program, const char *const *args)
{
    int status = -1;
    waitpid(start(d, program, args, true), &status, 0);
    return status;
}

/* Asks until it answers, with pauses: a client gives up at once where nobody listens, and one after the other without a
 * pause would take the processor from what is measured. */
static void wait_for_answer(const struct daemon *d)
{
    double until = crowd_now() + 30;
    while (crowd_now() < until) {
        if (run(d, "rung", (const char *const[]){ "status", "--connect", d->address, NULL }) == 0)
            return;
        usleep(ASK_US);
    }
    fprintf(stderr, "load: rungd does not answer at %s\n", d->address);
    exit(1);
}

static void stop_daemon(struct daemon *d, int signal)
{
    kill(d->pid, signal);
    waitpid(d->pid, NULL, 0);
}

static void open_daemon(struct daemon *d, const struct settings *s)
{
    find_programs(d);
    char *directory = realpath(s->directory, NULL);
    if (!directory)
        end(s->directory);
    snprintf(d->dir, sizeof d->dir, "%s/load-XXXXXX", directory);
    free(directory);
    if (!mkdtemp(d->dir))
        end(d->dir);
    snprintf(d->address, sizeof d->address, "ipc://%s/control", d->dir);
    start_daemon(d);
    wait_for_answer(d);
}

static void remove_store(const struct daemon *d)
{
    struct str command = { 0 };
    str_addf(&command, "rm -rf '%s'", d->dir);
    if (system(str_text(&command)) != 0)
        fprintf(stderr, "load: %s is left behind\n", d->dir);
    str_deinit(&command);
}

/* ---- what a process costs ---- */

struct cost {
    double cpu_seconds, megabytes;
};

/* `pid` 0: of this process. */
static struct cost cost_of(pid_t pid)
{
    char path[64], line[1024];
    if (pid == 0)
        pid = getpid();
    unsigned long user = 0, system = 0, pages = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file && fgets(line, sizeof line, file) && strrchr(line, ')'))
        sscanf(strrchr(line, ')') + 2,
            "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %lu", &user, &system,
            &pages);
    if (file)
        fclose(file);
    return (struct cost){ (double)(user + system) / (double)sysconf(_SC_CLK_TCK),
        (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6 };
}

/* ---- campaigns ---- */

static void submit(const struct daemon *d, const char *name, const char *search, long trials)
{
    struct str path = { 0 };
    str_addf(&path, "%s/%s.json", d->dir, name);
    FILE *file = fopen(str_text(&path), "w");
    if (!file)
        end(str_text(&path));
    fprintf(file,
        "{ \"name\": \"%s\", \"objective\": { \"metric\": \"loss\", \"goal\": \"minimize\" },\n"
        "  \"trial\": { \"command\": [\"true\"] },\n"
        "  \"space\": { \"a\": { \"type\": \"float\", \"low\": 0, \"high\": 1 },\n"
        "    \"b\": { \"type\": \"float\", \"low\": 1e-5, \"high\": 0.1, \"log\": true },\n"
        "    \"c\": { \"type\": \"int\", \"low\": 1, \"high\": 256 },\n"
        "    \"d\": { \"type\": \"categorical\", \"choices\": [1, 2, 4, 8] },\n"
        "    \"e\": { \"type\": \"float\", \"low\": 0, \"high\": 1 } },\n"
        "  \"search\": { %s }, \"limits\": { \"trials\": %ld } }\n",
        name, search, trials);
    fclose(file);
    const char *const args[] = { "submit", str_text(&path), "--connect", d->address, NULL };
    if (run(d, "rung", args) != 0) {
        fprintf(stderr, "load: rung submit %s failed\n", str_text(&path));
        exit(1);
    }
    str_deinit(&path);
}

static void stop_campaign(const struct daemon *d, const char *name)
{
    run(d, "rung", (const char *const[]){ "stop", name, "--connect", d->address, NULL });
}

/* ---- figures ---- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct crowd_counts *n, double share)
{
    if (n->n_latencies == 0)
        return 0;
    qsort(n->latencies, n->n_latencies, sizeof *n->latencies, compare_floats);
    return n->latencies[(size_t)(share * (double)(n->n_latencies - 1))];
}

static void print_results(const char *what, const struct crowd_counts *n, double seconds, double cpu, double crowd_cpu)
{
    struct crowd_counts sorted = *n;
    double one = 1e6 / (double)(n->results ? n->results : 1);
    printf("%-8s %9.0f results/s, %llu of them sent more than once; acknowledged after %.1f (half), %.1f (99 %%), %.1f "
           "ms (all)\n",
        what, (double)n->results / seconds, (unsigned long long)n->repeated, quantile(&sorted, .5),
        quantile(&sorted, .99), quantile(&sorted, 1));
    printf("         processor time a result: rungd %.0f us, the crowd %.0f us\n", cpu * one, crowd_cpu * one);
    fflush(stdout);
}

static bool all_are_welcome(const struct crowd_counts *n, void *context)
{
    return n->welcomed >= *(uint64_t *)context;
}

static void wait_for_all(struct crowd *c, uint64_t n_workers)
{
    crowd_run(c, crowd_now() + 60, all_are_welcome, &n_workers);
    if (crowd_counts(c).welcomed < n_workers) {
        fprintf(stderr, "load: only %llu of %llu workers came in within a minute\n",
            (unsigned long long)crowd_counts(c).welcomed, (unsigned long long)n_workers);
        exit(1);
    }
}

static void measure(const struct daemon *d, struct crowd *c, const char *what, double seconds)
{
    crowd_run(c, crowd_now() + 2, NULL, NULL);
    crowd_forget(c);
    struct cost before = cost_of(d->pid), own = cost_of(0);
    double began = crowd_now();
    crowd_run(c, began + seconds, NULL, NULL);
    struct crowd_counts n = crowd_counts(c);
    print_results(what, &n, crowd_now() - began, cost_of(d->pid).cpu_seconds - before.cpu_seconds,
        cost_of(0).cpu_seconds - own.cpu_seconds);
}

/* ---- the phases ---- */

static void measure_random(const struct daemon *d, struct settings *s)
{
    submit(d, "random", "\"sampler\": \"random\", \"scheduler\": \"hyperband\", \"max_budget\": 27", 5000000);
    struct crowd *c = crowd_open(&(struct crowd_options){ .address = d->address, .n_workers = s->workers, .seed = 1 });
    wait_for_all(c, (uint64_t)s->workers);
    measure(d, c, "random", s->seconds);
    s->results += crowd_counts(c).results;
    crowd_close(c);
}

/* Asks for the status as the live view does, four times a second, until its parent ends it; prints what it saw. */
static pid_t look_on(const struct daemon *d)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    double worst = 0, sum = 0;
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    int n = 0, failed = 0;
    struct timespec quarter = { 0, 250000000 };
    do {
        double began = crowd_now();
        failed += run(d, "rung", (const char *const[]){ "status", "--connect", d->address, NULL }) != 0;
        double took = crowd_now() - began;
        worst = took > worst ? took : worst;
        sum += took;
        n++;
    } while (sigtimedwait(&end, NULL, &quarter) < 0);
    printf("         rung status meanwhile: %d asked, %d failed, mean %.0f ms, worst %.0f ms, start of the program "
           "included\n",
        n, failed, sum / n * 1000, worst * 1000);
    fflush(stdout);
    _exit(0);
}

static void measure_paced(const struct daemon *d, struct settings *s)
{
    struct cost before = cost_of(d->pid);
    struct crowd *c = crowd_open(&(struct crowd_options){
        .address = d->address, .n_workers = s->workers, .seed = 2, .pause_seconds = s->workers / s->rate });
    wait_for_all(c, (uint64_t)s->workers);
    pid_t onlooker = look_on(d);
    measure(d, c, "paced", s->seconds);
    s->results += crowd_counts(c).results;
    kill(onlooker, SIGTERM);
    waitpid(onlooker, NULL, 0);
    printf("         rungd's memory: %.0f MB before, %.0f MB after\n", before.megabytes, cost_of(d->pid).megabytes);
    fflush(stdout);
    crowd_close(c);
}

static bool has_results(const struct crowd_counts *n, void *context)
{
    return n->results >= *(uint64_t *)context;
}

/* Is there somebody behind its ipc address? */
static bool listens(const struct daemon *d)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    str_copy(name.sun_path, sizeof name.sun_path, d->address + strlen("ipc://"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof name) == 0;
    close(fd);
    return is_there;
}

static void measure_restart(struct daemon *d, struct settings *s)
{
    struct crowd *c = crowd_open(&(struct crowd_options){
        .address = d->address, .n_workers = s->workers, .seed = 3, .pause_seconds = s->workers / s->rate });
    uint64_t missing = s->results < s->stored ? s->stored - s->results : 1;
    wait_for_all(c, (uint64_t)s->workers);
    crowd_run(c, crowd_now() + 600, has_results, &missing);
    s->results += crowd_counts(c).results;
    stop_daemon(d, SIGKILL);
    crowd_forget(c);
    double killed = crowd_now();
    start_daemon(d);
    pid_t first = fork();
    if (first == 0) {
        wait_for_answer(d);
        _exit(0);
    }
    uint64_t all = (uint64_t)s->workers, boot = crowd_counts(c).boot;
    double served = 0, answered = 0, back = 0;
    while (crowd_now() < killed + 60 && (answered == 0 || back == 0)) {
        crowd_run(c, crowd_now() + .005, NULL, NULL);
        if (served == 0 && listens(d))
            served = crowd_now();
        if (answered == 0 && waitpid(first, NULL, WNOHANG) == first)
            answered = crowd_now();
        if (back == 0 && crowd_counts(c).boot != boot && crowd_counts(c).welcomed == all)
            back = crowd_now();
    }
    printf(
        "restart  with %llu results: serves after %.2f s, rung status has its answer after %.2f s, all %d workers are "
        "back after %.2f s\n",
        (unsigned long long)s->results, served - killed, answered - killed, s->workers, back - killed);
    fflush(stdout);
    crowd_close(c);
}

static void measure_tpe(const struct daemon *d, const struct settings *s)
{
    uint64_t from = TPE_CAMPAIGNS * (TPE_OBSERVATIONS - TPE_SPREAD), until = TPE_CAMPAIGNS * 2 * TPE_SPREAD;
    for (int i = 0; i < TPE_CAMPAIGNS; i++) {
        char name[16];
        snprintf(name, sizeof name, "tpe-%d", i);
        submit(d, name, "\"sampler\": \"tpe\", \"scheduler\": \"none\", \"max_budget\": 1", TPE_OBSERVATIONS * 2);
    }
    struct crowd *c = crowd_open(&(struct crowd_options){ .address = d->address, .n_workers = s->workers, .seed = 4 });
    crowd_run(c, crowd_now() + 120, has_results, &from);
    crowd_forget(c);
    struct cost before = cost_of(d->pid), own = cost_of(0);
    double began = crowd_now();
    crowd_run(c, began + 60, has_results, &until);
    struct crowd_counts n = crowd_counts(c);
    print_results("tpe", &n, crowd_now() - began, cost_of(d->pid).cpu_seconds - before.cpu_seconds,
        cost_of(0).cpu_seconds - own.cpu_seconds);
    crowd_close(c);
}

static void measure_idle(const struct daemon *d, const struct settings *s)
{
    double began = crowd_now();
    struct crowd *c =
        crowd_open(&(struct crowd_options){ .address = d->address, .n_workers = s->idle, .seed = 5, .is_idle = true });
    wait_for_all(c, (uint64_t)s->idle);
    double in = crowd_now() - began;
    struct cost before = cost_of(d->pid);
    crowd_run(c, crowd_now() + 5, NULL, NULL);
    struct cost after = cost_of(d->pid);
    printf("idle     %d workers in after %.2f s; then rungd takes %.1f %% of a core, %.0f MB\n", s->idle, in,
        (after.cpu_seconds - before.cpu_seconds) / 5 * 100, after.megabytes);
    fflush(stdout);
    crowd_close(c);
}

static void read_options(int argc, char **argv, struct settings *s)
{
    static const struct option rows[] = { { "workers", required_argument, NULL, 'w' },
        { "seconds", required_argument, NULL, 's' }, { "rate", required_argument, NULL, 'r' },
        { "stored", required_argument, NULL, 'n' }, { "idle", required_argument, NULL, 'i' },
        { "directory", required_argument, NULL, 'd' }, { 0 } };
    int letter;
    while ((letter = getopt_long(argc, argv, "", rows, NULL)) != -1)
        if (letter == 'w')
            s->workers = atoi(optarg);
        else if (letter == 's')
            s->seconds = atof(optarg);
        else if (letter == 'r')
            s->rate = atof(optarg);
        else if (letter == 'n')
            s->stored = strtoull(optarg, NULL, 10);
        else if (letter == 'i')
            s->idle = atoi(optarg);
        else if (letter == 'd')
            s->directory = optarg;
        else
            exit(2);
    if (s->workers < 1 || s->seconds <= 0 || s->rate <= 0 || s->idle < 1) {
        fprintf(stderr, "load: --workers, --seconds, --rate and --idle are positive numbers\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct settings s = {
        .workers = 500, .idle = 2000, .stored = 100000, .seconds = 10, .rate = 10000, .directory = "."
    };
    struct daemon d = { 0 };
    read_options(argc, argv, &s);
    open_daemon(&d, &s);
    measure_random(&d, &s);
    measure_paced(&d, &s);
    measure_restart(&d, &s);
    stop_campaign(&d, "random");
    measure_tpe(&d, &s);
    measure_idle(&d, &s);
    stop_daemon(&d, SIGTERM);
    remove_store(&d);
    return 0;
}
