/* session.h: the agent's core: one function from what happened to what is to be done.
 * Pure: no I/O, no clock, no globals.
 *
 *     frame ─► decode ─► event ─► session_step ─► effects ─► sockets, slots, spool
 *
 * It joins a coordinator, asks for work whenever a slot is free, runs each GRANT as an attempt, hears the trial's
 * lines, judges how it ended, and hands the outcome to the spool before the coordinator hears of it. When nobody
 * answers, trials go on and outcomes wait. Everything that it says may be lost and everything that it hears may come
 * twice.
 *
 * Times are monotonic milliseconds and never go back. An attempt is known by a number of its own (`attempt`), a trial's
 * process by its slot (0 .. slots-1), an outcome by its key (trial, rung, lease).
 */
#ifndef RUNG_WORKER_CORE_SESSION_H
#define RUNG_WORKER_CORE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/log.h"
#include "common/proto/message.h"

#define HASH_TEXT 65 /* SHA-256 in hexadecimal, with its NUL; empty: none */

/* How patient the agent is. All in milliseconds. */
#define SESSION_TICK_MS 100          /* what the clock should beat at, see session_tick_ms */
#define SESSION_HELLO_MS 20          /* the first wait for WELCOME; doubles up to … */
#define SESSION_HELLO_MAX_MS 8000    /* … this, with jitter */
#define SESSION_ASK_MS 3000          /* ASK is lossy: say it again this often while slots are free */
#define SESSION_DELIVER_MS 1000      /* the first wait for RESULT_ACK; doubles up to … */
#define SESSION_DELIVER_MAX_MS 30000 /* … this, with jitter */
#define SESSION_PROGRESS_MS 250      /* PROGRESS at most this often a slot */
#define SESSION_STOP_MS 20000        /* from {"stop": true} to the kill, at least; … */
#define SESSION_STOP_FIRST_MS 120000 /* … of a trial that is handed back before its first report, and … */
#define SESSION_STOP_STEPS 3      /* … of one that reports, so many times its slowest step: the running one is kept */
#define SESSION_LINGER_MS 10000   /* from {"done": true} to the kill of a process that does not exit */
#define SESSION_WARM_MS 30000     /* a trial that stays for more gets end of file after so long without */
#define SESSION_ORPHAN_MS 3600000 /* unheard of for so long: hand back what runs, and wait */
#define SESSION_FAREWELL_MS 10000 /* when drained: how long the spool may take to be delivered */
#define SESSION_AHEAD_MS 500 /* ASK waits so long for an outcome that is being uploaded: the search wants it first */

struct session_config {
    uint64_t worker;  /* who I am across restarts */
    uint64_t session; /* this process */
    const char *name, *host, *version;
    const char *kernel; /* or NULL */
    const char *work;   /* directory under which attempts have theirs: WORK/ATTEMPT */
    int64_t pid, cores, memory_bytes;
    int slots;            /* 1 .. LIMIT_SLOTS */
    const char *commands; /* the programs of campaigns that it runs, as common/domain/allowed.h has it; NULL: none */
    int64_t idle_exit_ms; /* leave after so long without work; 0: never */
};

/* The outcome of one lease: what RESULT, FAIL and RESULT_ACK are known by. */
struct outcome_key {
    uint64_t trial, lease;
    int64_t rung;
};

/* ---- what happens ---- */

enum session_event_kind {
    SESSION_TICK,      /* time went by; load */
    SESSION_MESSAGE,   /* message: from the coordinator, decoded */
    SESSION_CONNECTED, /* a connection is there, a new one: perhaps to a coordinator that has just started */
    SESSION_STARTED,   /* slot: the program runs */
    SESSION_LINE,      /* slot, text, len: one line of the trial contract, without its newline */
    SESSION_PRINTED,   /* slot, text, len: one line of standard output, of a command */
    SESSION_EXITED,    /* slot, exit: the process and its whole tree are gone, and all its lines were told before */
    SESSION_FETCHED, /* attempt, text: the checkpoint, if there is one, lies under this name (NULL: failed, reason says
                      * why), and data and blobs are as on this machine; is_failed: one of those failed */
    SESSION_SAVED,   /* attempt, hash, bytes: the new checkpoint is in the cache; empty hash: failed, reason says why */
    SESSION_SPOOLED, /* key: on disk; with is_failed: not, reason says why */
    SESSION_RECOVERED, /* key, hash, bytes: was in the spool when the process started (before the first tick) */
    SESSION_UPLOADED, /* hash: the coordinator has it; with is_failed: not now; with is_missing: it is not here any more
                       */
    SESSION_DAMAGED,  /* key: its record is in the spool, but no longer readable: what it said is lost */
    SESSION_ROOM,     /* is_failed: the disk of the working directory is full, reason says so; else it has room again */
    SESSION_DRAIN,    /* somebody asked us to leave: once gently, and at the second time now */
    SESSION_N_KINDS
};

