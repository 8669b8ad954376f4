/* forker.c: a trial that leaves a family behind: `forker FILE [stays]`. Children, grandchildren in sessions of their
 * own, and one whose parents are gone; each writes its process id into FILE, a line, and stays. */
#include <fcntl.h>
#include <signal.h>

#include "tests/e2e/trials/contract.h"

__attribute__((noreturn)) static void stay(int file)
{
    char line[32];
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    int len = snprintf(line, sizeof line, "%d\n", (int)getpid());
    if (write(file, line, (size_t)len) != len)
        _exit(1);
    for (;;)
        pause();
}

static void breed(int file, int depth)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            if (i == 1)
                setsid();
            if (depth > 1)
                breed(file, depth - 1);
            if (fork() == 0)
                stay(file); /* an orphan soon */
            _exit(0);
        }
}

/* How many lines the file has. */
static int count_lines(const char *path)
{
    int n = 0, c;
    FILE *f = fopen(path, "r");
    while (f && (c = fgetc(f)) != EOF)
        n += c == '\n';
    if (f)
        fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 2 || !contract_next())
        return 1;
    int file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
    breed(file, 2);
    while (count_lines(argv[1]) < 6)
        usleep(1000);
    contract_say("{\"step\":%ld,\"metrics\":{\"%s\":0}}", contract_number("budget_to", 1), contract_text("metric"));
    if (argc > 2)
        stay(file);
    contract_say("{\"done\":true}");
    return 0;
}
