/* crash.c: a trial that breaks: `crash HOW`, an exit status or "abort"; it complains first. */
#include "tests/e2e/trials/contract.h"

int main(int argc, char **argv)
{
    fprintf(stderr, "reading the data\nthe data is broken\n");
    if (argc > 1 && strcmp(argv[1], "abort") == 0)
        abort();
    return argc > 1 ? atoi(argv[1]) : 1;
}