enum exit_how { EXIT_STATUS, EXIT_SIGNAL, EXIT_NOT_STARTED, EXIT_MEMORY, EXIT_LOST, EXIT_MACHINE };

/* How a trial's process ended. */
struct session_exit {
    enum exit_how how;  /* MEMORY: killed for its memory; LOST: its supervisor died, and the tree was killed;
                         * MACHINE: not started, and no fault of the program: a full disk, say */
    int status;         /* exit status or signal */
    const char *reason; /* NOT_STARTED, MACHINE: why; else the last lines of standard error, perhaps empty */
    const char *log;    /* the end of what it printed, standard error included; UTF-8, at most LIMIT_LOG_TAIL */
    int64_t max_rss_bytes;
    double seconds;
    bool has_checkpoint; /* a file lies under the name that START gave for it */
};

struct session_event {
    enum session_event_kind kind;
    int64_t now_ms;
    int slot;
    uint64_t attempt;
    struct outcome_key key;
    const struct message *message;
    const struct session_exit *exit;
    const char *text, *hash, *reason;
    const char *data, *blobs; /* JSON, or NULL: as they were */
    size_t len;
    int64_t bytes;
    double load; /* TICK: the machine's load average of the last minute; 0: not known */
    bool is_failed, is_missing;
};

/* ---- what is to be done ---- */

enum session_effect_kind {
    EFFECT_SEND,      /* message, lossy */
    EFFECT_RECONNECT, /* close the sockets and open them again */
    EFFECT_FETCH,     /* attempt, hash (or NULL), bytes, grant: have this checkpoint in the cache, and the grant's blobs
                       * on this machine, and say FETCHED */
    EFFECT_START, /* slot, grant, directory, checkpoint_in (or NULL), checkpoint_out, text: make the directory, start
                   * the program, tell it this first line */
    EFFECT_TELL,  /* slot, text: a line for the trial, newline included */
    EFFECT_END_INPUT, /* slot: end of file for the trial */
    EFFECT_TERMINATE, /* slot: ask the program to end, by SIGTERM */
    EFFECT_KILL,      /* slot: the whole tree, now; EXITED follows */
    EFFECT_CLEAR,     /* directory: nobody needs it any more: remove it */
    EFFECT_SAVE,      /* attempt, text: take this file into the cache under its hash, durably, and say SAVED */
    EFFECT_SPOOL,     /* key, message: RESULT or FAIL to disk, and say SPOOLED */
    EFFECT_STRIP,     /* key: the same record again without its checkpoint, and say SPOOLED */
    EFFECT_DELIVER,   /* key: send that record, as of this session */
    EFFECT_FORGET,    /* key: it is on the coordinator's disk */
    EFFECT_UPLOAD,    /* hash, bytes: put it into the coordinator's store unless it is there, and say UPLOADED */
    EFFECT_LOG,       /* level, text */
    EFFECT_EXIT,      /* status: leave, whatever still runs is killed */
    EFFECT_N_KINDS
};

/* What the pointers point to lives until the next session_step, texts until effects_clear. */
struct session_effect {
    enum session_effect_kind kind;
    int slot;
    uint64_t attempt;
    struct outcome_key key;
    struct message message;
    const struct message_grant *grant;
    const char *directory, *text, *hash, *checkpoint_in, *checkpoint_out;
    int64_t bytes;
    enum log_level level;
    int status;
};

/* To be done in this order. Zeroed is empty. */
struct session_effects {
    struct session_effect *list;
    size_t n, cap;
    void **owned; /* memory that was made for the list */
    size_t n_owned, cap_owned;
};

void session_effects_clear(struct session_effects *effects); /* keeps the arrays */
void session_effects_deinit(struct session_effects *effects);

/* ---- the door ---- */

struct session;

struct session *session_new(const struct session_config *config); /* copies */
void session_free(struct session *s);

/* Takes one event and appends to `effects`, which the caller has cleared. */
void session_step(struct session *s, const struct session_event *event, struct session_effects *effects);

/* How soon the next tick should come: often while nobody has answered yet. */
int64_t session_tick_ms(const struct session *s);

#endif
