#include "coordinator/cli/keys.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct termios own; /* the terminal's own mode */
static volatile sig_atomic_t is_open, is_raw;
static char text[64]; /* read and not parsed yet: from text_at to text_len */
static size_t text_at, text_len;

/* ---- the mode ---- */

/* Another job of the shell's may have the terminal: then it is not ours to change, nor to read. */
static bool is_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* For signal handlers too. */
static void restore(void)
{
    if (is_raw && is_foreground())
        tcsetattr(STDIN_FILENO, TCSANOW, &own);
    is_raw = 0;
}

static void make_raw(void)
{
    if (tcgetattr(STDIN_FILENO, &own) < 0)
        return;
    struct termios raw = own;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* Lets the signal do what it does without us; a program that was stopped goes on here. */
static void on_end(int signal_number)
{
    struct sigaction ours;
    sigset_t set, before;
    restore();
    sigaction(signal_number, &(struct sigaction){ .sa_handler = SIG_DFL }, &ours);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    sigaction(signal_number, &ours, NULL);
}

static void on_size(int signal_number) {} /* ends a wait */

void keys_open(void)
{
    static const int ends[] = { SIGTSTP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    static bool is_known;
    sigaction(SIGWINCH, &(struct sigaction){ .sa_handler = on_size }, NULL);
    is_open = isatty(STDIN_FILENO);
    if (!is_open)
        return;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaction(ends[i], &(struct sigaction){ .sa_handler = on_end }, NULL);
    if (!is_known)
        atexit(restore);
    is_known = true;
    if (is_foreground())
        make_raw();
}

void keys_close(void)
{
    restore();
    is_open = 0;
}

bool keys_are_there(void)
{
    return is_open;
}

/* ---- reading ---- */

static int next_key(void)
{
    return text_at < text_len ? key_parse(text, text_len, &text_at) : KEY_NONE;
}

int keys_wait(int64_t milliseconds)
{
    int key = next_key();
    bool is_ours = is_open && is_foreground();
    if (key != KEY_NONE)
        return key;
    if (is_ours && !is_raw)
        make_raw(); /* it was stopped, or began behind another job */
    struct pollfd in = { .fd = is_ours && is_raw ? STDIN_FILENO : -1, .events = POLLIN };
    if (poll(&in, 1, (int)milliseconds) <= 0)
        return KEY_NONE;
    ssize_t n = read(STDIN_FILENO, text, sizeof text);
    if (n <= 0)
        is_open = 0; /* the terminal is gone */
    text_at = 0;
    text_len = n > 0 ? (size_t)n : 0;
    return next_key();
}
